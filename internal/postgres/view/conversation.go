package view

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/sealing"
	"wxdesk/internal/postgres/standing"
	"wxdesk/internal/routing"
)

// ListedRow is a conversation as people read it.
type ListedRow struct {
	standing.Row
	ID             conversation.ID           `db:"id"`
	AccountID      conversation.AccountID    `db:"account_id"`
	CustomerID     conversation.CustomerID   `db:"customer_id"`
	WorkflowID     string                    `db:"workflow_id"`
	WorkstreamID   conversation.WorkstreamID `db:"workstream_id"`
	LastAgent      conversation.AgentID      `db:"last_agent"`
	CloseReason    conversation.CloseReason  `db:"close_reason"`
	OpenedAt       time.Time                 `db:"opened_at"`
	LastCustomerAt time.Time                 `db:"last_customer_at"`
	ClosedAt       *time.Time                `db:"closed_at"`
	DataKey        []byte                    `db:"data_key"`
	OpenID         []byte                    `db:"openid"`
	MessageUntil   *time.Time                `db:"message_until"`
	MessageLeft    int                       `db:"message_left"`
	TapUntil       *time.Time                `db:"tap_until"`
	TapLeft        int                       `db:"tap_left"`
	Context        []byte                    `db:"context"`
	TapBy          string                    `db:"tap_by"`
	Tags           []byte                    `db:"tags"`
	Unanswered     *time.Time                `db:"unanswered_since"`
	AnsweredAt     *time.Time                `db:"answered_at"`
	ActiveAt       time.Time                 `db:"active_at"`
	HoldsUntil     *time.Time                `db:"holds_until"` // of wrap-up, until then it takes capacity; null: no longer, or for as long as it lasts
	Priority       *int                      `db:"priority"`
	Skills         []byte                    `db:"skills"`
	LastID         *string                   `db:"said_id"` // of the last message that is not an automated one
	LastAuthor     *conversation.Author      `db:"said_author"`
	LastKind       *string                   `db:"said_kind"`
	LastBody       []byte                    `db:"said_body"`
	LastAt         *time.Time                `db:"said_at"`
	Turn           *conversation.MessageID   `db:"turn_id"` // with which the bot gave it up last
	Summary        []byte                    `db:"summary"`
}

// listedAll selects the conversations of tenant $1 as people read them.
const listedAll = `
		select ` + standing.Columns + `, c.id, c.account_id, c.customer_id, c.workflow_id,
			coalesce(c.workstream_id::text, '') as workstream_id, coalesce(c.last_agent::text, '') as last_agent,
			coalesce(c.close_reason, '') as close_reason, c.opened_at, c.last_customer_at, c.closed_at, c.context,
			u.data_key, u.openid, u.message_until, u.message_left, u.tap_until, u.tap_left, u.tap_by, u.tags, t.turn_id, t.summary,
			c.unanswered_since, c.answered_at, c.active_at, needs.priority, needs.skills,
			case when c.state = 'wrap_up' then held.holds_until end as holds_until,
			said.id::text as said_id, said.author as said_author, said.kind as said_kind, said.body as said_body, said.created_at as said_at
		from conversations c
		join customers u on u.tenant = c.tenant and u.id = c.customer_id
		left join lateral (
			select turn_id, summary from turns
			where tenant = c.tenant and conversation_id = c.id and command = 'escalate' order by answered_at desc limit 1) t on true
		left join lateral (
			select priority, skills from work_items
			where tenant = c.tenant and conversation_id = c.id order by id desc limit 1) needs on true
		left join assignments held on held.tenant = c.tenant and held.conversation_id = c.id and held.state = 'accepted' and held.holds_until > now()
		left join lateral (
			select id, author, kind, body, created_at from messages
			where tenant = c.tenant and conversation_id = c.id and author <> 'system' order by seq desc limit 1) said on true
		` + standing.Joins + `
		where c.tenant = $1`

