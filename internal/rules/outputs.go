package rules

import (
	"maps"
	"slices"
	"strings"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// outputs checks what follows from a rule, which depends on the ruleset's kind.
func (c *checking) outputs(r routing.Rule) {
	given := map[string]bool{
		"set": len(r.Set) > 0, "skills": len(r.Skills) > 0, "profiles": len(r.Profiles) > 0, "queue": r.Queue != "",
		"split": len(r.Split) > 0, "overflow": r.Overflow != nil, "order_by": len(r.OrderBy) > 0,
	}
	allowed := map[routing.RulesetKind][]string{
		routing.Classification: {"set", "skills", "profiles"},
		routing.RouteToQueue:   {"queue", "split", "overflow"},
		routing.Prioritisation: {"order_by"},
		routing.Assignment:     {"order_by"},
	}[c.kind]
	for _, field := range slices.Sorted(maps.Keys(given)) {
		if given[field] && !slices.Contains(allowed, field) {
			c.fault(field, "not for rules of a %s ruleset", c.kind)
		}
	}
	switch c.kind {
	case routing.Classification:
		c.classification(r)
	case routing.RouteToQueue:
		c.route(r)
	default:
		c.order(r)
	}
}

func (c *checking) classification(r routing.Rule) {
	if n := len(r.Set) + len(r.Skills) + len(r.Profiles); n == 0 || n > routing.MaxOutputs {
		c.fault("", "expected 1 to %d outputs, not %d", routing.MaxOutputs, n)
		return
	}
	for _, name := range slices.Sorted(maps.Keys(r.Set)) {
		text, isText := r.Set[name].(string)
		whole := routing.IsWholeNumber(r.Set[name])
		switch {
		case !isName(name):
			c.fault("set", "expected names of 1 to %d characters", routing.MaxName)
		case name == "priority" && !whole:
			c.fault("set", "expected priority to be a whole number")
		case !isText && !whole:
			c.fault("set", "expected attributes to be texts or whole numbers")
		case len(text) > maxText:
			c.fault("set", "expected texts of at most %d bytes", maxText)
		}
	}
	for _, s := range r.Skills {
		if !slices.Contains(c.known.Skills, s.SkillID) {
			c.fault("skills", "there is no such skill")
		}
		if s.Rating < 1 || s.Rating > routing.MaxRating {
			c.fault("skills", "expected ratings of 1 to %d", routing.MaxRating)
		}
	}
	for _, p := range r.Profiles {
		if !slices.Contains(c.known.Profiles, p) {
			c.fault("profiles", "there is no such capacity profile")
		}
	}
}

func (c *checking) route(r routing.Rule) {
	if (r.Queue == "") == (len(r.Split) == 0) {
		c.fault("queue", "expected either a queue or a split")
		return
	}
	targets := []conversation.QueueID{r.Queue}
	if len(r.Split) > 0 {
		targets = c.split(r.Split)
	}
	for _, q := range targets {
		if _, ok := c.known.Queues[q]; !ok {
			c.fault("queue", "there is no such queue")
		}
	}
	if r.Overflow != nil {
		c.overflow(targets, *r.Overflow)
	}
}

func (c *checking) split(shares []routing.Share) (targets []conversation.QueueID) {
	if len(shares) > routing.MaxSplit {
		c.fault("split", "expected at most %d queues", routing.MaxSplit)
		return nil
	}
	sum := 0
	for _, s := range shares {
		if s.Percent < 1 {
			c.fault("split", "expected shares of at least 1 per cent")
		}
		if slices.Contains(targets, s.Queue) {
			c.fault("split", "expected every queue once")
		}
		sum += s.Percent
		targets = append(targets, s.Queue)
	}
	if sum != 100 {
		c.fault("split", "expected shares that add up to 100, not %d", sum)
	}
	return targets
}

func (c *checking) order(r routing.Rule) {
	if len(r.OrderBy) > routing.MaxOrder {
		c.fault("order_by", "expected at most %d keys", routing.MaxOrder)
		return
	}
	for _, o := range r.OrderBy {
		attribute, isAttribute := strings.CutPrefix(o.By, routing.AttributePrefix)
		_, kind, ofType := routing.SkillType(o.By)
		if isAttribute && attribute != "" || ofType && c.kind == routing.Assignment && isName(kind) || slices.Contains(routing.OrderKeys(c.kind), routing.OrderKey(o.By)) {
			continue
		}
		c.fault("order_by", "there is nothing of this name to order by")
	}
}
