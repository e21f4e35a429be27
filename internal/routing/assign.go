package routing

import (
	"time"

	"wxdesk/internal/conversation"
)

// BatchLimit is how many items one distribution assigns at most (ASG-1).
const BatchLimit = 100

// MaxDeclines is how often an item may be declined, by all agents together, before it is no longer offered to anybody (ASG-13). Agents
// may still pick it.
const MaxDeclines = 100

// Choice is what Assign chooses from.
type Choice struct {
	Now       time.Time
	Queues    []Queue
	Rules     map[conversation.QueueID]CustomRules // read for queues whose method is Custom alone
	Items     []Item                               // those of queues that are not named are left alone
	Agents    []*Candidate                         // what is assigned is added to what they have
	Limit     int                                  // of matches
	Evaluator Evaluator                            // of queues' own rules; nil finds that no condition holds

	// Enough reports that there is no time left to judge by queues' own rules; nil: there is. One item of a call is judged
	// nevertheless.
	Enough func() bool
	// Spent reports that there is no time left for that item either: a condition that is not judged by then does not hold. nil: there
	// is time.
	Spent func() bool
	// Verdicts keeps the results of conditions from call to call; nil: they are not kept.
	Verdicts *Verdicts
	// Vain are the demands for which earlier calls have found nobody by a queue's own rules. Their items are skipped.
	Vain map[string]bool
}

// Chosen is what Assign has chosen.
type Chosen struct {
	Matches []Match
	Traces  []MatchTrace // of every item that was reached. They share their maps, which are to be read, not changed
	Vain    []string     // the demands for which a queue's own rules have nobody
	Cut     bool         // there was no time left for some items of queues that have their own rules
}

// Assign chooses an agent for each item that an agent can take. It adds each assignment to the candidate's load. So one call assigns
// nobody more than they have room for, except items that are kept for them.
//
// Queues are served in their order (QUE-2). In each queue, items that are kept for an agent go first (WS-13). The agent gets such an
// item if their presence allows it, whatever their capacity (D2); otherwise it stays in the queue. An item is not kept for an agent
// who does not serve the queue or lacks the skills. The other items follow in their order. Chosen.Traces says for every item why the
// other agents were not asked.
func Assign(c Choice) Chosen {
	r := newRound(c)
	for _, t := range r.turns(c.Items) {
		if len(r.Matches) >= c.Limit {
			break
		}
		r.serve(t)
	}
	return r.Chosen
}

// round is one call of Assign.
type round struct {
	Chosen
	choice Choice
	agents map[conversation.AgentID]*agent
	pools  map[conversation.QueueID]*queuePool
	lines  map[string]*line // by demand
	key    []byte           // of the demand or the class that was last looked for; kept for its memory
	fresh  []*agent         // who may be asked by rules; kept for its memory

	verdicts  *Verdicts
	vain      map[string]tally // why agents were not asked for the items of a demand for which there was nobody
	evaluated int              // items for which agents were sought by rules
}

// agent is a candidate in a round.
type agent struct {
	*Candidate
	assigned int      // assignments in this round
	places   []*place // in the lines

	facts   map[string]any // for custom rules; nil until one is asked about them
	class   int            // of agents whose facts are the same
	factsAt int            // of assigned, when the class was found; -1: it is not known
}

// queuePool is a queue and who serves it.
type queuePool struct {
	Queue
	rules     CustomRules
	stretch   int // where the queue comes in the order of queues; queues that are served as one share it
	members   []*agent
	strangers int // agents who do not serve it
}

func newRound(c Choice) *round {
	r := &round{
		choice: c,
		agents: make(map[conversation.AgentID]*agent, len(c.Agents)),
		pools:  make(map[conversation.QueueID]*queuePool, len(c.Queues)),
		lines:  map[string]*line{},
		vain:   map[string]tally{}, verdicts: c.Verdicts,
	}
	if r.verdicts == nil {
		r.verdicts = new(Verdicts)
	}
	r.verdicts.begin()
	for _, q := range c.Queues {
		served := &queuePool{Queue: q, strangers: len(c.Agents)}
		if q.Method == Custom {
			served.rules = c.Rules[q.ID]
		}
		r.pools[q.ID] = served
	}
	r.orderQueues()
	for _, candidate := range c.Agents {
		a := &agent{Candidate: candidate, factsAt: -1}
		r.agents[a.ID] = a
		for id := range a.Queues {
			if c, asked := r.pools[id]; asked {
				c.members = append(c.members, a)
				c.strangers--
			}
		}
	}
	return r
}

