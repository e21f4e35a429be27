package postgres

import (
	"context"
	"errors"

	"github.com/jmoiron/sqlx"

	"wxdesk/internal/conversation"
)

// sweepAtOnce is how many conversations one sweep repairs; the next one goes on.
const sweepAtOnce = 500

// Sweep repairs what crashes and lost runs may have left, and forgets what is old: work of conversations that have ended,
// messages that nobody is sending any more, the feed after a day, the ways of conversations after 30 days, and wakes that
// nobody consumed for an hour (every worker looks every two seconds anyway). What fails is no reason to leave out the rest.
func (db *DB) Sweep(ctx context.Context) error {
	failed := errors.Join(db.sweepWork(ctx), db.forgetCommands(ctx))
	for _, chore := range []struct{ act, statement string }{
		{"give up lost sendings", `
			with lost as (
				update deliveries set status = 'unknown', reason = '` + reasonAnswerLost + `', updated_at = now()
				where status = 'sending' and updated_at < now() - interval '1 minute'
				returning tenant, message_id, conversation_id, status, reason),
			told as (
				insert into feed (tenant, kind, conversation_id, queue_id, agent_id, body)
				select l.tenant, '` + feedDelivery + `', c.id, case when c.holder = 'queue' then c.queue_id end, c.agent_id,
					jsonb_build_object('message_id', l.message_id, 'status', l.status, 'reason', l.reason)
				from lost l join conversations c on c.tenant = l.tenant and c.id = l.conversation_id
				where c.holder <> 'bot'
				returning id)
			select pg_notify('` + channelFeed + `', '') from told`},
		{"forget old wakes", `delete from wakes where due_at < now() - interval '1 hour'`},
		{"forget the old feed", `delete from feed where at < now() - interval '1 day'`},
		{"forget old ways", `delete from routing_traces where at < now() - interval '30 days'`},
	} {
		_, err := db.sql.ExecContext(ctx, chore.statement)
		failed = errors.Join(failed, explain(ctx, chore.act, err))
	}
	return failed
}

// sweepWork ends what conversations that have ended still ask of people.
func (db *DB) sweepWork(ctx context.Context) error {
	const query = `
		select i.tenant, i.conversation_id from work_items i
		join conversations c on c.tenant = i.tenant and c.id = i.conversation_id
		where i.state <> 'done' and c.state = 'closed' limit $1`
	var rows []struct {
		Tenant       conversation.Tenant `db:"tenant"`
		Conversation conversation.ID     `db:"conversation_id"`
	}
	if err := db.sql.SelectContext(ctx, &rows, query, sweepAtOnce); err != nil {
		return explain(ctx, "find work of ended conversations", err)
	}
	for _, row := range rows {
		c := conversation.Ref{Tenant: row.Tenant, Conversation: row.Conversation}
		if err := db.inTx(ctx, "end the work of conversation "+string(c.Conversation), func(tx *sqlx.Tx) error {
			return voidWork(ctx, tx, c)
		}); err != nil {
			return err
		}
	}
	return nil
}