// Listed selects what a viewer may see: $1 is the tenant, $2 the agent, "" for supervisors and admins. An agent sees what
// they have or had, what is offered to them, and what waits in a queue of theirs; and while they have a conversation of a customer, the
// customer's others (S5).
func Listed(v access.Viewer) string {
	const seenByAgent = `
			and c.id in (
				select id from conversations where tenant = $1 and agent_id = nullif($2, '')::uuid and state <> 'closed'
				union all
				select conversation_id from assignments
				where tenant = $1 and agent_id = nullif($2, '')::uuid and (state = 'offered' or accepted_at is not null)
				union all
				select w.id from conversations w join queue_members m on m.tenant = w.tenant and m.queue_id = w.queue_id
				where w.tenant = $1 and m.agent_id = nullif($2, '')::uuid and w.state <> 'closed' and w.holder = 'queue'
				union all
				select e.id from conversations n join conversations e on e.tenant = n.tenant and e.customer_id = n.customer_id
				where n.tenant = $1 and n.agent_id = nullif($2, '')::uuid and n.state <> 'closed')`
	if v.AgentID == "" {
		return listedAll + ` and $2::text = ''`
	}
	return listedAll + seenByAgent
}

// Open opens what the row seals; an openid or a summary that does not open reads as Unavailable, a context as
// none.
func (db *DB) Open(t conversation.Tenant, r ListedRow) (conversation.Conversation, error) {
	s := r.Standing()
	c := conversation.Conversation{
		ID: r.ID, AccountID: r.AccountID, WorkflowID: r.WorkflowID, State: s.State, Holder: s.Holder, QueueID: s.QueueID,
		AgentID: s.AgentID, Epoch: s.Epoch, CloseReason: r.CloseReason, Ending: r.Ending, OpenedAt: r.OpenedAt, LastCustomerAt: r.LastCustomerAt,
		Customer: conversation.Customer{ID: r.CustomerID, AccountID: r.AccountID, OpenID: sealing.Unavailable},
		Revision: s.Revision, WorkstreamID: r.WorkstreamID, WaitingSince: s.WaitingSince, Offer: s.Offer, Due: s.Due,
		LastAgent: r.LastAgent,
		Allowance: conversation.Allowance{
			MessageUntil: orZero(r.MessageUntil), MessageLeft: r.MessageLeft, TapUntil: orZero(r.TapUntil), TapLeft: r.TapLeft, TapBy: r.TapBy,
		},
		ClosedAt: orZero(r.ClosedAt), AnsweredAt: orZero(r.AnsweredAt), ActiveAt: r.ActiveAt,
		Priority: routing.DefaultPriority,
	}
	if c.State != conversation.StateClosed {
		c.UnansweredSince = orZero(r.Unanswered)
	}
	r.addNeeds(&c)
	seal, err := sealing.OpenCustomer(db.ring, t, string(r.CustomerID), r.DataKey)
	if err != nil {
		return c, nil //nolint:nilerr // erased: the conversation stays, what was said in it does not
	}
	if openID, err := seal.OpenOpenID(r.OpenID); err == nil {
		c.Customer.OpenID = openID
	}
	c.Customer.Tags = seal.OpenTags(r.Tags)
	if c.Last != nil {
		if said, err := seal.OpenBody(*r.LastID, r.LastBody); err == nil {
			c.Last.Text = said.Text
		}
	}
	if len(r.Context) > 0 {
		c.Context = seal.OpenContext(r.ID, r.Context)
	}
	if r.Turn != nil && len(r.Summary) > 0 {
		c.Summary = seal.OpenSummary(r.ID, *r.Turn, r.Summary)
	}
	return c, nil
}

// addNeeds adds what the conversation asks of people, when wrap-up ends, and its last message without the text.
func (r ListedRow) addNeeds(c *conversation.Conversation) {
	if r.Priority != nil {
		c.Priority = *r.Priority
		_ = json.Unmarshal(r.Skills, &c.Skills) // skills that cannot be read count as none
	}
	if r.HoldsUntil != nil {
		c.Due = append(c.Due, conversation.Due{What: conversation.DueWrapUp, At: r.HoldsUntil.UTC()})
		slices.SortStableFunc(c.Due, func(a, b conversation.Due) int { return a.At.Compare(b.At) })
	}
	if r.LastID != nil {
		c.Last = &conversation.LastMessage{Author: *r.LastAuthor, Kind: *r.LastKind, Text: sealing.Unavailable, At: *r.LastAt}
	}
}