// serve finds an agent for the next item, and notes why the others were not asked.
func (r *round) serve(t turn) {
	switch {
	case declines(t.item) >= MaxDeclines:
		r.leave(t, tallyOf(ReasonDeclined, len(r.agents)))
	case t.kept:
		r.serveKept(t)
	case r.servePreferred(t):
	case t.pool.rules.Assignment != nil:
		r.serveByRules(t)
	default:
		r.serveInLine(t)
	}
}

// keeps reports whether an item is kept for an agent: the agent was not asked in vain, serves the queue, and has the skills that it
// needs. If a queue's own rules choose the agents, those rules judge the skills (ASG-11).
func (r *round) keeps(c *queuePool, i *Item) bool {
	a, known := r.agents[i.Affinity]
	return known && !i.asked(a.ID) && a.serves(c.ID) && (c.rules.Assignment != nil || i.SkillMatch != SkillExact || a.masters(i.Skills))
}

// serveKept assigns an item to the agent who had it, or leaves it for them.
func (r *round) serveKept(t turn) {
	a := r.agents[t.item.Affinity]
	seen := tallyOf(ReasonAffinity, len(r.agents)-1)
	if why := a.invited(t.item); why != "" {
		seen.add(why, a.ID)
		r.leave(t, seen)
		return
	}
	r.assign(t, a, seen)
}

// servePreferred assigns an item to the first of the customer's preferred agents who serves the queue and has room, whatever
// their skills and the queue's rules (ASG-14). An agent who was asked in vain is no longer preferred.
func (r *round) servePreferred(t turn) bool {
	for _, id := range t.item.Preferred {
		a, known := r.agents[id]
		if !known || t.item.asked(id) || !a.serves(t.pool.ID) || a.invited(t.item) != "" || a.CapacityReason(t.item) != "" {
			continue
		}
		r.assign(t, a, tallyOf(ReasonOtherFirst, len(r.agents)-1))
		return true
	}
	return false
}

// serveInLine assigns an item to the first agent in the line of its demand who was not asked in vain. If there is none, it assigns the
// item to the first agent who has not declined it too often, and was not asked a moment ago.
func (r *round) serveInLine(t turn) {
	l := r.line(t)
	a := l.first(func(id conversation.AgentID) bool { return !t.item.asked(id) })
	if a == nil && len(t.item.Declined) > 0 {
		a = l.first(func(id conversation.AgentID) bool {
			return t.item.Declined[id] < t.pool.DeclineLimit && !t.item.Paused[id]
		})
	}
	seen := l.seen(t, a)
	if a == nil {
		r.leave(t, seen)
		return
	}
	r.assign(t, a, seen)
}

// assign assigns an item to an agent, and removes the agent from the lines for which they have no room any more. Assignments of a
// round are a microsecond apart, so that it is known who was asked longest ago.
func (r *round) assign(t turn, a *agent, seen tally) {
	r.Matches = append(r.Matches, Match{Item: t.item.ID, Agent: a.ID})
	r.note(t, a.ID, seen)
	a.assigned++
	a.take(t.item, r.choice.Now.Add(time.Duration(len(r.Matches))*time.Microsecond))
	for _, p := range a.places {
		p.settle()
	}
}

// leave leaves an item waiting.
func (r *round) leave(t turn, seen tally) { r.note(t, "", seen) }

func (r *round) note(t turn, who conversation.AgentID, seen tally) {
	r.Traces = append(r.Traces, MatchTrace{Item: t.item.ID, Agent: who, Method: t.pool.Method, Reasons: seen.counts, Agents: seen.agents})
}

// tallyOf counts so many agents for one reason, without naming them.
func tallyOf(why Reason, agents int) tally {
	seen := newTally()
	if agents > 0 {
		seen.counts[why] = agents
	}
	return seen
}

// asked reports whether an agent was asked in vain: they declined, or did not see the offer.
func (i *Item) asked(agent conversation.AgentID) bool {
	_, asked := i.Declined[agent]
	return asked
}

// declines is how often an item was declined.
func declines(i *Item) (n int) {
	for _, times := range i.Declined {
		n += times
	}
	return n
}
