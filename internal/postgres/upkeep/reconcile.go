package upkeep

import (
	"context"
	"database/sql"
	"errors"

	"github.com/google/uuid"

	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/reconcile"
)

// Reconciling reads the whole ledger, so many rows at a time: each statement is short, however large the ledger is.
const (
	openAtOnce    = 1000 // open conversations that one statement lists
	checkedAtOnce = 5000 // conversations, or messages, that one statement is asked about
)

// StandingReports lists the open conversations of a tenant, and ended ones whose runs have not been told.
func (db *DB) StandingReports(ctx context.Context, tenant conversation.Tenant) (all []reconcile.Report, err error) {
	const columns = `
		select c.workflow_id, c.id, c.state, c.holder, coalesce(c.queue_id::text, '') as queue_id, coalesce(c.agent_id::text, '') as agent_id,
			o.conversation_id is not null as notice_pending, `
	for _, query := range []string{
		columns + `c.account_id || ' ' || c.customer_id as place
		from conversations c left join outbox o on o.tenant = c.tenant and o.conversation_id = c.id
		where c.tenant = $1 and c.state <> 'closed'
			and (c.account_id, c.customer_id) > (split_part($2, ' ', 1)::uuid, split_part($2, ' ', 2)::uuid)
		order by c.account_id, c.customer_id limit $3`,
		columns + `o.conversation_id || ' ' as place
		from outbox o join conversations c on c.tenant = o.tenant and c.id = o.conversation_id
		where o.tenant = $1 and c.state = 'closed' and o.conversation_id > split_part($2, ' ', 1)::uuid
		order by o.conversation_id limit $3`,
	} {
		place := uuid.Nil.String() + " " + uuid.Nil.String()
		for more := true; more; {
			var rows []struct {
				reconcile.Report
				Place string `db:"place"` // to go on from
			}
			if err := db.pool.SelectContext(ctx, &rows, query, tenant, place, openAtOnce); err != nil {
				return nil, postgres.Explain(ctx, "list open conversations", err)
			}
			for _, row := range rows {
				all, place = append(all, row.Report), row.Place
			}
			more = len(rows) == openAtOnce
		}
	}
	return all, nil
}

// disagreements are the questions to which every row is a difference: what transactions keep true, so that each answer is a
// bug, or somebody's hand in the tables; and what runs have left undone, other than those that are still to be told. They are asked
// about the conversations after $2 up to $3.
var disagreements = []string{
	`select conversation_id as about, 'an ended conversation still asks for people' as what
	from work_items join conversations c on c.tenant = work_items.tenant and c.id = conversation_id
	where c.tenant = $1 and c.state = 'closed' and work_items.state <> 'done' and conversation_id > $2 and conversation_id <= $3`,

	`select conversation_id as about, 'somebody is assigned to an ended conversation' as what
	from assignments a join conversations c on c.tenant = a.tenant and c.id = conversation_id
	where c.tenant = $1 and c.state = 'closed' and a.state in ('offered', 'accepted') and conversation_id > $2 and conversation_id <= $3`,

	`select c.id as about, 'another agent has it than is assigned' as what
	from conversations c join assignments a on a.tenant = c.tenant and a.conversation_id = c.id and a.state = 'accepted'
	where c.tenant = $1 and c.state <> 'closed' and c.agent_id is distinct from a.agent_id and c.id > $2 and c.id <= $3`,

	`select c.id as about, 'an agent has it, and no assignment says so' as what
	from conversations c
	where c.tenant = $1 and c.state = 'active' and c.holder = 'agent' and c.ending is null and c.id > $2 and c.id <= $3 and not exists (
		select from assignments a where a.tenant = c.tenant and a.conversation_id = c.id and a.state = 'accepted')`,

	`select c.id as about, 'it waits in a queue, and nobody is looked for' as what
	from conversations c
	where c.tenant = $1 and c.state = 'open' and c.queue_id is not null and c.ending is null and c.id > $2 and c.id <= $3 and not exists (
		select from work_items i where i.tenant = c.tenant and i.conversation_id = c.id and i.state <> 'done')`,

	`select distinct d.conversation_id as about, 'it has ended, and a message of it waits to be sent' as what
	from deliveries d join conversations c on c.tenant = d.tenant and c.id = d.conversation_id
	where c.tenant = $1 and c.state = 'closed' and d.status = 'queued' and d.conversation_id > $2 and d.conversation_id <= $3`,

	`select distinct conversation_id as about, 'a message has been sending for more than two minutes' as what
	from deliveries where tenant = $1 and status = 'sending' and coalesce(until, updated_at) < now() - interval '2 minutes'
		and conversation_id > $2 and conversation_id <= $3`,

	`select conversation_id as about, 'its run has owed something for more than a minute: ' || string_agg(what, ', ' order by what) as what
	from owed where tenant = $1 and not_before < now() - interval '1 minute' and conversation_id > $2 and conversation_id <= $3 and not exists (
		select from outbox n where n.tenant = owed.tenant and n.conversation_id = owed.conversation_id)
	group by conversation_id`,
}

// lostMessages are such questions about the messages after $2 up to $3: as far as conversations and receipts are not forgotten.
var lostMessages = []string{
	`select distinct r.conversation_id as about, 'a message that was taken is not in the transcript' as what
	from receipts r
	join tenants t on t.id = r.tenant
	join conversations c on c.tenant = r.tenant and c.id = r.conversation_id
	left join messages m on m.tenant = r.tenant and m.id = r.message_id
	where r.tenant = $1 and r.outcome = 'new' and m.id is null and r.message_id > $2 and r.message_id <= $3
		and (c.closed_at is null or c.closed_at > now() - t.keep_conversations_days * interval '1 day')`,

	`select distinct m.conversation_id as about, 'a customer''s message has no receipt' as what
	from messages m
	join tenants t on t.id = m.tenant
	left join receipts r on r.tenant = m.tenant and r.message_id = m.id
	where m.tenant = $1 and m.author = 'customer' and r.message_id is null and m.id > $2 and m.id <= $3
		and m.created_at > now() - t.keep_receipts_days * interval '1 day'`,
}

// Disagreements finds where the ledger's tables do not agree about a conversation.
func (db *DB) Disagreements(ctx context.Context, tenant conversation.Tenant) (all []reconcile.Difference, err error) {
	for _, ask := range []struct {
		table     string
		questions []string
	}{{"conversations", disagreements}, {"messages", lostMessages}} {
		err := db.inPieces(ctx, tenant, ask.table, func(after, upto string) error {
			for _, question := range ask.questions {
				var found []reconcile.Difference
				if err := db.pool.SelectContext(ctx, &found, question, tenant, after, upto); err != nil {
					return err
				}
				all = append(all, found...)
			}
			return nil
		})
		if err != nil {
			return nil, postgres.Explain(ctx, "look for disagreements", err)
		}
	}
	return all, nil
}

// inPieces goes through a table's ids, so many rows at a time: after one id and up to another.
func (db *DB) inPieces(ctx context.Context, t conversation.Tenant, table string, do func(after, upto string) error) error {
	query := `select id from ` + table + ` where tenant = $1 and id > $2 order by id limit 1 offset $3`
	for after := uuid.Nil.String(); ; {
		upto := uuid.Max.String()
		err := db.pool.GetContext(ctx, &upto, query, t, after, checkedAtOnce-1)
		last := errors.Is(err, sql.ErrNoRows)
		if err != nil && !last {
			return err
		}
		if err := do(after, upto); err != nil || last {
			return err
		}
		after = upto
	}
}
