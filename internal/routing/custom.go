package routing

import "slices"

// CustomRules are the rulesets of a queue whose method is Custom, as published.
type CustomRules struct {
	Prioritisation *RulesetVersion    // nil: who has waited longest goes first
	Assignment     *RulesetVersion    // nil: as with HighestCapacity, so that nobody waits while rules are written
	Kinds          map[SkillID]string // types of skills, where rules order by one
}

// AskForKinds reports whether the rules order by a type of skills.
func (c CustomRules) AskForKinds() bool {
	if c.Assignment == nil {
		return false
	}
	return slices.ContainsFunc(c.Assignment.Rules, func(r Rule) bool {
		return slices.ContainsFunc(r.OrderBy, func(o Order) bool { _, _, typed := SkillType(o.By); return typed })
	})
}

// customBlock is how many items of a queue that nobody matches are judged in one call. Each of them costs as many judgements
// as the queue has free agents; the items behind are left for later (ASG-1).
const customBlock = 100

// bucket is the first rule of the queue's prioritisation that holds for an item (ASG-6); behind the last one if none does.
func (r *round) bucket(c *crew, i *Item) int {
	rules := c.rules.Prioritisation.Rules
	facts := Facts{"item": r.itemFacts(c, i)}
	for n := range rules {
		if r.holds(&rules[n], facts) {
			return n
		}
	}
	return len(rules)
}

// serveByRules gives an item to an agent whom the queue's assignment ruleset names. Agents who have declined the item are
// asked where the rules name nobody else.
func (r *round) serveByRules(t turn) {
	if t.crew.unmatched >= customBlock {
		return
	}
	seen := tell(ReasonNotMember, t.crew.strangers)
	var fresh, declined []*agent
	for _, a := range t.crew.members {
		times := t.item.Declined[a.ID]
		switch why := a.byRules(t.item); {
		case why != "":
			seen.add(why, a.ID)
		case times == 0:
			fresh = append(fresh, a)
		case times < t.crew.DeclineLimit && t.item.Paused[a.ID]:
			seen.add(ReasonPaused, a.ID)
		case times < t.crew.DeclineLimit:
			declined = append(declined, a)
		default:
			seen.add(ReasonDeclined, a.ID)
		}
	}
	matching, others := r.relax(t, fresh)
	seen.addAll(ReasonRule, others)
	if len(matching) > 0 {
		seen.addAll(ReasonOtherFirst, declined)
	} else {
		matching, others = r.relax(t, declined)
		seen.addAll(ReasonRule, others)
	}
	if len(matching) == 0 {
		t.crew.unmatched++
		r.leave(t, seen)
		return
	}
	seen.addAll(ReasonOtherFirst, matching[1:])
	r.give(t, matching[0], seen)
}

// byRules says why an agent is not asked whatever the rules of a queue say. Presences and skills are theirs to judge
// (ASG-11); but who is offline could not answer, and automatic assignment never takes more of an agent than he has.
func (c *Candidate) byRules(i *Item) Reason {
	if c.Presence == Offline {
		return ReasonPresence
	}
	return c.Room(i)
}

// relax goes through the assignment rules, each of which asks less than the one before, to the first that holds for any of
// the agents. It returns those for whom it does, in the rule's order, and the others (ASG-7).
func (r *round) relax(t turn, agents []*agent) (matching, others []*agent) {
	if len(agents) == 0 {
		return nil, nil
	}
	facts := Facts{"item": r.itemFacts(t.crew, t.item)}
	rules := t.crew.rules.Assignment.Rules
	for n := range rules {
		matching, others = nil, nil
		for _, a := range agents {
			facts["agent"] = a.facts()
			if r.holds(&rules[n], facts) {
				matching = append(matching, a)
			} else {
				others = append(others, a)
			}
		}
		if len(matching) > 0 {
			orders := agentOrders(rules[n].OrderBy, t.item, t.crew.rules.Kinds)
			slices.SortFunc(matching, func(a, b *agent) int { return compareAgents(a.Candidate, b.Candidate, t.item, orders) })
			return matching, others
		}
	}
	return nil, agents
}

// holds reports whether a rule's condition holds. One that cannot be judged does not (L05).
func (r *round) holds(rule *Rule, facts Facts) bool {
	if rule.When == "" {
		return true
	}
	if r.judge == nil {
		return false
	}
	ok, err := r.judge.Holds(rule.When, facts)
	return err == nil && ok
}

// itemFacts are what conditions know of an item.
func (r *round) itemFacts(c *crew, i *Item) map[string]any {
	skills := make(map[string]any, len(i.Skills))
	for _, s := range i.Skills {
		skills[string(s.SkillID)] = int64(s.Rating)
	}
	attributes := i.Attributes
	if attributes == nil {
		attributes = map[string]any{}
	}
	return map[string]any{
		"priority":       int64(i.Priority),
		"waited_seconds": int64(r.now.Sub(i.Since).Seconds()),
		"skills":         skills,
		"attributes":     attributes,
		"queue":          c.Name,
	}
}

// facts are what conditions know of an agent. They are made anew after he was given something.
func (a *agent) facts() map[string]any {
	if a.known != nil && a.knownAt == a.given {
		return a.known
	}
	skills := make(map[string]any, len(a.Skills))
	for id, rating := range a.Skills {
		skills[string(id)] = int64(rating)
	}
	attributes := make(map[string]any, len(a.Attributes))
	for name, value := range a.Attributes {
		attributes[name] = value
	}
	a.knownAt, a.known = a.given, map[string]any{
		"presence":   string(a.Presence),
		"free_units": int64(a.Units - a.Load),
		"sessions":   int64(a.Sessions),
		"working":    !a.OffHours,
		"skills":     skills,
		"attributes": attributes,
	}
	return a.known
}
