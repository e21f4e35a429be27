package distribution

import (
	"context"
	"maps"
	"time"

	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres/capacity"
	"wxdesk/internal/routing"
)

// match reads what waits and who may be asked, and matches them.
func (d *distribution) match(ctx context.Context, queues []routing.Queue, rules map[conversation.QueueID]routing.CustomRules) error {
	waiting, err := d.waiting(ctx, queues, rules)
	if err != nil || len(waiting) == 0 {
		return err
	}
	d.items = make(map[conversation.WorkItemID]*waitingItem, len(waiting))
	items := make([]routing.Item, 0, len(waiting))
	for _, w := range waiting {
		item, err := w.item(d.now)
		if err != nil {
			return err
		}
		d.items[w.ID] = w
		items = append(items, item)
		d.limit = d.limit || item.MaxPerAgent > 0
	}
	if d.pool, err = readPool(ctx, d.reading, d.tenant, queues, about(queues, rules, items)); err != nil {
		return err
	}
	if err := d.readHeld(ctx, d.reading, capacity.Serving(idsOfQueues(queues)), d.pool.facts); err != nil {
		return err
	}
	for _, a := range d.pool.list {
		a.Held = maps.Clone(d.pool.facts[a.ID].Held)
	}
	opens, err := d.readShifts(ctx, queues)
	if err != nil {
		return err
	}
	if err := d.readKinds(ctx, rules); err != nil {
		return err
	}
	until := time.Now().Add(d.db.evaluateFor)
	d.chosen = routing.Assign(routing.Choice{
		Now: d.now, Queues: queues, Rules: rules, Items: items, Agents: d.pool.list, Limit: routing.BatchLimit, Evaluator: d.db.evaluator,
		Enough: func() bool { return !time.Now().Before(until) }, Spent: func() bool { return time.Since(until) >= evaluateOneFor }, Vain: d.memory.vain,
		Verdicts: d.memory.verdicts,
	})
	if left := len(d.chosen.Traces) > len(d.chosen.Matches); left && !opens.IsZero() {
		d.moments = append(d.moments, opens)
	}
	return nil
}

// findSettling lists the agents who have got capacity back by the clock, and whose presence does not show it yet. The time for which
// a finished conversation takes capacity is over, or their day is.
func (d *distribution) findSettling(ctx context.Context) error {
	const query = `
		select distinct g.id from assignments a join agents g on g.tenant = a.tenant and g.id = a.agent_id
		where a.tenant = $1 and a.state = 'accepted' and a.holds_until between $2 and clock_timestamp() and g.presence in ('busy', 'dnd')
			and not g.presence_manual`
	var rested []conversation.AgentID
	if err := d.reading.SelectContext(ctx, &rested, query, d.tenant, d.memory.settled); err != nil {
		return err
	}
	turned, err := d.turnDays(ctx)
	if err != nil {
		return err
	}
	back := append(rested, turned...)
	if len(back) == 0 {
		return nil
	}
	people, err := capacity.ReadCandidates(ctx, d.reading, d.tenant, capacity.Named(back))
	for _, a := range people {
		if routing.NextPresence(a.PresenceFacts(false)) != a.Presence {
			d.settles = append(d.settles, a.ID)
		}
	}
	return err
}
