package lifecycle

import (
	"maps"
	"time"

	"wxdesk/internal/conversation"
	"wxdesk/internal/notice"
	"wxdesk/internal/routing"
)

// draft is a change that is being made, with the snapshot as it will be. Every change consists of its few methods.
type draft struct {
	now time.Time
	Snapshot
	was    Snapshot
	by     conversation.Writer // who acts
	change Change

	revised   bool                          // people see something else, also if the standing is the same
	concerned map[conversation.AgentID]bool // whose presence may follow from what they have now
	turned    map[conversation.AgentID]bool // who accepted or finished a conversation
	set       map[conversation.AgentID]bool // whose presence was set for what they did with an offer
}

func newDraft(now time.Time, s Snapshot) *draft {
	return &draft{
		now: now, Snapshot: s, was: s, by: conversation.Writer{Kind: conversation.WriterSystem},
		concerned: map[conversation.AgentID]bool{}, turned: map[conversation.AgentID]bool{}, set: map[conversation.AgentID]bool{},
	}
}

// finish returns the change, with what follows for presences, revision and feed.
func (d *draft) finish() Change {
	d.settlePresences()
	if d.change.Standing != nil || d.revised {
		d.Revision++
		d.change.Revision = d.Revision
		d.addStandingEvents()
	}
	d.addStepEvents()
	return d.change
}

// move changes the state, holder, queue and agent of the conversation. Another holder begins a new epoch, so what the former holder
// has not sent yet will not go out.
func (d *draft) move(state conversation.State, holder conversation.Holder, queue conversation.QueueID, agent conversation.AgentID) {
	to := d.Standing
	to.State, to.Holder, to.Queue, to.Agent = state, holder, queue, agent
	to.Since, to.Until = d.now, time.Time{}
	switch {
	case holder != conversation.HolderQueue:
		to.WaitingSince = time.Time{}
	case d.Holder != conversation.HolderQueue || to.WaitingSince.IsZero():
		to.WaitingSince = d.now
	}
	if holder != d.Holder || agent != d.Agent {
		to.Epoch++
		d.fail(Failure{Reason: ReasonSuperseded, NotifyAgent: d.Agent})
	}
	d.stand(to)
}

func (d *draft) stand(to Standing) {
	d.Standing = to
	d.change.Standing = &to
}

// fail fails what is queued, where anything of it is to fail.
func (d *draft) fail(f Failure) {
	fails := d.Unsent.Queued - d.Unsent.Automated
	if f.Automated {
		fails = d.Unsent.Queued
	}
	if fails > 0 {
		d.change.Fail = &f
	}
}

// wish writes what is wished from now on.
func (d *draft) wish(w Wishes) {
	if w == d.Wishes {
		return
	}
	d.Wishes = w
	d.change.Wishes = &w
}

// changeItem changes the work item.
func (d *draft) changeItem(change func(*Item)) {
	if d.Item == nil {
		return
	}
	i := *d.Item
	i.Declined, i.Paused = maps.Clone(i.Declined), maps.Clone(i.Paused)
	change(&i)
	d.Item = &i
	d.change.Item = &i
}

// endAssignment ends the live assignment, which gives its capacity back.
func (d *draft) endAssignment(how AssignmentState) {
	if d.Live == nil {
		return
	}
	over := *d.Live
	offered := over.State == Offered
	over.State, over.EndedAt = how, d.now
	d.Live, d.change.Live, d.change.Over = nil, nil, &over
	d.concerned[over.Agent] = true
	d.turned[over.Agent] = how == Ended
	if offered {
		d.addEvent(Event{Kind: EventOfferOver, Agent: over.Agent, Body: OfferBody{AssignmentID: over.ID, Outcome: how}})
		d.offerEnded(over)
	}
	d.distribute(d.now)
}

// release ends the live assignment: an offer is withdrawn, an agent who has the conversation loses it.
func (d *draft) release() {
	switch {
	case d.Live == nil:
	case d.Live.State == Offered:
		d.endAssignment(Withdrawn)
	default:
		d.endAssignment(Ended)
	}
}

// assign makes a new live assignment: accepted, or offered with a deadline.
func (d *draft) assign(to conversation.AgentID, how Method, state AssignmentState) {
	a := Assignment{
		ID: d.New.Assignment, Item: d.Item.ID, Queue: d.Queue, Agent: to, How: how, State: state,
		Units: d.Item.Units, Profiles: d.Item.Profiles, OfferedAt: d.now,
	}
	d.concerned[to] = true
	switch state {
	case Accepted:
		a.AcceptedAt = d.now
		d.turned[to] = true
	default:
		a.Deadline = d.now.Add(d.Workstream.OfferFor)
		if d.Agents[to].saysSeen() {
			a.ShowBy = d.now.Add(SeenWithin)
		}
		until := a.Deadline.UTC()
		d.addEvent(Event{Kind: EventOffer, Agent: to, Body: OfferBody{AssignmentID: a.ID, QueueID: a.Queue, Deadline: &until}})
	}
	d.Live, d.change.Made = &a, &a
}

