package view

import (
	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
)

// Lists of conversations that are not closed. A customer has one at most, and it closes by itself when it is idle, so they stay few. That
// is why two of their orders have no index of their own. Every message changes who wrote last and who waits for an answer: an index of
// these would make each message write into all indexes of its conversation. Those that are not closed are sorted instead, and then only
// the page is read.

// sorting is the column of an order, and its direction.
type sorting struct{ column, direction, beyond string }

var orders = map[conversation.Order]sorting{
	"":                         {"c.opened_at", "desc", "<"},
	conversation.OrderOpened:   {"c.opened_at", "desc", "<"},
	conversation.OrderActivity: {"c.active_at", "desc", "<"},
	conversation.OrderWaited:   {"c.waiting_since", "asc", ">"},
	conversation.OrderAnswer:   {"c.unanswered_since", "asc", ">"},
}

// openTo are the conversations that are not closed and concern an agent: what they have, are offered, and may take from their queues.
func openTo(agent string) string {
	return `
		select id from conversations where tenant = $1 and agent_id = ` + agent + ` and state <> 'closed'
		union all
		select conversation_id from assignments where tenant = $1 and agent_id = ` + agent + ` and state = 'offered'
		union all
		select w.id from queue_members m join conversations w on w.tenant = m.tenant and w.queue_id = m.queue_id
		where m.tenant = $1 and m.agent_id = ` + agent + ` and w.state <> 'closed' and w.holder = 'queue'`
}

// openPage selects a page of conversations that are not closed, as narrow says too.
func openPage(v access.Viewer, by sorting, narrow string, after conversation.Position, limit int, arg func(any) string) string {
	if v.AgentID != "" {
		narrow += ` and c.id in (` + openTo(arg(v.AgentID)+`::uuid`) + `)`
	}
	if after.ID != "" {
		narrow += ` and (` + by.column + `, c.id) ` + by.beyond + ` (` + arg(after.At) + `::timestamptz, ` + arg(after.ID) + `::uuid)`
	}
	order := ` order by ` + by.column + ` ` + by.direction + `, c.id ` + by.direction
	return listedAll + ` and c.id = any(array(
		select c.id from conversations c where c.tenant = $1 and ` + by.column + ` is not null` + narrow + order + ` limit ` + arg(limit) + `))` + order
}
