package decision

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"wxdesk/internal/account"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/sealing"
	"wxdesk/internal/postgres/standing"
	"wxdesk/internal/routing"
)

// factsRow is a conversation with what rules may ask about.
type factsRow struct {
	standing.Held
	AccountID conversation.AccountID `db:"account_id"`
	Account   string                 `db:"account_name"`
	Kind      account.Kind           `db:"account_kind"`
	TimeZone  string                 `db:"time_zone"`
	Following bool                   `db:"following"`
	Tags      []byte                 `db:"tags"`
	Before    bool                   `db:"before"` // the customer has had a conversation before this one
	Message   string                 `db:"message_kind"`
	Body      []byte                 `db:"body"`
	EventID   *string                `db:"event_id"`
	Event     *string                `db:"event_kind"`
	EventBody []byte                 `db:"event_body"`
	Escalated bool                   `db:"escalated"` // by the bot, with this turn
	Reason    []byte                 `db:"reason"`
	Summary   []byte                 `db:"summary"`
}

// loadFacts loads what conditions are judged over, by the names of docs/rules.md. What a customer wrote is data in them,
// and what does not open is empty.
func (db *DB) loadFacts(ctx context.Context, tx *postgres.Tx, c conversation.Ref, turn conversation.MessageID, q *routing.Question) error {
	const query = `
		select ` + standing.HeldColumns + `, c.account_id, a.name as account_name, a.kind as account_kind, a.time_zone, u.following, u.tags,
			exists (select from conversations p where p.tenant = c.tenant and p.customer_id = c.customer_id and p.id <> c.id) as before,
			m.kind as message_kind, m.body, e.id as event_id, e.kind as event_kind, e.body as event_body,
			coalesce(t.command = 'escalate', false) as escalated, t.reason, t.summary
		from conversations c
		join customers u on u.tenant = c.tenant and u.id = c.customer_id
		join accounts a on a.tenant = c.tenant and a.id = c.account_id
		join messages m on m.tenant = c.tenant and m.conversation_id = c.id and m.id = $3
		left join turns t on t.tenant = c.tenant and t.conversation_id = c.id and t.turn_id = m.id
		left join lateral (
			select id, kind, body from messages
			where tenant = c.tenant and conversation_id = c.id and author = 'customer'
				and (kind in ('subscribe', 'SCAN', 'CLICK', 'location_select') or kind like 'scancode\_%' or kind like 'pic\_%')
			order by seq desc limit 1) e on true
		where c.tenant = $1 and c.id = $2`
	var row factsRow
	if err := tx.GetContext(ctx, &row, query, c.Tenant, c.Conversation, turn); err != nil {
		return err
	}
	seal, err := sealing.OpenCustomer(db.ring, c.Tenant, row.CustomerID, row.DataKey)
	if err != nil {
		return err
	}
	said, _ := seal.OpenBody(string(turn), row.Body) // what does not open says nothing
	text := said.Question()
	q.Facts = routing.Facts{
		"customer": map[string]any{
			"language": string(row.Language), "tags": seal.OpenTags(row.Tags), "following": row.Following, "first_contact": !row.Before,
		},
		"message":    map[string]any{"text": text, "kind": row.Message, "length": int64(utf8.RuneCountInString(text))},
		"event":      row.event(seal),
		"context":    row.context(c, seal),
		"account":    map[string]any{"id": string(row.AccountID), "name": row.Account, "kind": string(row.Kind), "language": string(row.Language)},
		"time":       timeFacts(q.Now, row.TimeZone),
		"escalation": row.escalation(c, turn, seal),
	}
	return nil
}

// event is what the customer last did that was no message: followed, scanned, tapped a menu.
func (r factsRow) event(seal sealing.Customer) map[string]any {
	facts := map[string]any{"kind": "", "scene": "", "menu_key": "", "source": ""}
	if r.Event == nil {
		return facts
	}
	kind := *r.Event
	facts["kind"] = kind
	said, err := seal.OpenBody(*r.EventID, r.EventBody)
	if err != nil {
		return facts
	}
	key := said.FieldValues()["EventKey"]
	scene, scanned := strings.CutPrefix(key, "qrscene_")
	switch {
	case kind == "SCAN", kind == "subscribe" && scanned:
		facts["scene"], facts["source"] = scene, "qr-code"
	case kind == "subscribe":
		facts["source"] = "follow"
	default:
		facts["menu_key"], facts["source"] = key, "menu"
	}
	return facts
}

func (r factsRow) context(c conversation.Ref, seal sealing.Customer) map[string]any {
	values := map[string]any{}
	if r.Context != nil {
		if opened := seal.OpenContext(c.Conversation, r.Context); opened != nil {
			values = opened
		}
	}
	postgres.RestoreIntegers(values)
	return values
}

// escalation is why people are wanted, in the bot's own words if it has some, and whether it was the bot who asked.
func (r factsRow) escalation(c conversation.Ref, turn conversation.MessageID, seal sealing.Customer) map[string]any {
	byBot := r.HandOver == conversation.EscalatedByBot || r.HandOver == "" && r.Escalated // before, or after
	facts := map[string]any{"reason": string(r.HandOver), "summary": "", "by_bot": byBot}
	if r.Reason != nil {
		if reason, err := seal.OpenReason(c.Conversation, turn, r.Reason); err == nil && reason != "" {
			facts["reason"] = reason
		}
	}
	if r.Summary != nil {
		facts["summary"] = seal.OpenSummary(c.Conversation, turn, r.Summary)
	}
	return facts
}

// beijing is the zone of an account whose own this system's files do not know.
var beijing = time.FixedZone("Asia/Shanghai", 8*60*60) // no daylight saving since 1991

// timeFacts tell the time in an account's zone.
func timeFacts(now time.Time, name string) map[string]any {
	zone, err := time.LoadLocation(name)
	if err != nil {
		zone = beijing
	}
	local := now.In(zone)
	return map[string]any{
		"hour": int64(local.Hour()), "minute": int64(local.Minute()), "weekday": int64(local.Weekday()), "date": local.Format(time.DateOnly),
	}
}
