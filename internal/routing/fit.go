package routing

import (
	"slices"
	"time"

	"wxdesk/internal/conversation"
)

// serves reports whether the agent is a member of a queue.
func (c *Candidate) serves(q conversation.QueueID) bool {
	_, ok := c.Queues[q]
	return ok
}

// invited returns why nothing may be offered to the agent, not even an item that is kept for them; "" if it may. It looks at presence
// and at how many conversations the agent has already (CAP-9, WS-14).
func (c *Candidate) invited(i *Item) Reason {
	if why := c.absent(i); why != "" {
		return why
	}
	switch {
	case c.Sessions >= maxSessions(c.MaxSessions):
		return ReasonSessions
	case c.atLimit(i):
		return ReasonPerAgent
	}
	return ""
}

// absent returns why the agent's presence does not allow an item, or "" if it does. An agent who has lost the connection a moment ago
// could not answer. An agent at the maximum of conversations is do-not-disturb because of that (PRE-4), so the maximum is the reason.
func (c *Candidate) absent(i *Item) Reason {
	switch {
	case c.Lost:
		return ReasonLost
	case slices.Contains(i.Presences, c.Presence):
		return ""
	case c.Presence == DND && c.Sessions >= maxSessions(c.MaxSessions):
		return ReasonSessions
	}
	return ReasonPresence
}

// atLimit reports whether the agent has as many conversations of the item's workstream as the workstream allows.
func (c *Candidate) atLimit(i *Item) bool {
	return i.MaxPerAgent > 0 && c.Held[i.Workstream] >= i.MaxPerAgent
}

// suits returns why an agent is not asked for an item, apart from the agent's load; "" if there is no reason. The answer does not
// change while items are assigned.
func (c *Candidate) suits(i *Item) Reason {
	if why := c.absent(i); why != "" {
		return why
	}
	if i.SkillMatch == SkillExact && !c.masters(i.Skills) {
		return ReasonSkills
	}
	return ""
}

// masters reports whether the agent has every skill, rated as needed or better (SKL-2).
func (c *Candidate) masters(needed []NeededSkill) bool {
	for _, n := range needed {
		if rating, ok := c.Skills[n.SkillID]; !ok || rating < n.Rating {
			return false
		}
	}
	return true
}

// CapacityReason returns why the agent has no capacity for an item, or "" if they have. While items are assigned, capacity only
// becomes less.
func (c *Candidate) CapacityReason(i *Item) Reason {
	for _, p := range c.Profiles {
		if p.Blocking && p.Used >= p.Limit {
			return ReasonBlocked // CAP-4: nothing at all
		}
	}
	switch {
	case c.Sessions >= maxSessions(c.MaxSessions):
		return ReasonSessions
	case c.atLimit(i):
		return ReasonPerAgent
	}
	for _, id := range i.Profiles { // CAP-5: in all of them; there is none in a profile that the agent does not have
		if p := c.Profiles[id]; p.Used >= p.Limit {
			return ReasonProfile
		}
	}
	if c.Units <= 0 || c.Load+i.Units > c.Units {
		return ReasonCapacity
	}
	return ""
}

// free returns the capacity that the agent has left for such an item: the least of its capacity profiles, or else units.
func (c *Candidate) free(i *Item) int {
	if len(i.Profiles) == 0 {
		return c.Units - c.Load
	}
	least := c.Profiles[i.Profiles[0]]
	left := least.Limit - least.Used
	for _, id := range i.Profiles[1:] {
		p := c.Profiles[id]
		left = min(left, p.Limit-p.Used)
	}
	return left
}

// take adds an item to what the agent has.
func (c *Candidate) take(i *Item, at time.Time) {
	c.Load += i.Units
	c.Sessions++
	if i.MaxPerAgent > 0 {
		if c.Held == nil {
			c.Held = map[conversation.WorkstreamID]int{}
		}
		c.Held[i.Workstream]++
	}
	for _, id := range i.Profiles {
		if p, ok := c.Profiles[id]; ok {
			p.Used++
			c.Profiles[id] = p
		}
	}
	if m, ok := c.Queues[i.QueueID]; ok {
		m.LastAssigned = at
		c.Queues[i.QueueID] = m
	}
}