func orZero(at *time.Time) time.Time {
	if at == nil {
		return time.Time{}
	}
	return *at
}

// Conversation reads a conversation. It returns ErrNotFound when there is none with this id that the viewer may see.
func (db *DB) Conversation(ctx context.Context, v access.Viewer, id conversation.ID) (conversation.Conversation, error) {
	row, err := db.seen(ctx, v, id)
	if err != nil {
		return conversation.Conversation{}, postgres.Explain(ctx, "read conversation", err)
	}
	c, err := db.Open(v.Tenant, row)
	if err != nil {
		return c, err
	}
	one := []conversation.Conversation{c}
	err = addUnread(ctx, db.pool, v, one)
	return one[0], postgres.Explain(ctx, "read conversation", err)
}

// seen reads the row of a conversation, as far as the viewer may see it.
func (db *DB) seen(ctx context.Context, v access.Viewer, id conversation.ID) (row ListedRow, err error) {
	err = db.pool.GetContext(ctx, &row, Listed(v)+` and c.id = $3`, v.Tenant, v.AgentID, id)
	return row, err
}

// writtenBy joins the command o by which an actor wrote a message or a note: it has the same id. What an actor sent more than a day ago,
// and what others sent, has none.
func writtenBy(id, actor string) string {
	return `commands o on o.tenant = $1 and o.id = ` + id + ` and o.actor_id::text = ` + actor
}

// Messages lists a conversation's messages after number afterSeq, oldest first. A text that does not open reads as
// Unavailable. It returns ErrNotFound when there is no such conversation that the viewer may see.
func (db *DB) Messages(ctx context.Context, v access.Viewer, id conversation.ID, afterSeq int64, limit int) ([]conversation.Message, error) {
	customer, err := db.seen(ctx, v, id)
	if err != nil {
		return nil, postgres.Explain(ctx, "read messages", err)
	}
	query := `
		select m.id, m.seq, m.author, coalesce(m.agent_id::text, '') as agent_id, m.kind, m.body, m.created_at, d.status, d.reason,
			coalesce(o.key, '') as key
		from messages m left join deliveries d on d.tenant = m.tenant and d.message_id = m.id left join ` + writtenBy("m.id", "$5") + `
		where m.tenant = $1 and m.conversation_id = $2 and m.seq > $3 order by m.seq limit $4`
	var rows []struct {
		ID        conversation.MessageID       `db:"id"`
		Seq       int64                        `db:"seq"`
		Author    conversation.Author          `db:"author"`
		AgentID   conversation.AgentID         `db:"agent_id"`
		Kind      string                       `db:"kind"`
		Body      []byte                       `db:"body"`
		CreatedAt time.Time                    `db:"created_at"`
		Status    *conversation.DeliveryStatus `db:"status"`
		Reason    *string                      `db:"reason"`
		Key       string                       `db:"key"`
	}
	if err := db.pool.SelectContext(ctx, &rows, query, v.Tenant, id, afterSeq, limit, v.ActorID); err != nil {
		return nil, postgres.Explain(ctx, "read messages", err)
	}
	seal, sealErr := sealing.OpenCustomer(db.ring, v.Tenant, string(customer.CustomerID), customer.DataKey)
	list := make([]conversation.Message, len(rows))
	for i, r := range rows {
		list[i] = conversation.Message{ID: r.ID, Seq: r.Seq, Author: r.Author, AgentID: r.AgentID, Kind: r.Kind, Text: sealing.Unavailable, CreatedAt: r.CreatedAt, Key: r.Key}
		if sealErr == nil {
			if said, err := seal.OpenBody(string(r.ID), r.Body); err == nil {
				list[i].Text, list[i].Fields = said.Text, said.FieldValues()
			}
		}
		if r.Status != nil {
			list[i].Delivery = &conversation.Delivery{Status: *r.Status, Reason: *r.Reason}
		}
	}
	return list, nil
}
