package routing

import "slices"

// CustomRules are the rulesets of a queue whose method is Custom, as published.
type CustomRules struct {
	Prioritisation *RulesetVersion    // nil: who has waited longest goes first
	Assignment     *RulesetVersion    // nil: as with HighestCapacity, so that nobody waits while rules are written
	Kinds          map[SkillID]string // types of skills, where rules order by one
}

// any reports whether there are any.
func (c CustomRules) any() bool { return c.Prioritisation != nil || c.Assignment != nil }

// AskForRelease reports whether the rules order by the time when an agent last got capacity back.
func (c CustomRules) AskForRelease() bool {
	return c.ordersBy(func(o Order) bool { return OrderKey(o.By) == ByLeastActive })
}

// AskForKinds reports whether the rules order by a type of skills.
func (c CustomRules) AskForKinds() bool {
	return c.ordersBy(func(o Order) bool { _, _, typed := SkillType(o.By); return typed })
}

func (c CustomRules) ordersBy(which func(Order) bool) bool {
	return c.Assignment != nil && slices.ContainsFunc(c.Assignment.Rules, func(r Rule) bool { return slices.ContainsFunc(r.OrderBy, which) })
}

// bucket is the first rule of the queue's prioritisation that holds for an item (ASG-6); behind the last one if none does, or there is
// no time left to find it.
func (r *round) bucket(t turn) int {
	rules := t.pool.rules.Prioritisation.Rules
	for n := range rules {
		if r.choice.Enough != nil && r.choice.Enough() {
			break
		}
		if len(r.agentsMatching(t, &rules[n], []*agent{nil})) > 0 {
			return n
		}
	}
	return len(rules)
}

// serveByRules assigns an item to an agent whom the queue's assignment ruleset names. Agents who have declined the item are asked if
// the rules name nobody else. Items of a demand for which nobody was found are not judged again.
func (r *round) serveByRules(t turn) {
	vain := r.vainKey(t)
	if r.choice.Vain[vain] {
		return
	}
	plain := len(t.item.Declined) == 0
	if seen, known := r.vain[vain]; known && plain {
		r.leave(t, seen)
		return
	}
	if r.Cut = r.Cut || r.evaluated > 0 && r.choice.Enough != nil && r.choice.Enough(); r.Cut {
		return
	}
	r.evaluated++
	seen, found := r.tryRules(t)
	if !found && plain {
		r.vain[vain] = seen
		r.Vain = append(r.Vain, vain)
	}
}

// tryRules tries the rules for one item, and reports whether an agent was found. seen says why the others were not asked.
func (r *round) tryRules(t turn) (seen tally, found bool) {
	seen = tallyOf(ReasonNotMember, t.pool.strangers)
	var declined []*agent
	fresh := r.fresh[:0]
	for _, a := range t.pool.members {
		times := t.item.Declined[a.ID]
		switch why := a.byRules(t.item); {
		case why != "":
			seen.add(why, a.ID)
		case !t.item.asked(a.ID):
			fresh = append(fresh, a)
		case times < t.pool.DeclineLimit && t.item.Paused[a.ID]:
			seen.add(ReasonPaused, a.ID)
		case times < t.pool.DeclineLimit:
			declined = append(declined, a)
		default:
			seen.add(ReasonDeclined, a.ID)
		}
	}
	r.fresh = fresh
	matching, others := r.relax(t, fresh)
	seen.addAll(ReasonRule, others)
	if len(matching) > 0 {
		seen.addAll(ReasonOtherFirst, declined)
	} else {
		matching, others = r.relax(t, declined)
		seen.addAll(ReasonRule, others)
	}
	if len(matching) == 0 {
		r.leave(t, seen)
		return seen, false
	}
	seen.addAll(ReasonOtherFirst, matching[1:])
	r.assign(t, matching[0], seen)
	return seen, true
}

// byRules returns why an agent is not asked, whatever the rules of the queue say; "" if there is no such reason. The rules judge
// presence and skills (ASG-11). But an agent who is offline or has lost the connection could not answer, and nobody is assigned more
// than they have room for.
func (c *Candidate) byRules(i *Item) Reason {
	switch {
	case c.Lost:
		return ReasonLost
	case c.Presence == Offline:
		return ReasonPresence
	}
	return c.CapacityReason(i)
}

// relax applies the assignment rules in order, each of which asks less than the one before, until one holds for any of the agents. It
// returns the agents for whom it holds, ordered as the rule says, and the others (ASG-7).
func (r *round) relax(t turn, agents []*agent) (matching, others []*agent) {
	if len(agents) == 0 {
		return nil, nil
	}
	rules, classes := t.pool.rules.Assignment.Rules, r.oneOfEachClass(agents)
	for n := range rules {
		holds := r.agentsMatching(t, &rules[n], classes)
		if len(holds) == 0 {
			continue
		}
		matching, others = r.split(agents, classes, holds)
		orders := agentOrders(rules[n].OrderBy, t.item, t.pool.rules.Kinds)
		first, best := 0, matching[0].in(t.item.QueueID)
		for i, a := range matching[1:] {
			if next := a.in(t.item.QueueID); compareAgents(next, best, t.item, orders) < 0 {
				first, best = i+1, next
			}
		}
		matching[0], matching[first] = matching[first], matching[0]
		return matching, others
	}
	return nil, agents
}
