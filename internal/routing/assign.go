package routing

import (
	"time"

	"wxdesk/internal/conversation"
)

// BatchLimit is how many items one distribution gives away (ASG-1).
const BatchLimit = 100

// MaxDeclines is how often an item may be declined, by whomever, before it is no longer offered to anybody (ASG-13). Agents
// may still pick it.
const MaxDeclines = 100

// Assign chooses an agent for each of the items that somebody can take, limit of them at most. What it gives away it adds
// to the candidates, so that nobody is given more in one call than he has room for, save what is kept for him.
//
// Items that are kept for the agent who had them go first (WS-13): to him if his presence is allowed, whatever his
// capacity (D2), else they stay; the caller ends that after a while by clearing Affinity. Then come the queues in their
// order (QUE-2), and in each the items in theirs. rules are read for queues whose method is Custom alone; a nil judge finds
// that no condition holds. Items of queues that are not named are left alone.
//
// The looks tell of every item that was reached, matched or not, why the other agents were not asked. Looks share their
// maps: they are to be read, not changed.
func Assign(now time.Time, queues []Queue, rules map[conversation.QueueID]CustomRules, items []Item, agents []*Candidate, limit int, judge Judge) ([]Match, []Look) {
	r := newRound(now, queues, rules, agents, judge)
	for _, t := range r.turns(items) {
		if len(r.matches) >= limit {
			break
		}
		r.serve(t)
	}
	return r.matches, r.looks
}

// round is one call of Assign.
type round struct {
	now     time.Time
	judge   Judge
	agents  map[conversation.AgentID]*agent
	crews   map[conversation.QueueID]*crew
	lines   map[string]*line // by demand
	key     []byte           // of the demand that was last looked for; kept for its memory
	matches []Match
	looks   []Look
}

// agent is a candidate in a round.
type agent struct {
	*Candidate
	given  int      // what he was given in this round
	places []*place // where he stands in lines

	known   map[string]any // as custom rules know him
	knownAt int            // of given
}

// crew is a queue and who serves it.
type crew struct {
	Queue
	rules     CustomRules
	stretch   int // where the queue comes in the order of queues; queues that are served as one share it
	members   []*agent
	strangers int // agents who do not serve it
	unmatched int // items that its own rules had no agent for
}

func newRound(now time.Time, queues []Queue, rules map[conversation.QueueID]CustomRules, agents []*Candidate, judge Judge) *round {
	r := &round{
		now: now, judge: judge,
		agents: make(map[conversation.AgentID]*agent, len(agents)),
		crews:  make(map[conversation.QueueID]*crew, len(queues)),
		lines:  map[string]*line{},
	}
	for _, q := range queues {
		c := &crew{Queue: q, strangers: len(agents)}
		if q.Method == Custom {
			c.rules = rules[q.ID]
		}
		r.crews[q.ID] = c
	}
	r.orderQueues()
	for _, candidate := range agents {
		a := &agent{Candidate: candidate}
		r.agents[a.ID] = a
		for id := range a.Queues {
			if c, asked := r.crews[id]; asked {
				c.members = append(c.members, a)
				c.strangers--
			}
		}
	}
	return r
}

// serve finds an agent for the item whose turn it is, and notes what it saw.
func (r *round) serve(t turn) {
	switch {
	case declines(t.item) >= MaxDeclines:
		r.leave(t, tell(ReasonDeclined, len(r.agents)))
	case t.kept:
		r.serveKept(t)
	case r.servePreferred(t):
	case t.crew.rules.Assignment != nil:
		r.serveByRules(t)
	default:
		r.serveInLine(t)
	}
}

// serveKept gives an item to the agent who had it, or leaves it for him.
func (r *round) serveKept(t turn) {
	a, known := r.agents[t.item.Affinity]
	if !known {
		r.leave(t, tell(ReasonAffinity, len(r.agents)))
		return
	}
	seen := tell(ReasonAffinity, len(r.agents)-1)
	if why := a.invited(t.item); why != "" {
		seen.add(why, a.ID)
		r.leave(t, seen)
		return
	}
	r.give(t, a, seen)
}

// servePreferred gives an item to the first of the customer's preferred agents who serves the queue and has room, whatever
// his skills and the queue's rules (ASG-14). Who has declined it is preferred no longer.
func (r *round) servePreferred(t turn) bool {
	for _, id := range t.item.Preferred {
		a, known := r.agents[id]
		if !known || t.item.Declined[id] > 0 || !a.serves(t.crew.ID) || a.invited(t.item) != "" || a.Room(t.item) != "" {
			continue
		}
		r.give(t, a, tell(ReasonOtherFirst, len(r.agents)-1))
		return true
	}
	return false
}

// serveInLine gives an item to the first in the line of its demand who has not declined it, or else to the first who has
// not declined it too often or just now.
func (r *round) serveInLine(t turn) {
	l := r.line(t)
	a := l.first(func(id conversation.AgentID) bool { return t.item.Declined[id] == 0 })
	if a == nil && len(t.item.Declined) > 0 {
		a = l.first(func(id conversation.AgentID) bool {
			return t.item.Declined[id] < t.crew.DeclineLimit && !t.item.Paused[id]
		})
	}
	seen := l.seen(t, a)
	if a == nil {
		r.leave(t, seen)
		return
	}
	r.give(t, a, seen)
}

// give gives an item to an agent, and takes him out of the lines for which he has no room any more. What is given in a round
// is given a microsecond apart, so that it is known who was asked longest ago.
func (r *round) give(t turn, a *agent, seen tally) {
	r.matches = append(r.matches, Match{Item: t.item.ID, Agent: a.ID})
	r.note(t, a.ID, seen)
	a.given++
	a.take(t.item, r.now.Add(time.Duration(len(r.matches))*time.Microsecond))
	for _, p := range a.places {
		p.settle()
	}
}

// leave leaves an item waiting.
func (r *round) leave(t turn, seen tally) { r.note(t, "", seen) }

func (r *round) note(t turn, who conversation.AgentID, seen tally) {
	r.looks = append(r.looks, Look{Item: t.item.ID, Agent: who, Method: t.crew.Method, Reasons: seen.counts, Agents: seen.agents})
}

// tell says the same of so many agents, without naming them.
func tell(why Reason, agents int) tally {
	seen := newTally()
	if agents > 0 {
		seen.counts[why] = agents
	}
	return seen
}

// declines is how often an item was declined.
func declines(i *Item) (n int) {
	for _, times := range i.Declined {
		n += times
	}
	return n
}
