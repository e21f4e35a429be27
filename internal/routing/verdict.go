package routing

import (
	"encoding/json"
	"strconv"
	"strings"
)

// ruled is what a round has learnt from queues' own rules. A condition depends on nothing but its facts, so it is judged once for
// all items of a demand and all agents whose facts are the same.
type ruled struct {
	demands  map[string]int // by what rules know of their items; from 1
	classes  map[string]int // of agents, by what rules know of them; from 1
	verdicts map[verdict]bool
	vain     map[string]tally // why agents were not asked for the items of a demand for which there was nobody
	items    int              // that were judged for agents
}

func newRuled() ruled {
	return ruled{demands: map[string]int{}, classes: map[string]int{}, verdicts: map[verdict]bool{}, vain: map[string]tally{}}
}

// verdict is what a condition was judged for.
type verdict struct {
	rule   *Rule
	demand int
	waited int64 // seconds, where the condition asks for them; otherwise 0
	class  int   // of the agent; 0 for none
}

// asksForTime is in every condition that asks how long an item has waited. Where a condition has it for another reason, it is
// judged more often than it need be.
const asksForTime = "waited"

// holds reports whether a rule's condition holds for an item and an agent, nil for none. One that cannot be judged does not (L05).
func (r *round) holds(t turn, rule *Rule, a *agent) bool {
	if rule.When == "" {
		return true
	}
	if r.choice.Judge == nil {
		return false
	}
	v := verdict{rule: rule, demand: t.demand}
	if strings.Contains(rule.When, asksForTime) {
		v.waited = r.waited(t.item)
	}
	if a != nil {
		r.know(a)
		v.class = a.class
	}
	ok, known := r.ruled.verdicts[v]
	if !known {
		facts := Facts{"item": r.itemFacts(t)}
		if a != nil {
			facts["agent"] = a.facts
		}
		yes, err := r.choice.Judge.Holds(rule.When, facts)
		ok = yes && err == nil
		r.ruled.verdicts[v] = ok
	}
	return ok
}

// vainKey names the demand of an item, where nobody can be found for it: alike for all items for which nobody can be found then.
// Where rules ask how long an item has waited, no two items are alike.
func (r *round) vainKey(t turn) string {
	key := string(appendRuled(nil, t.item))
	for _, rule := range t.crew.rules.Assignment.Rules {
		if strings.Contains(rule.When, asksForTime) {
			return key + string(t.item.ID)
		}
	}
	return key
}

// demand numbers the demand of an item.
func (r *round) demand(i *Item) int {
	r.key = appendRuled(r.key[:0], i)
	n, known := r.ruled.demands[string(r.key)]
	if !known {
		n = len(r.ruled.demands) + 1
		r.ruled.demands[string(r.key)] = n
	}
	return n
}

// appendRuled appends what decides whom a queue's own rules choose for an item, but for how long it has waited.
func appendRuled(key []byte, i *Item) []byte {
	key = append(strconv.AppendInt(appendDemand(key, i), int64(i.Priority), 10), 0)
	for _, s := range i.Skills {
		key = append(strconv.AppendInt(append(append(key, s.SkillID...), '='), int64(s.Rating), 10), 0)
	}
	attributes, _ := json.Marshal(i.Attributes) // strings and whole numbers
	return append(key, attributes...)
}

func (r *round) waited(i *Item) int64 { return int64(r.choice.Now.Sub(i.Since).Seconds()) }

// itemFacts are what conditions know of an item.
func (r *round) itemFacts(t turn) map[string]any {
	skills := make(map[string]any, len(t.item.Skills))
	for _, s := range t.item.Skills {
		skills[string(s.SkillID)] = int64(s.Rating)
	}
	attributes := t.item.Attributes
	if attributes == nil {
		attributes = map[string]any{}
	}
	return map[string]any{
		"priority":       int64(t.item.Priority),
		"waited_seconds": r.waited(t.item),
		"skills":         skills,
		"attributes":     attributes,
		"queue":          t.crew.Name,
	}
}

// know says what conditions know of an agent, and of which class that makes them. It changes when they are assigned something.
func (r *round) know(a *agent) {
	if a.factsAt == a.given {
		return
	}
	skills := make(map[string]any, len(a.Skills))
	for id, rating := range a.Skills {
		skills[string(id)] = int64(rating)
	}
	attributes := make(map[string]any, len(a.Attributes))
	for name, value := range a.Attributes {
		attributes[name] = value
	}
	a.factsAt, a.facts = a.given, map[string]any{
		"presence":   string(a.Presence),
		"free_units": int64(a.Units - a.Load),
		"sessions":   int64(a.Sessions),
		"working":    !a.OffHours,
		"skills":     skills,
		"attributes": attributes,
	}
	key, _ := json.Marshal(a.facts) // strings, whole numbers and a boolean
	class, known := r.ruled.classes[string(key)]
	if !known {
		class = len(r.ruled.classes) + 1
		r.ruled.classes[string(key)] = class
	}
	a.class = class
}
