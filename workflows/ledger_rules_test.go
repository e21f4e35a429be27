package workflows_test

import (
	"fmt"
	"time"

	"wxdesk/internal/access"
	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/routing"
)

const (
	agentID = conversation.AgentID("agent")
	queueID = conversation.QueueID("q")
	other   = conversation.QueueID("other")
)

var (
	agent      = access.Principal{TokenID: "token", Role: access.RoleAgent, AgentID: agentID}
	supervisor = access.Principal{TokenID: "supervisor", Role: access.RoleSupervisor}
)

// gone is an act of the ledger's own: the agent is no longer connected.
const gone = command.Kind("gone")

// row is a conversation as the ledger has it, with its messages. The rule book decides what becomes of it.
type row struct {
	id       conversation.ID
	workflow string
	lifecycle.Snapshot
	messages []*message
}

// begun is a new conversation, with an agent who has room for everything.
func (m *memory) begun(id conversation.ID, workflow string) *row {
	s := lifecycle.Begun(m.now(), m.noBot)
	s.Language, s.AutoClose, s.MaxConversations = conversation.LanguageEnglish, time.Hour, 100
	s.Agents = map[conversation.AgentID]lifecycle.Agent{agentID: {ID: agentID, Presence: routing.Available, Units: 100}}
	s.Workstream = routing.Workstream{
		Mode: routing.Push, Units: 25, WrapUp: routing.WrapUpAlways, Affinity: true, OfferFor: 2 * time.Minute,
		Presences: []routing.Presence{routing.Available, routing.Busy}, SkillMatch: routing.SkillExact,
		OpenLimit: conversation.OpenLimit, ActiveLimit: conversation.ActiveLimit, WrapUpLimit: conversation.WrapUpLimit,
	}
	s.Accepted, s.Asked, s.Member, s.Target = true, true, true, &lifecycle.Target{ID: other, Others: 1}
	s.Overflow = m.overflow
	s.Queues = []routing.QueueNow{{Queue: routing.Queue{ID: queueID}, Members: 1}, {Queue: routing.Queue{ID: other}, Members: 1}}
	return &row{id: id, workflow: workflow, Snapshot: s}
}

// snapshot is what the rule book is shown of a conversation.
func (m *memory) snapshot(r *row) lifecycle.Snapshot {
	s := r.Snapshot
	m.ids++
	s.New = lifecycle.NewIDs{
		Assignment: conversation.AssignmentID(fmt.Sprintf("a%d", m.ids)), Item: conversation.WorkItemID(fmt.Sprintf("i%d", m.ids)),
		Message: conversation.MessageID(fmt.Sprintf("n%d", m.ids)),
	}
	s.Allowance, s.Unsent = m.allowance, lifecycle.Unsent{}
	for _, msg := range r.messages {
		switch msg.status {
		case conversation.DeliveryQueued:
			s.Unsent.Queued++
			if msg.epoch == 0 {
				s.Unsent.Automated++
			}
		case conversation.DeliverySending:
			s.Unsent.Sending++
		}
	}
	return s
}

// apply writes a change of the rule book, as the real ledger does.
func (m *memory) apply(r *row, c lifecycle.Change) {
	if m.forgetsWishes && c.Wishes != nil && c.Wishes.HandOver != "" {
		c.Wishes = nil
	}
	was := r.State
	r.Snapshot = r.After(c)
	for _, msg := range r.messages {
		msg.wants = msg.wants && !c.NoTurns
		if c.Fail != nil && msg.status == conversation.DeliveryQueued && (c.Fail.Automated || msg.epoch != 0) {
			msg.status, msg.reason = conversation.DeliveryFailed, c.Fail.Reason
		}
		if c.Resend != nil && msg.id == c.Resend.ID {
			msg.status, msg.attempt, msg.notBefore, msg.epoch = conversation.DeliveryQueued, "", time.Time{}, c.Resend.Epoch
		}
	}
	for _, say := range c.Say {
		if say.Author == conversation.AuthorSystem {
			say.Text = "notice"
		}
		m.queue(r, message{id: say.ID, author: say.Author, text: say.Text, epoch: say.Epoch})
	}
	if was != conversation.StateClosed && r.State == conversation.StateClosed {
		m.note("close %s", r.Reason)
	}
}

// situation is what the ledger answers with.
func (m *memory) situation(r *row) conversation.Situation {
	s := conversation.Standing{
		Revision: r.Revision, State: r.State, Holder: r.Holder, Epoch: r.Epoch, QueueID: r.Queue, AgentID: r.Agent, WaitingSince: r.WaitingSince,
	}
	t := lifecycle.Timing{
		State: r.State, Holder: r.Holder, Since: r.Since, Until: r.Until, Ending: r.Wishes.Ending != "", Overflow: r.Overflow,
		AutoClose: r.AutoClose, OpenLimit: r.Workstream.OpenLimit, ActiveLimit: r.Workstream.ActiveLimit, WrapUpLimit: r.Workstream.WrapUpLimit,
	}
	if r.Live != nil && r.Live.State == lifecycle.Offered {
		s.Offer = &conversation.Offer{ID: r.Live.ID, AgentID: r.Live.Agent, Deadline: r.Live.Deadline}
		t.Deadline = r.Live.Deadline
	}
	if r.Item != nil && r.Item.State == lifecycle.ItemWaiting {
		t.QueuedAt = r.Item.QueuedAt
	}
	s.Due = t.Due()
	return conversation.Situation{Standing: s, Owed: m.owed(r)}
}

// act does what a person wants of the open conversation, if the rule book lets them. It returns the conversation, and the notice that
// its run is owed; none if there is nothing to tell.
func (m *memory) act(kind command.Kind) (done conversation.ID, notice *lifecycle.Notice) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range m.rows {
		if r.State == conversation.StateClosed {
			continue
		}
		c := m.decide(r, kind)
		if c.Nothing() {
			return "", nil
		}
		m.note("act %s", kind)
		m.apply(r, c)
		return r.id, c.Notice
	}
	return "", nil
}

// decide asks the rule book about an act. Assign offers the conversation to the agent, as the distribution does. Where no offer
// stands, accept has the distribution assign it without asking.
func (m *memory) decide(r *row, kind command.Kind) (c lifecycle.Change) {
	s, now := m.snapshot(r), m.now()
	want, who := lifecycle.Act{Kind: kind}, agent
	switch kind {
	case command.Assign:
		return lifecycle.Offer(now, s, agentID, false)
	case command.Accept:
		if r.Live == nil {
			return lifecycle.Offer(now, s, agentID, true)
		}
	case gone:
		return lifecycle.Left(now, s, agentID, lifecycle.Gone)
	case command.Reply:
		want.Text = fmt.Sprintf("reply %d", m.number)
	case command.Transfer:
		want.Queue = other
	case command.Resend:
		who = supervisor
		if msg := r.notSent(); msg != nil {
			want.Message, s.Message = msg.id, msg.status
		}
	case command.Close, command.ForceClose:
		who = supervisor
	}
	c, _ = lifecycle.Decide(now, s, who, want)
	return c
}

// notSent is the first message that failed or may have been lost.
func (r *row) notSent() *message {
	for _, msg := range r.messages {
		if msg.status == conversation.DeliveryFailed || msg.status == conversation.DeliveryUnknown {
			return msg
		}
	}
	return nil
}
