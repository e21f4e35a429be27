package standing

import (
	"context"

	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/notify"
	"wxdesk/internal/postgres/sealing"
)

// writeMessages fails queued messages, queues new ones, and removes the mark of messages that wait for the bot, as the change says.
func (l *Locked) writeMessages(ctx context.Context, c lifecycle.Change) error {
	if c.NoTurns {
		const answered = `update messages set wants_answer = false where tenant = $1 and conversation_id = $2 and wants_answer`
		if _, err := l.Tx.ExecContext(ctx, answered, l.Ref.Tenant, l.Ref.Conversation); err != nil {
			return err
		}
	}
	if c.Fail != nil {
		if err := l.fail(ctx, *c.Fail); err != nil {
			return err
		}
	}
	for _, m := range c.Say {
		if err := l.say(ctx, m); err != nil {
			return err
		}
	}
	if c.Resend == nil {
		return nil
	}
	const update = `
		update deliveries set status = 'queued', reason = '', errcode = null, attempt_id = null, attempts = 0, epoch = $4, not_before = null, until = null,
			updated_at = now()
		where tenant = $1 and conversation_id = $2 and message_id = $3`
	_, err := l.Tx.ExecContext(ctx, update, l.Ref.Tenant, l.Ref.Conversation, c.Resend.ID, c.Resend.Epoch)
	return err
}

// fail fails what is queued, and adds an event for each message.
func (l *Locked) fail(ctx context.Context, f lifecycle.Failure) error {
	const failQueued = `
		with failed as (
			update deliveries set status = 'failed', reason = $3, updated_at = now()
			where tenant = $1 and conversation_id = $2 and status = 'queued' and ($4 or epoch is not null)
			returning message_id, seq)
		select message_id from failed order by seq`
	var failed []conversation.MessageID
	if err := l.Tx.SelectContext(ctx, &failed, failQueued, l.Ref.Tenant, l.Ref.Conversation, f.Reason, f.Automated); err != nil {
		return err
	}
	return notify.Publish(ctx, l.Tx, l.Ref.Tenant, postgres.Each(failed, func(id conversation.MessageID) notify.Row {
		return FeedRowOf(l.Ref.Conversation, l.Snapshot, lifecycle.Event{
			Kind: lifecycle.EventDelivery, Agent: f.NotifyAgent,
			Body: lifecycle.DeliveryBody{MessageID: id, Status: conversation.DeliveryFailed, Reason: f.Reason},
		})
	})...)
}

// say queues a message, sealed.
func (l *Locked) say(ctx context.Context, m lifecycle.Message) error {
	seal, err := l.Seal()
	if err != nil {
		return err
	}
	sealed, err := seal.SealBody(string(m.ID), sealing.Body{Text: m.Text})
	if err != nil {
		return err
	}
	const insert = `
		with numbered as (
			update conversations set last_seq = greatest(last_seq, $4), active_at = now(),
				unanswered_since = case when $5 <> 'agent' then unanswered_since end,
				answered_at = case when $5 = 'agent' then now() else answered_at end
			where tenant = $1 and id = $2),
		said as (
			insert into messages (tenant, id, conversation_id, seq, author, agent_id, kind, body, turn_id, turn_part, traceparent)
			values ($1, $3, $2, $4, $5, nullif($6, '')::uuid, 'text', $7, nullif($8, '')::uuid, case when $8 <> '' then $9::int end, $10))
		insert into deliveries (tenant, message_id, conversation_id, seq, epoch, status) values ($1, $3, $2, $4, nullif($11, 0)::bigint, 'queued')`
	_, err = l.Tx.ExecContext(ctx, insert, l.Ref.Tenant, l.Ref.Conversation, m.ID, m.Seq, m.Author, string(m.Agent), sealed,
		string(m.Turn), m.Part, m.Trace, int64(m.Epoch))
	return err
}

// writeKept writes a note, and context variables.
func (l *Locked) writeKept(ctx context.Context, c lifecycle.Change) error {
	if c.Note == nil && c.Context == nil {
		return nil
	}
	seal, err := l.Seal()
	if err != nil {
		return err
	}
	if n := c.Note; n != nil {
		const insert = `
			with numbered as (update conversations set last_seq = greatest(last_seq, $6) where tenant = $1 and id = $3)
			insert into notes (tenant, id, conversation_id, author, body, seq) values ($1, $2, $3, $4, $5, $6)`
		if _, err := l.Tx.ExecContext(ctx, insert, l.Ref.Tenant, n.ID, l.Ref.Conversation, n.Author, seal.SealNote(string(n.ID), n.Text), n.Seq); err != nil {
			return err
		}
	}
	if c.Context == nil {
		return nil
	}
	return KeepContext(ctx, l.Tx, l.Ref, seal, l.context, c.Context)
}
