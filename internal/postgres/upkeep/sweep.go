package upkeep

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/notify"
	"wxdesk/internal/postgres/transcript"
)

// sweepAtOnce is how many conversations one sweep repairs or has nudged; the next one goes on.
const sweepAtOnce = 500

// Sweep repairs what crashes and lost runs may have left: work of conversations that have ended, and marks whose time has been over
// for a minute. What fails is no reason to leave out the rest. It returns conversations that have owed something for a minute past
// its time, for their runs to be nudged.
func (db *DB) Sweep(ctx context.Context) ([]conversation.RunNotice, error) {
	failed := errors.Join(db.sweepWork(ctx), db.giveUpSendings(ctx))
	late, err := db.owing(ctx)
	return late, errors.Join(failed, err)
}

// giveUpSendings makes messages unknown whose marks ended a minute ago, and adds feed events about them.
func (db *DB) giveUpSendings(ctx context.Context) error {
	const markUnknown = `
		with lost as (
			update deliveries set status = 'unknown', reason = '` + transcript.ReasonAnswerLost + `', until = null, updated_at = now()
			where status = 'sending' and (tenant, message_id) in (
				select tenant, message_id from deliveries
				where status = 'sending' and coalesce(until, updated_at) < now() - interval '1 minute' limit 500 for update skip locked)
			returning tenant, message_id, conversation_id, status, reason)
		insert into feed (tenant, kind, conversation_id, queue_id, agent_id, body)
		select l.tenant, '` + string(lifecycle.EventDelivery) + `', c.id, case when c.holder = 'queue' then queue_told(c.tenant, c.id, c.queue_id) end,
			c.agent_id, jsonb_build_object('message_id', l.message_id, 'status', l.status, 'reason', l.reason)
		from lost l join conversations c on c.tenant = l.tenant and c.id = l.conversation_id`
	told, err := postgres.Affected(db.pool.ExecContext(ctx, markUnknown))
	if told > 0 {
		db.pool.Notify(notify.Channel)
	}
	return postgres.Explain(ctx, "give up lost sendings", err)
}

// owing finds $3 conversations that have owed something for a minute past its time, among $2 of each kind that owe anything, from
// $1 up to $4.
const owing = `
	with owing as (
		select t.id as tenant, m.conversation_id from tenants t cross join lateral (
			select distinct conversation_id from messages
			where tenant = t.id and wants_answer and conversation_id >= $1 and conversation_id < $4 order by conversation_id limit $2) m
		union
		select t.id, d.conversation_id from tenants t cross join lateral (
			select distinct conversation_id from deliveries
			where tenant = t.id and status in ('queued', 'sending') and conversation_id >= $1 and conversation_id < $4 order by conversation_id limit $2) d
		union
		select t.id, c.id from tenants t cross join lateral (
			select id from conversations
			where tenant = t.id and state <> 'closed' and (hand_over is not null or ending is not null) and id >= $1 and id < $4
			order by id limit $2) c)
	select w.tenant, w.conversation_id, late.workflow_id from owing w cross join lateral (
		select o.workflow_id from owed o
		where o.tenant = w.tenant and o.conversation_id = w.conversation_id and o.not_before < now() - interval '1 minute' limit 1) late
	order by w.conversation_id limit $3`

// owing lists conversations that have owed something for a minute past its time. It looks at so many of those that owe
// anything, from a random one on, so that none is left out for ever.
func (db *DB) owing(ctx context.Context) (late []conversation.RunNotice, err error) {
	start := uuid.NewString()
	for _, part := range [][2]string{{start, uuid.Max.String()}, {uuid.Nil.String(), start}} {
		var rows []struct {
			Tenant       conversation.Tenant `db:"tenant"`
			Conversation conversation.ID     `db:"conversation_id"`
			WorkflowID   string              `db:"workflow_id"`
		}
		if err := db.pool.SelectContext(ctx, &rows, owing, part[0], 10*sweepAtOnce, sweepAtOnce-len(late), part[1]); err != nil {
			return nil, postgres.Explain(ctx, "find conversations that owe something", err)
		}
		for _, row := range rows {
			late = append(late, conversation.RunNotice{
				Ref: conversation.Ref{Tenant: row.Tenant, Conversation: row.Conversation}, WorkflowID: row.WorkflowID,
			})
		}
	}
	return late, nil
}

// sweepWork ends the work items and assignments of conversations that have ended. One that cannot be read does not hold up the
// others.
func (db *DB) sweepWork(ctx context.Context) error {
	const query = `
		select i.tenant, i.conversation_id from work_items i
		join conversations c on c.tenant = i.tenant and c.id = i.conversation_id
		where i.state <> 'done' and c.state = 'closed' limit $1`
	var rows []struct {
		Tenant       conversation.Tenant `db:"tenant"`
		Conversation conversation.ID     `db:"conversation_id"`
	}
	if err := db.pool.SelectContext(ctx, &rows, query, sweepAtOnce); err != nil {
		return postgres.Explain(ctx, "find work of ended conversations", err)
	}
	var failed error
	for _, row := range rows {
		c := conversation.Ref{Tenant: row.Tenant, Conversation: row.Conversation}
		failed = errors.Join(failed, db.pool.InTx(ctx, "end the work of conversation "+string(c.Conversation), func(tx *postgres.Tx) error {
			return db.standing.Follow(ctx, tx, c, lifecycle.EndWork)
		}))
	}
	return failed
}
