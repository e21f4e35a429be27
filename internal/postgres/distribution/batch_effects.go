package distribution

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/notify"
	"wxdesk/internal/postgres/standing"
	"wxdesk/internal/routing"
)

// failUnsent fails the messages that others have queued in conversations that an agent has now, and notes an event for each. Nobody
// had these conversations, so only supervisors are told.
func (b *batch) failUnsent(ctx context.Context) error {
	type row struct {
		Conversation conversation.ID `json:"conversation"`
		Reason       string          `json:"reason"`
		Automated    bool            `json:"automated"`
	}
	var rows []row
	for _, o := range b.offers {
		if f := o.change.Fail; f != nil {
			rows = append(rows, row{o.item.Conversation, f.Reason, f.Automated})
		}
	}
	if len(rows) == 0 {
		return nil
	}
	encoded, err := json.Marshal(rows)
	if err != nil {
		return fmt.Errorf("encode failures: %w", err)
	}
	const failQueued = `
		with failed as (
			update deliveries d set status = 'failed', reason = r.reason, updated_at = now()
			from (select * from jsonb_to_recordset($2::jsonb) as r(conversation uuid, reason text, automated boolean) limit $3) r
			where d.tenant = $1 and d.conversation_id = r.conversation and d.status = 'queued' and (r.automated or d.epoch is not null)
			returning d.conversation_id, d.message_id, d.seq, d.reason)
		select conversation_id, message_id, reason from failed order by conversation_id, seq`
	var failed []struct {
		Conversation conversation.ID        `db:"conversation_id"`
		Message      conversation.MessageID `db:"message_id"`
		Reason       string                 `db:"reason"`
	}
	if err := b.tx.SelectContext(ctx, &failed, failQueued, b.tenant, string(encoded), len(rows)); err != nil {
		return err
	}
	for _, f := range failed {
		b.failed = append(b.failed, notify.Row{
			Kind: lifecycle.EventDelivery, Conversation: f.Conversation,
			Body: lifecycle.DeliveryBody{MessageID: f.Message, Status: conversation.DeliveryFailed, Reason: f.Reason},
		})
	}
	return nil
}

func (b *batch) writePresences(ctx context.Context) error {
	type row struct {
		Agent    conversation.AgentID `json:"agent"`
		Presence routing.Presence     `json:"presence"`
		Manual   bool                 `json:"manual"`
		Since    *time.Time           `json:"since"`
	}
	var rows []row
	for _, o := range b.offers {
		for _, p := range o.change.Presences {
			rows = append(rows, row{p.Agent, p.Presence, p.Manual, postgres.OrNull(p.Since)})
		}
	}
	return b.exec(ctx, `
		update agents a set presence = r.presence, presence_manual = r.manual, presence_at = coalesce(r.since, a.presence_at)
		from (select * from jsonb_to_recordset($2::jsonb) as r(agent uuid, presence text, manual boolean, since timestamptz) limit $3) r
		where a.tenant = $1 and a.id = r.agent`, rows, len(rows))
}

// writeNotices leaves the notices for the runs.
func (b *batch) writeNotices(ctx context.Context) error {
	type row struct {
		Conversation conversation.ID `json:"conversation"`
		Act          string          `json:"act"`
		Assignment   bool            `json:"assignment"`
	}
	encoded, err := json.Marshal(postgres.Each(b.offers, func(o offer) row {
		return row{o.item.Conversation, o.change.Notice.Act, o.change.Notice.Assignment}
	}))
	if err != nil {
		return fmt.Errorf("encode notices: %w", err)
	}
	const insert = `
		insert into outbox (tenant, conversation_id, workflow_id, act, assignment)
		select c.tenant, c.id, c.workflow_id, r.act, r.assignment
		from (select * from jsonb_to_recordset($2::jsonb) as r(conversation uuid, act text, assignment boolean) limit $3) r
		join conversations c on c.tenant = $1 and c.id = r.conversation` + notify.OnOutbox + ` returning ` + notify.NoticeColumns
	var rows []notify.NoticeRow
	err = b.tx.SelectContext(ctx, &rows, insert, b.tenant, string(encoded), len(b.offers))
	b.notices = postgres.Each(rows, notify.NoticeRow.Notice)
	return err
}

// publish writes the feed events of the batch.
func (b *batch) publish(ctx context.Context) error {
	rows := b.failed
	for _, o := range b.offers {
		rows = append(rows, standing.FeedRows(o.item.Conversation, o.after, o.change.Feed)...)
	}
	return notify.Publish(ctx, b.tx, b.tenant, rows...)
}
