package routing

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"wxdesk/internal/conversation"
)

// line is the list of agents who can take the items of one demand; the first is asked next. Items of a queue that need and take the
// same share a line. When the line is empty, the rest of these items are skipped.
type line struct {
	pool   *queuePool
	item   *Item // one of them
	places []*place
	left   int   // agents in it who have room
	out    tally // the others
}

// place is an agent's place in a line.
type place struct {
	*agent
	line     *line
	rank     rank
	assigned int  // of the agent's, when the rank was taken
	full     bool // the agent has no room any more
}

// rank orders the agents of a line, the smaller or earlier first: by the method, then by who was assigned something in this queue
// longest ago, then by who joined it first.
type rank struct {
	method   [5]int
	released time.Time
	last     time.Time
	joinedAt time.Time
}

// line returns the line for an item. It makes the line for the first item of a demand.
func (r *round) line(t turn) *line {
	r.key = appendDemand(r.key[:0], t.item)
	if l, ok := r.lines[string(r.key)]; ok {
		return l
	}
	l := &line{pool: t.pool, item: t.item, out: tallyOf(ReasonNotMember, t.pool.strangers)}
	for _, a := range t.pool.members {
		why := a.suits(t.item)
		if why == "" {
			why = a.CapacityReason(t.item)
		}
		if why != "" {
			l.out.add(why, a.ID)
			continue
		}
		p := &place{agent: a, line: l, assigned: a.assigned, rank: a.rank(t)}
		a.places = append(a.places, p)
		l.places = append(l.places, p)
	}
	l.left = len(l.places)
	slices.SortFunc(l.places, comparePlaces)
	r.lines[string(r.key)] = l
	return l
}

// appendDemand appends what decides who can take an item, and in which order they are asked.
func appendDemand(key []byte, i *Item) []byte {
	key = append(append(key, i.QueueID...), 0)
	key = append(strconv.AppendInt(key, int64(i.Units), 10), 0)
	key = append(append(key, i.SkillMatch...), 0)
	if i.SkillMatch != SkillNone {
		for _, s := range i.Skills {
			key = append(strconv.AppendInt(append(append(key, s.SkillID...), '='), int64(s.Rating), 10), 0)
		}
	}
	key = append(key, 0)
	for _, p := range i.Profiles {
		key = append(append(key, p...), 0)
	}
	key = append(key, 0)
	for _, p := range i.Presences {
		key = append(append(key, p...), 0)
	}
	if i.MaxPerAgent > 0 {
		key = append(append(key, 0), i.Workstream...)
	}
	return key
}

// rank ranks an agent for an item. With the closest match, skills decide first, and then the least load (SKL-3; better than asked,
// because agents who are equally near take turns).
func (c *Candidate) rank(t turn) rank {
	m := c.Queues[t.pool.ID]
	k := rank{last: m.LastAssigned, joinedAt: m.JoinedAt}
	if t.item.SkillMatch == SkillClosest {
		missing, short, more := c.closeness(t.item.Skills)
		k.method = [5]int{missing, short, more, c.Load, c.Sessions}
		return k
	}
	switch t.pool.Method {
	case RoundRobin:
	case LeastActive:
		k.released = c.LastReleased // zero, so before all others, for who never had work (ASG-5)
	case HighestCapacity, Custom: // Custom only while the queue has no assignment ruleset in force
		k.method[0] = -c.free(t.item)
	}
	return k
}

func comparePlaces(a, b *place) int {
	for i := range a.rank.method {
		if c := cmp.Compare(a.rank.method[i], b.rank.method[i]); c != 0 {
			return c
		}
	}
	if c := a.rank.released.Compare(b.rank.released); c != 0 {
		return c
	}
	return takeTurns(a.rank.last, b.rank.last, a.rank.joinedAt, b.rank.joinedAt, a.ID, b.ID)
}

// takeTurns is round robin (ASG-4): who was asked longest ago, or never; of those who never were, who joined first.
func takeTurns(lastA, lastB, joinedA, joinedB time.Time, a, b conversation.AgentID) int {
	if c := lastA.Compare(lastB); c != 0 {
		return c
	}
	if c := joinedA.Compare(joinedB); c != 0 {
		return c
	}
	return cmp.Compare(a, b)
}

// first returns the first agent in the line who may be asked, nil if there is none. An assignment never moves an agent forward,
// so only the places before the returned one are put in order.
func (l *line) first(may func(conversation.AgentID) bool) *agent {
	for i := 0; i < len(l.places); {
		p := l.places[i]
		switch {
		case p.full:
			l.places = slices.Delete(l.places, i, i+1)
		case p.assigned != p.agent.assigned:
			l.places = slices.Delete(l.places, i, i+1)
			p.assigned, p.rank = p.agent.assigned, p.agent.rank(turn{item: l.item, pool: l.pool})
			at, _ := slices.BinarySearchFunc(l.places, p, comparePlaces)
			l.places = slices.Insert(l.places, at, p)
		case may(p.ID):
			return p.agent
		default:
			i++
		}
	}
	return nil
}

// settle takes an agent out of the count whom an assignment has left without room.
func (p *place) settle() {
	if p.full {
		return
	}
	if why := p.CapacityReason(p.line.item); why != "" {
		p.full = true
		p.line.left--
		p.line.out.add(why, p.ID)
	}
}
