package routing

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Verdicts are the results of conditions of queues' own rules. A condition depends on its facts alone. So a result holds for all
// items of a demand and all agents with the same facts, in one call of Assign and in later ones. The zero value is ready to use, by
// one call at a time.
type Verdicts struct {
	demands map[string]int // by what rules know of their items; from 1
	classes map[string]int // of agents, by what rules know of them; from 1
	known   map[question]*answers
	failed  []failure // what could not be judged: it is tried again in the next call
	size    int       // about, in bytes
}

// maxVerdicts is how large verdicts become before they are forgotten, in bytes.
const maxVerdicts = 16 << 20

// question is a condition for the items of a demand.
type question struct {
	when   string
	demand int
	waited int64 // seconds, if the condition asks for them; otherwise 0
}

// answers are the verdicts on a question, by the class of the agent; 0 for none.
type answers struct{ by []answer }

// answer is a verdict.
type answer byte

const (
	unasked answer = iota
	no
	yes
)

type failure struct {
	of    *answers
	class int
}

// begin readies the verdicts for a call.
func (v *Verdicts) begin() {
	for _, f := range v.failed {
		f.of.by[f.class] = unasked
	}
	v.failed = nil
	if v.known == nil || v.size > maxVerdicts {
		*v = Verdicts{demands: map[string]int{}, classes: map[string]int{}, known: map[question]*answers{}}
	}
}

// number numbers a key.
func (v *Verdicts) number(keys map[string]int, key []byte) int {
	n, known := keys[string(key)]
	if !known {
		n = len(keys) + 1
		keys[string(key)] = n
		v.size += len(key) + 64
	}
	return n
}

// on are the answers to a question.
func (v *Verdicts) on(q question) *answers {
	a, known := v.known[q]
	if !known {
		a = new(answers)
		v.known[q] = a
		v.size += 128
	}
	return a
}

// of is the answer for a class of agents, to be set if it is unasked.
func (v *Verdicts) of(a *answers, class int) *answer {
	if missing := class + 1 - len(a.by); missing > 0 {
		a.by = append(a.by, make([]answer, missing)...)
		v.size += missing
	}
	return &a.by[class]
}

// asksForTime is in every condition that asks how long an item has waited. If a condition has it for another reason, it is
// judged more often than it need be.
const asksForTime = "waited"

// agentsMatching lists those of the agents, whose classes are known, for whom a rule's condition holds; of no agents, one that is nil if it
// holds for the item. A condition that cannot be judged does not hold (L05).
func (r *round) agentsMatching(t turn, rule *Rule, agents []*agent) (list []*agent) {
	switch {
	case rule.When == "":
		return slices.Clone(agents)
	case r.choice.Evaluator == nil:
		return nil
	}
	q := question{when: rule.When, demand: t.demand}
	if strings.Contains(rule.When, asksForTime) {
		q.waited = r.waited(t.item)
	}
	known, facts := r.verdicts.on(q), Facts(nil)
	for _, a := range agents {
		class := 0
		if a != nil {
			class = a.class
		}
		verdict := r.verdicts.of(known, class)
		if *verdict == unasked {
			if facts == nil {
				facts = Facts{"item": r.itemFacts(t)}
			}
			if a != nil {
				facts["agent"] = a.known()
			}
			*verdict = r.ask(rule, facts, failure{known, class})
		}
		if *verdict == yes {
			list = append(list, a)
		}
	}
	return list
}

// oneOfEachClass is one of the agents for each of their classes.
func (r *round) oneOfEachClass(agents []*agent) (list []*agent) {
	for _, a := range agents {
		r.know(a)
	}
	seen := make([]bool, len(r.verdicts.classes)+1)
	for _, a := range agents {
		if !seen[a.class] {
			seen[a.class] = true
			list = append(list, a)
		}
	}
	return list
}

// split splits agents into those of the same classes as some, and the others. classes has one agent of each of their classes.
func (r *round) split(agents, classes, some []*agent) (same, others []*agent) {
	if len(some) == len(classes) {
		return agents, nil
	}
	among := make([]bool, len(r.verdicts.classes)+1)
	for _, a := range some {
		among[a.class] = true
	}
	same = make([]*agent, 0, len(agents)) // mostly all
	for _, a := range agents {
		if among[a.class] {
			same = append(same, a)
		} else {
			others = append(others, a)
		}
	}
	return same, others
}

// ask evaluates the condition of a rule, if there is time.
func (r *round) ask(rule *Rule, facts Facts, place failure) answer {
	if r.choice.Spent != nil && r.choice.Spent() {
		r.verdicts.failed = append(r.verdicts.failed, place)
		return no
	}
	holds, err := r.choice.Evaluator.Evaluate(rule.When, facts)
	switch {
	case err != nil:
		r.verdicts.failed = append(r.verdicts.failed, place)
		return no
	case holds:
		return yes
	}
	return no
}

// vainKey names the demand of an item, if nobody can be found for it: alike for all items for which nobody can be found then.
// Where rules ask how long an item has waited, no two items are alike.
func (r *round) vainKey(t turn) string {
	key := string(appendRuled(nil, t.item))
	for _, rule := range t.pool.rules.Assignment.Rules {
		if strings.Contains(rule.When, asksForTime) {
			return key + string(t.item.ID)
		}
	}
	return key
}

// demand numbers the demand of an item.
func (r *round) demand(c *queuePool, i *Item) int {
	r.key = append(appendRuled(r.key[:0], i), c.Name...)
	return r.verdicts.number(r.verdicts.demands, r.key)
}

// appendRuled appends what decides whom a queue's own rules choose for an item, except how long it has waited.
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
		"queue":          t.pool.Name,
	}
}

// know says of which class an agent is, by what conditions know of them. It changes when they are assigned something.
func (r *round) know(a *agent) {
	if a.factsAt == a.assigned {
		return
	}
	a.factsAt, a.facts = a.assigned, nil
	r.key = a.appendKnown(r.key[:0])
	a.class = r.verdicts.number(r.verdicts.classes, r.key)
}

// known is what conditions know of an agent. Only one agent of a class is asked about, so most are never asked.
func (a *agent) known() map[string]any {
	if a.facts != nil {
		return a.facts
	}
	skills := make(map[string]any, len(a.Skills))
	for id, rating := range a.Skills {
		skills[string(id)] = int64(rating)
	}
	attributes := make(map[string]any, len(a.Attributes))
	for name, value := range a.Attributes {
		attributes[name] = value
	}
	a.facts = map[string]any{
		"presence":   string(a.Presence),
		"free_units": int64(a.Units - a.Load),
		"sessions":   int64(a.Sessions),
		"working":    !a.OffHours,
		"skills":     skills,
		"attributes": attributes,
	}
	return a.facts
}

// appendKnown appends all that is in known: equal for two agents if that is.
func (a *agent) appendKnown(key []byte) []byte {
	key = append(append(key, a.Presence...), 0)
	key = append(strconv.AppendInt(key, int64(a.Units-a.Load), 10), 0)
	key = append(strconv.AppendInt(key, int64(a.Sessions), 10), 0)
	key = strconv.AppendBool(key, a.OffHours)
	for _, id := range slices.Sorted(maps.Keys(a.Skills)) {
		key = strconv.AppendInt(append(strconv.AppendQuote(key, string(id)), '='), int64(a.Skills[id]), 10)
	}
	key = append(key, 0)
	for _, name := range slices.Sorted(maps.Keys(a.Attributes)) {
		key = strconv.AppendQuote(strconv.AppendQuote(key, name), a.Attributes[name])
	}
	return key
}
