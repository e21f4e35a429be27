package routing

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"

	"wxdesk/internal/conversation"
)

// OrderKey is what a custom rule orders by. Each has a natural direction, which Order.Desc turns round.
type OrderKey string

// The keys of prioritisation rules.
const (
	ByPriority OrderKey = "priority" // the smaller first
	ByWaited   OrderKey = "waited"   // who has waited longest first
)

// The keys of assignment rules (ASG-10).
const (
	ByLeastActive        OrderKey = "least_active"        // who has been without new room longest first
	ByRoundRobin         OrderKey = "round_robin"         // who was asked longest ago first
	ByUnitCapacity       OrderKey = "unit_capacity"       // the most free units first
	ByProfileCapacity    OrderKey = "profile_capacity"    // the most room in the item's capacity profiles first
	ByProficiency        OrderKey = "proficiency"         // the highest ratings in the needed skills first
	ByNearestProficiency OrderKey = "nearest_proficiency" // ratings nearest to the needed ones first
	BySkillCount         OrderKey = "skill_count"         // the most of the needed skills first
)

// AttributePrefix begins a key that is an attribute: of the item in prioritisation, of the agent in assignment. What lacks
// the attribute goes last, numbers go before words, and small ones first.
const AttributePrefix = "attribute:"

// ofType begins, behind a key that looks at skills, the type of those that it looks at: "proficiency:language".
const ofType = ":"

// SkillType splits such a key: "proficiency:language" orders by proficiency in the needed skills of the type language. false
// for all other keys.
func SkillType(by string) (key OrderKey, kind string, ok bool) {
	before, kind, typed := strings.Cut(by, ofType)
	switch key = OrderKey(before); key {
	case ByProficiency, ByNearestProficiency, BySkillCount:
		return key, kind, typed && kind != ""
	}
	return "", "", false
}

// OrderKeys are the keys that rules of a kind may order by, beside attributes and types of skills.
func OrderKeys(kind RulesetKind) []OrderKey {
	switch kind {
	case Prioritisation:
		return []OrderKey{ByPriority, ByWaited}
	case Assignment:
		return []OrderKey{ByLeastActive, ByRoundRobin, ByUnitCapacity, ByProfileCapacity, ByProficiency, ByNearestProficiency, BySkillCount}
	}
	return nil
}

// member is an agent as a member of the queue whose rules order them.
type member struct {
	*Candidate
	Membership
}

func (c *Candidate) in(q conversation.QueueID) member { return member{c, c.Queues[q]} }

// compareAgents orders agents by the keys of an assignment rule, then round robin.
func compareAgents(a, b member, i *Item, orders []agentOrder) int {
	for _, o := range orders {
		if c := o.compareAgents(a, b, i); c != 0 {
			return c
		}
	}
	return takeTurns(a.LastAssigned, b.LastAssigned, a.JoinedAt, b.JoinedAt, a.ID, b.ID)
}

// agentOrder is one key of an assignment rule, for one item.
type agentOrder struct {
	Order
	key    OrderKey
	needed []NeededSkill // the skills that it looks at: all that the item needs, or those of a type
}

// agentOrders returns the keys by which an assignment rule orders agents for an item. kinds are the types of skills.
func agentOrders(orders []Order, i *Item, kinds map[SkillID]string) []agentOrder {
	list := make([]agentOrder, len(orders))
	for n, o := range orders {
		list[n] = agentOrder{o, OrderKey(o.By), i.Skills}
		if key, kind, typed := SkillType(o.By); typed {
			other := func(s NeededSkill) bool { return kinds[s.SkillID] != kind }
			list[n].key, list[n].needed = key, slices.DeleteFunc(slices.Clone(i.Skills), other)
		}
	}
	return list
}

func (o agentOrder) compareAgents(a, b member, i *Item) int {
	if name, ok := o.attribute(); ok {
		va, oka := a.Attributes[name]
		vb, okb := b.Attributes[name]
		return o.compareValues(va, oka, vb, okb)
	}
	var c int
	switch o.key {
	case ByLeastActive:
		c = a.LastReleased.Compare(b.LastReleased)
	case ByRoundRobin:
		c = takeTurns(a.LastAssigned, b.LastAssigned, a.JoinedAt, b.JoinedAt, "", "")
	case ByUnitCapacity:
		c = cmp.Compare(b.Units-b.Load, a.Units-a.Load)
	case ByProfileCapacity:
		if len(i.Profiles) > 0 {
			c = cmp.Compare(b.free(i), a.free(i))
		}
	case ByProficiency:
		c = cmp.Compare(b.proficiency(o.needed), a.proficiency(o.needed))
	case ByNearestProficiency:
		c = cmp.Compare(a.distance(o.needed), b.distance(o.needed))
	case BySkillCount:
		c = cmp.Compare(b.skillCount(o.needed), a.skillCount(o.needed))
	}
	return o.turned(c)
}

// compareItems orders items by the keys of a prioritisation rule; 0 leaves it to firstCome.
func compareItems(a, b *Item, orders []Order) int {
	for _, o := range orders {
		if c := o.compareItems(a, b); c != 0 {
			return c
		}
	}
	return 0
}

func (o Order) compareItems(a, b *Item) int {
	if name, ok := o.attribute(); ok {
		va, oka := a.Attributes[name]
		vb, okb := b.Attributes[name]
		return o.compareValues(va, oka, vb, okb)
	}
	switch OrderKey(o.By) {
	case ByPriority:
		return o.turned(cmp.Compare(a.Priority, b.Priority))
	case ByWaited:
		return o.turned(a.Since.Compare(b.Since))
	}
	return 0
}

// attribute is the name of the attribute to order by, false if it is another key.
func (o Order) attribute() (string, bool) { return strings.CutPrefix(o.By, AttributePrefix) }

func (o Order) turned(c int) int {
	if o.Desc {
		return -c
	}
	return c
}

func (o Order) compareValues(a any, hasA bool, b any, hasB bool) int {
	if !hasA || !hasB {
		return cmp.Compare(absent(hasA), absent(hasB))
	}
	na, isA := number(a)
	nb, isB := number(b)
	switch {
	case isA && isB:
		return o.turned(cmp.Compare(na, nb))
	case isA != isB:
		return cmp.Compare(absent(isA), absent(isB))
	}
	sa, _ := a.(string)
	sb, _ := b.(string)
	return o.turned(cmp.Compare(sa, sb))
}

func absent(has bool) int {
	if has {
		return 0
	}
	return 1
}

// number is a whole number, as rules set it, as JSON brings it back, or as an agent's attribute spells it.
func number(v any) (int64, bool) {
	switch v := v.(type) {
	case int:
		return int64(v), true
	case int64:
		return v, true
	case float64:
		return int64(v), v == math.Trunc(v) && math.Abs(v) < 1<<53
	case json.Number:
		n, err := v.Int64()
		return n, err == nil
	case string:
		n, err := strconv.ParseInt(v, 10, 64)
		return n, err == nil
	}
	return 0, false
}

// IsWholeNumber reports whether a value is a whole number, as Go, YAML or JSON bring it. A text that spells one is not.
func IsWholeNumber(value any) bool {
	_, isText := value.(string)
	_, isNumber := number(value)
	return isNumber && !isText
}
