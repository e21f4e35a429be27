package distribution

import (
	"context"
	"maps"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// keepMatchTraces keeps, for every item that was reached, why it went where it went or waits; of an item that goes on waiting only
// the last match trace, and only if that shows something new.
func (b *batch) keepMatchTraces(ctx context.Context) error {
	assigned := maps.Clone(b.assigned)
	for _, o := range b.offers {
		assigned[o.item.ID] = true
	}
	type traceRow struct {
		Item         conversation.WorkItemID `json:"item"`
		Conversation conversation.ID         `json:"conversation"`
		Body         routing.MatchTrace      `json:"body"`
	}
	var traces []traceRow
	for _, l := range b.chosen.Traces {
		if l.Agent != "" && !assigned[l.Item] {
			continue // its match did not hold
		}
		traces = append(traces, traceRow{l.Item, b.items[l.Item].Conversation, l})
	}
	return b.exec(ctx, `
		insert into routing_traces (tenant, conversation_id, stage, work_item_id, body)
		select $1, l.conversation, 'distribution', l.item, l.body
		from (select * from jsonb_to_recordset($2::jsonb) as l(item uuid, conversation uuid, body jsonb) limit $3) l
		left join routing_traces before on before.tenant = $1 and before.work_item_id = l.item and before.stage = 'distribution'
		where before.body is distinct from l.body
		on conflict (tenant, work_item_id) where stage = 'distribution' do update set body = excluded.body, at = now()`, traces, len(traces))
}