// begin makes the agent who has accepted the conversation work on it.
func (d *draft) begin(agent conversation.AgentID) {
	d.changeItem(func(i *Item) {
		i.State = ItemAssigned
		d.keep(i, "")
	})
	d.move(conversation.StateActive, conversation.HolderAgent, d.Queue, agent)
}

// goOn lets the conversation's agent continue with it. It takes capacity again.
func (d *draft) goOn() {
	d.move(conversation.StateActive, conversation.HolderAgent, d.Queue, d.Agent)
	d.hold(nil)
}

// hold sets for how long the live assignment takes capacity from now on; nil: while it is live. The distribution runs again at the
// end of that time.
func (d *draft) hold(duration *time.Duration) {
	if d.Live == nil {
		return
	}
	a := *d.Live
	a.HoldsUntil = time.Time{}
	if duration != nil {
		a.HoldsUntil = d.now.Add(*duration)
		d.distribute(a.HoldsUntil)
	}
	d.concerned[a.Agent] = true
	d.Live, d.change.Live = &a, &a
}

// waitAgain puts the conversation back into a queue. It is kept for an agent ("" for nobody), if the queue's conversations are
// offered. With afresh it waits from now on, and agents who declined it may be asked again. Without afresh it counts as waiting all
// the time.
func (d *draft) waitAgain(queue conversation.QueueID, keptFor conversation.AgentID, afresh bool) {
	d.changeItem(func(i *Item) {
		i.State = ItemWaiting
		d.keep(i, keptFor)
		if queue != i.Queue {
			i.Queue, i.Overflow = queue, nil
		}
		if afresh {
			i.QueuedAt, i.Declined, i.Paused = d.now, nil, nil
		}
	})
	d.move(conversation.StateOpen, conversation.HolderQueue, queue, "")
	d.distribute(d.now)
}

// always is the time until which an item is kept that is kept for as long as its agent serves the queue.
var always = time.Date(9999, time.December, 31, 0, 0, 0, 0, time.UTC)

// keep keeps an item for an agent, "" for nobody: for one countdown (D2), or always if the workstream says so. The distribution runs
// again when the countdown is over. Only conversations of mode push are kept.
func (d *draft) keep(i *Item, agent conversation.AgentID) {
	i.KeptFor, i.KeptUntil = "", time.Time{}
	switch {
	case agent == "" || i.Mode != routing.Push:
	case d.Workstream.AffinityAlways:
		i.KeptFor, i.KeptUntil = agent, always
	default:
		i.KeptFor, i.KeptUntil = agent, d.now.Add(d.Workstream.OfferFor)
		d.distribute(i.KeptUntil)
	}
}

// decline counts that an agent declined an offer or let it pass, and makes the item wait again. The agent is not asked again before
// the workstream's pause is over. An offer that the agent did not see is not counted: they are asked again after a pause, if nobody
// else has taken the conversation. An item that a colleague transferred goes back to that colleague; otherwise it is no longer kept
// for the agent who declined.
func (d *draft) decline(how AssignmentState) {
	agent, transferred := d.Live.Agent, d.Live.How == ByTransfer
	var keptFor conversation.AgentID
	d.changeItem(func(i *Item) {
		if i.Declined == nil {
			i.Declined = map[conversation.AgentID]int{}
		}
		times, pause := i.Declined[agent]+1, d.Workstream.DeclinePause
		if how == NotSeen {
			times, pause = i.Declined[agent], max(pause, unseenPause)
		}
		i.Declined[agent] = times
		if transferred {
			i.QueuedAt = d.now
		}
		if pause > 0 {
			if i.Paused == nil {
				i.Paused = map[conversation.AgentID]time.Time{}
			}
			i.Paused[agent] = d.now.Add(pause)
		}
		if i.KeptFor != agent {
			keptFor = i.KeptFor
		}
	})
	d.endAssignment(how)
	d.waitAgain(d.Queue, keptFor, false)
}

