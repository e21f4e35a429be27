package lifecycle

import (
	"slices"
	"time"

	"wxdesk/internal/conversation"
)

// ActAssigned is the act that a run is told of when the distribution assigns its conversation.
const ActAssigned = "assigned"

// An agent's desk has to say that it shows an offer, or rings.
const (
	SeenWithin  = 5 * time.Second  // after the offer: otherwise the next agent is asked
	unseenPause = 30 * time.Second // after which the same agent is asked about the conversation again
)

// saysSeen reports whether the agent's desk says which offers it shows: that of a person does. A program that uses an API token need
// not.
func (a Agent) saysSeen() bool { return a.Shift && !a.Bearer }

// Offer offers a waiting conversation to an agent, or assigns it without asking. The distribution has found the agent and has locked
// both. If the conversation no longer waits, it changes nothing.
func Offer(now time.Time, s Snapshot, to conversation.AgentID, unasked bool) Change {
	if s.State != conversation.StateOpen || s.Item == nil || s.Item.State != ItemWaiting || s.Live != nil || s.Wishes.Ending != "" {
		return Change{}
	}
	d := newDraft(now, s)
	d.change.Notice = &Notice{Act: ActAssigned, Assignment: true}
	if unasked {
		d.assign(to, Directly, Accepted)
		d.begin(to)
		d.step(Step{What: StepAssigned, Agent: to})
		return d.finish()
	}
	d.changeItem(func(i *Item) {
		i.State = ItemOffered
		if i.KeptFor != to {
			d.keep(i, "") // it was kept long enough
		}
	})
	d.move(conversation.StateActive, conversation.HolderQueue, d.Queue, "")
	d.assign(to, ByOffer, Offered)
	d.step(Step{What: StepOffered, Agent: to})
	return d.finish()
}

// Match is a conversation that the distribution has found an agent for.
type Match struct {
	Snapshot
	To      conversation.AgentID
	Unasked bool // it is assigned without asking
}

// OfferAll offers a batch of conversations. It returns what Offer returns for each of them, in order. agents are those of the batch,
// with their load before it; OfferAll changes them. The offers are a microsecond apart, so that it is known who was asked longest
// ago.
func OfferAll(now time.Time, batch []Match, agents map[conversation.AgentID]Agent) []Change {
	changes := make([]Change, len(batch))
	last := map[conversation.AgentID]int{} // the change that sets the agent's presence
	for n, m := range batch {
		m.Agents = agents
		c := Offer(now.Add(time.Duration(n)*time.Microsecond), m.Snapshot, m.To, m.Unasked)
		changes[n] = c
		if c.Made == nil {
			continue
		}
		a := agents[m.To]
		a.take(c.Made)
		for _, p := range c.Presences {
			if before, set := last[p.Agent]; set {
				changes[before].forgetPresence(p.Agent)
			}
			last[p.Agent] = n
			a.Presence, a.Manual = p.Presence, p.Manual
		}
		agents[m.To] = a
	}
	return changes
}

// take adds a new assignment to what the agent has.
func (a *Agent) take(made *Assignment) {
	a.Load += made.Units
	a.Sessions++
	a.Profiles = slices.Clone(a.Profiles)
	for i, p := range a.Profiles {
		if slices.Contains(made.Profiles, p.ID) {
			a.Profiles[i].Used++
		}
	}
}

// forgetPresence drops an agent's new presence, which a later change of the same batch replaces.
func (c *Change) forgetPresence(agent conversation.AgentID) {
	c.Presences = slices.DeleteFunc(c.Presences, func(p PresenceChange) bool { return p.Agent == agent })
	c.Feed = slices.DeleteFunc(c.Feed, func(e Event) bool { return e.Kind == EventPresence && e.Agent == agent })
}
