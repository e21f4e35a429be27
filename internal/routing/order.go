package routing

import (
	"cmp"
	"slices"
	"strings"
)

// turn is an item with what decides its place in the order of service.
type turn struct {
	item   *Item
	pool   *queuePool
	kept   bool // for the agent who had it
	demand int  // of a queue that has its own rules
	bucket int  // the rule of the queue's prioritisation that holds; behind all of them if none does
}

// orderQueues says in which order queues are served (QUE-2): the smaller priority first; of the same priority, those where
// the oldest goes first before those that have a prioritisation of their own. The former are served together, as if they
// were one, the latter by name.
func (r *round) orderQueues() {
	list := make([]*queuePool, 0, len(r.pools))
	for _, c := range r.pools {
		list = append(list, c)
	}
	compare := func(a, b *queuePool) int {
		if c := cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.own(), b.own())); c != 0 || a.own() == 0 {
			return c
		}
		return cmp.Or(strings.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	}
	slices.SortFunc(list, compare)
	for i, c := range list {
		if i > 0 && compare(list[i-1], c) == 0 {
			c.stretch = list[i-1].stretch
			continue
		}
		c.stretch = i
	}
}

// own is 1 for a queue with a prioritisation of its own, else 0.
func (c *queuePool) own() int {
	if c.rules.Prioritisation != nil {
		return 1
	}
	return 0
}

// turns brings items into the order in which they are served.
func (r *round) turns(items []Item) []turn {
	list := make([]turn, 0, len(items))
	for i := range items {
		item := &items[i]
		c, known := r.pools[item.QueueID]
		if !known {
			continue
		}
		t := turn{item: item, pool: c, kept: r.keeps(c, item)}
		if !t.kept && c.rules.any() {
			t.demand = r.demand(c, item)
		}
		if !t.kept && c.rules.Prioritisation != nil {
			t.bucket = r.bucket(t)
		}
		list = append(list, t)
	}
	slices.SortFunc(list, compareTurns)
	return list
}

func compareTurns(a, b turn) int {
	if c := cmp.Compare(a.pool.stretch, b.pool.stretch); c != 0 {
		return c
	}
	switch {
	case a.kept && b.kept:
		return firstCome(a.item, b.item)
	case a.kept:
		return -1
	case b.kept:
		return 1
	}
	if own := a.pool.rules.Prioritisation; own != nil {
		if c := cmp.Compare(a.bucket, b.bucket); c != 0 {
			return c
		}
		if a.bucket < len(own.Rules) {
			if c := compareItems(a.item, b.item, own.Rules[a.bucket].OrderBy); c != 0 {
				return c
			}
		}
	}
	return firstCome(a.item, b.item)
}

// firstCome orders items by their priority, and then by the customer's last word before they waited (QUE-3): who has waited longest
// goes first.
func firstCome(a, b *Item) int {
	if c := cmp.Compare(a.Priority, b.Priority); c != 0 {
		return c
	}
	if c := a.Since.Compare(b.Since); c != 0 {
		return c
	}
	return cmp.Compare(a.ID, b.ID)
}