// openAgain puts a conversation that was put aside back into its queue, kept for its agent if the workstream says so (WS-11). It
// waits from now on: a customer who comes back does not overtake others (QUE-3).
func (d *draft) openAgain() {
	var keptFor conversation.AgentID
	if d.Workstream.Affinity {
		keptFor = d.Agent
	}
	d.endAssignment(Ended)
	d.changeItem(func(i *Item) { i.Since = d.now })
	d.waitAgain(d.Queue, keptFor, true)
}

// endWork ends what the conversation asks of people.
func (d *draft) endWork() {
	d.release()
	d.changeItem(func(i *Item) { i.State = ItemDone })
	d.Item = nil
}

// end closes the conversation. Its row still says in which queue it was and who had it.
func (d *draft) end(why conversation.CloseReason) {
	to := d.Standing
	to.State, to.Reason, to.Since = conversation.StateClosed, why, d.now
	to.WaitingSince, to.Until = time.Time{}, time.Time{}
	to.Epoch++
	d.fail(Failure{Reason: ReasonClosed, Automated: true, NotifyAgent: d.Agent})
	d.stand(to)
	d.wish(Wishes{})
	d.change.NoTurns = true
	d.endWork()
	d.step(Step{What: StepClosed, By: d.closer(why), Reason: string(why)})
}

// wishEnd wishes the end, which comes when no message is on its way any more. From now on people have nothing to do in the
// conversation. The first wish counts.
func (d *draft) wishEnd(why conversation.CloseReason) {
	if d.Wishes.Ending != "" {
		return
	}
	d.wish(Wishes{Ending: why})
	d.revised = true
	d.endWork()
}

// requestHandOver wishes a hand-over to people, from the bot or from nobody.
func (d *draft) requestHandOver(why conversation.EscalationReason, turn conversation.MessageID, queue conversation.QueueID) {
	d.wish(Wishes{HandOver: why, Turn: turn, Queue: queue})
}

// say queues a message to the customer, and adds an event for it.
func (d *draft) say(m Message, k Keyed) {
	d.LastSeq++
	m.ID, m.Seq = d.New.Message, d.LastSeq
	d.change.Say = append(d.change.Say, m)
	d.addEvents(EventMessage, MessageBody{m.ID, m.Seq, m.Author, k})
}

// automated queues an automated message; none where n is "".
func (d *draft) automated(n routing.Notice, turn conversation.MessageID, part int) {
	if n != "" {
		d.say(Message{Author: conversation.AuthorSystem, Text: notice.Waiting(d.Language, string(n)), Turn: turn, Part: part}, Keyed{})
	}
}

// distribute triggers the distribution for a time: now, or later.
func (d *draft) distribute(at time.Time) {
	if at.After(d.now) {
		d.change.DistributeAt = at
		return
	}
	d.change.Distribute = true
}

// addEvent adds an event to the feed.
func (d *draft) addEvent(e Event) { d.change.Feed = append(d.change.Feed, e) }

// addEvents adds an event for the agent who has the conversation, or for the agent to whom it is offered, or for its queue. If there
// is none of them, only supervisors are told.
func (d *draft) addEvents(kind EventKind, body any) {
	e := Event{Kind: kind, Agent: d.Agent, Body: body}
	if d.Holder == conversation.HolderQueue {
		e.Queue = d.Queue
	}
	if d.Live != nil && d.Live.State == Offered {
		e.Agent = d.Live.Agent
	}
	d.addEvent(e)
}

// addLines adds an event for each new message of an author. While a bot has the conversation, only supervisors are told.
func (d *draft) addLines(lines []Line, by conversation.Author) {
	for _, l := range lines {
		d.addEvents(EventMessage, MessageBody{MessageID: l.ID, Seq: l.Seq, Author: by})
	}
}

// toConcerned returns an event for the agent or the queue that has the conversation now.
func (d *draft) toConcerned(kind EventKind, body any) Event {
	e := Event{Kind: kind, Agent: d.Agent, Body: body}
	if d.Holder == conversation.HolderQueue && d.State != conversation.StateClosed {
		e.Queue = d.Queue
	}
	return e
}

// addStepEvents adds an event for each step of the timeline.
func (d *draft) addStepEvents() {
	for _, s := range d.change.Steps {
		d.addEvent(d.toConcerned(EventStep, StepBody{s.Seq}))
	}
}

// addStandingEvents adds an event with the new standing of the conversation, and one for an agent who no longer has it.
func (d *draft) addStandingEvents() {
	d.addEvent(d.toConcerned(EventStanding, nil))
	if d.was.Agent != "" && d.was.Agent != d.Agent {
		d.addEvent(Event{Kind: EventLeft, Agent: d.was.Agent})
	}
}
