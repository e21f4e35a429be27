package postgres

import (
	"context"
	"time"

	"wxdesk/internal/conversation"
)

// listedRow is a conversation as people read it.
type listedRow struct {
	ID             conversation.ID          `db:"id"`
	AccountID      conversation.AccountID   `db:"account_id"`
	CustomerID     conversation.CustomerID  `db:"customer_id"`
	WorkflowID     string                   `db:"workflow_id"`
	State          conversation.State       `db:"state"`
	Holder         conversation.Holder      `db:"holder"`
	QueueID        conversation.QueueID     `db:"queue_id"`
	AgentID        conversation.AgentID     `db:"agent_id"`
	Epoch          conversation.Epoch       `db:"epoch"`
	CloseReason    conversation.CloseReason `db:"close_reason"`
	OpenedAt       time.Time                `db:"opened_at"`
	LastCustomerAt time.Time                `db:"last_customer_at"`
	ClosedAt       *time.Time               `db:"closed_at"`
	DataKey        []byte                   `db:"data_key"`
	OpenID         []byte                   `db:"openid"`
}

const listed = `
	select c.id, c.account_id, c.customer_id, c.workflow_id, c.state, c.holder, coalesce(c.queue_id::text, '') as queue_id,
		coalesce(c.agent_id::text, '') as agent_id, c.epoch, coalesce(c.close_reason, '') as close_reason,
		c.opened_at, c.last_customer_at, c.closed_at, u.data_key, u.openid
	from conversations c join customers u on u.tenant = c.tenant and u.id = c.customer_id
	where c.tenant = $1`

// conversation opens what the row seals; an openid that does not open reads as Unavailable.
func (db *DB) conversation(t conversation.Tenant, r listedRow) conversation.Conversation {
	c := conversation.Conversation{
		ID: r.ID, AccountID: r.AccountID, WorkflowID: r.WorkflowID, State: r.State, Holder: r.Holder, QueueID: r.QueueID,
		AgentID: r.AgentID, Epoch: r.Epoch, CloseReason: r.CloseReason, OpenedAt: r.OpenedAt, LastCustomerAt: r.LastCustomerAt,
		Customer: conversation.Customer{ID: r.CustomerID, AccountID: r.AccountID, OpenID: Unavailable},
	}
	if r.ClosedAt != nil {
		c.ClosedAt = *r.ClosedAt
	}
	if seal, err := db.customerSeal(t, string(r.CustomerID), r.DataKey); err == nil {
		if openID, err := seal.openOpenID(r.OpenID); err == nil {
			c.Customer.OpenID = openID
		}
	}
	return c
}

// Conversation reads one. ErrNotFound when the tenant has none with this id.
func (db *DB) Conversation(ctx context.Context, t conversation.Tenant, id conversation.ID) (conversation.Conversation, error) {
	var row listedRow
	if err := db.sql.GetContext(ctx, &row, listed+` and c.id = $2`, t, id); err != nil {
		return conversation.Conversation{}, explain(ctx, "read conversation", err)
	}
	return db.conversation(t, row), nil
}

// Conversations lists newest first, after the given position. An openid that does not open reads as Unavailable.
// ErrNotFound when the filter names a queue, an agent or an account by what is no UUID.
func (db *DB) Conversations(ctx context.Context, t conversation.Tenant, f conversation.Filter, after conversation.Position, limit int) ([]conversation.Conversation, error) {
	const query = listed + `
			and ($2 = '' or c.state = $2)
			and ($3 = '' or c.queue_id = nullif($3, '')::uuid)
			and ($4 = '' or c.agent_id = nullif($4, '')::uuid)
			and ($5 = '' or c.account_id = nullif($5, '')::uuid)
			and ($7 = '' or (c.opened_at, c.id) < ($6, nullif($7, '')::uuid))
		order by c.opened_at desc, c.id desc limit $8`
	var rows []listedRow
	if err := db.sql.SelectContext(ctx, &rows, query, t, f.State, f.QueueID, f.AgentID, f.AccountID,
		after.OpenedAt, after.ID, limit); err != nil {
		return nil, explain(ctx, "list conversations", err)
	}
	list := make([]conversation.Conversation, len(rows))
	for i, row := range rows {
		list[i] = db.conversation(t, row)
	}
	return list, nil
}

// Messages lists a conversation's lines after number afterSeq, oldest first. A text that does not open reads as
// Unavailable. ErrNotFound when the tenant has no such conversation.
func (db *DB) Messages(ctx context.Context, t conversation.Tenant, id conversation.ID, afterSeq int64, limit int) ([]conversation.Message, error) {
	var customer listedRow
	if err := db.sql.GetContext(ctx, &customer, listed+` and c.id = $2`, t, id); err != nil {
		return nil, explain(ctx, "read messages", err)
	}
	const query = `
		select m.id, m.seq, m.author, m.kind, m.body, m.created_at, d.status, d.reason
		from messages m left join deliveries d on d.tenant = m.tenant and d.message_id = m.id
		where m.tenant = $1 and m.conversation_id = $2 and m.seq > $3 order by m.seq limit $4`
	var rows []struct {
		ID        conversation.MessageID       `db:"id"`
		Seq       int64                        `db:"seq"`
		Author    conversation.Author          `db:"author"`
		Kind      string                       `db:"kind"`
		Body      []byte                       `db:"body"`
		CreatedAt time.Time                    `db:"created_at"`
		Status    *conversation.DeliveryStatus `db:"status"`
		Reason    *string                      `db:"reason"`
	}
	if err := db.sql.SelectContext(ctx, &rows, query, t, id, afterSeq, limit); err != nil {
		return nil, explain(ctx, "read messages", err)
	}
	seal, sealErr := db.customerSeal(t, string(customer.CustomerID), customer.DataKey)
	list := make([]conversation.Message, len(rows))
	for i, r := range rows {
		list[i] = conversation.Message{ID: r.ID, Seq: r.Seq, Author: r.Author, Kind: r.Kind, Text: Unavailable, CreatedAt: r.CreatedAt}
		if sealErr == nil {
			if said, err := seal.openBody(string(r.ID), r.Body); err == nil {
				list[i].Text, list[i].Fields = said.Text, said.fields()
			}
		}
		if r.Status != nil {
			list[i].Delivery = &conversation.Delivery{Status: *r.Status, Reason: *r.Reason}
		}
	}
	return list, nil
}
