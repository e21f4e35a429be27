package notify

import (
	"context"

	"github.com/lib/pq"

	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
)

// The outbox holds notices to runs: what somebody else than the run did in its conversation. Who commits an act tells the run
// right afterwards and has a second for it (the column's default). What is left then, any worker claims.

// Acts of which runs are told, beside those of people and of the rule book.
const (
	ActDueChanged = "due-changed"
	ActRestored   = "restored"
)

// OnOutbox is the conflict clause of an insert into the outbox. A new notice replaces the older one of its conversation, under a new
// number.
const OnOutbox = `
	on conflict (tenant, conversation_id) do update set number = excluded.number, act = excluded.act, tries = 0,
		assignment = excluded.assignment or outbox.assignment, claimed_until = excluded.claimed_until`

// NoticeRow is a notice.
type NoticeRow struct {
	Tenant       conversation.Tenant `db:"tenant"`
	Conversation conversation.ID     `db:"conversation_id"`
	WorkflowID   string              `db:"workflow_id"`
	Number       int64               `db:"number"`
	Act          string              `db:"act"`
	Assignment   bool                `db:"assignment"`
}

// NoticeColumns are those of a NoticeRow.
const NoticeColumns = `tenant, conversation_id, workflow_id, number, act, assignment`

// Notice converts the row to a conversation.RunNotice.
func (r NoticeRow) Notice() conversation.RunNotice {
	return conversation.RunNotice{
		Ref: conversation.Ref{Tenant: r.Tenant, Conversation: r.Conversation}, WorkflowID: r.WorkflowID,
		Number: r.Number, Act: r.Act, Assignment: r.Assignment,
	}
}

// NoticeRun leaves a notice for the run of a conversation. assignment says that the act concerns an assignment.
func NoticeRun(ctx context.Context, tx *postgres.Tx, c conversation.Ref, act string, assignment bool) (conversation.RunNotice, error) {
	const insert = `
		insert into outbox (tenant, conversation_id, workflow_id, act, assignment)
		select tenant, id, workflow_id, $3, $4 from conversations where tenant = $1 and id = $2` + OnOutbox + ` returning ` + NoticeColumns
	var row NoticeRow
	err := tx.GetContext(ctx, &row, insert, c.Tenant, c.Conversation, act, assignment)
	return row.Notice(), err
}

// Notices claims notices that no other process has claimed, those first that have waited longest. Whoever claims a notice has it
// for ten seconds the first time and for up to half a minute after failures, so that notices that cannot be told do not keep
// others waiting.
func (db *DB) Notices(ctx context.Context, limit int) ([]conversation.RunNotice, error) {
	const claimNotices = `
		with left_over as (
			select tenant, conversation_id from outbox where claimed_until <= clock_timestamp()
			order by claimed_until limit $1 for update skip locked)
		update outbox o set tries = o.tries + 1,
			claimed_until = clock_timestamp() + least(10 * 2 ^ least(o.tries, 10), 30) * interval '1 second'
		from left_over l where o.tenant = l.tenant and o.conversation_id = l.conversation_id
		returning o.tenant, o.conversation_id, o.workflow_id, o.number, o.act, o.assignment`
	var rows []NoticeRow
	err := db.pool.SelectContext(ctx, &rows, claimNotices, limit)
	return postgres.Each(rows, NoticeRow.Notice), postgres.Explain(ctx, "claim notices to runs", err)
}

// Delivered deletes notices that their runs have got. A newer notice of the same conversation stays: its number is another one.
// One that somebody is just writing is not waited for.
func (db *DB) Delivered(ctx context.Context, notices ...conversation.RunNotice) error {
	tenants, ids, numbers := make([]string, len(notices)), make([]string, len(notices)), make([]int64, len(notices))
	for i, n := range notices {
		tenants[i], ids[i], numbers[i] = string(n.Tenant), string(n.Conversation), n.Number
	}
	const deleteNotices = `
		delete from outbox where (tenant, conversation_id) in (
			select o.tenant, o.conversation_id from unnest($1::text[], $2::text[], $3::bigint[]) as d(tenant, id, number)
			join outbox o on o.tenant = d.tenant and o.conversation_id = d.id::uuid and o.number = d.number
			for update of o skip locked)`
	_, err := db.pool.ExecContext(ctx, deleteNotices, pq.Array(tenants), pq.Array(ids), pq.Array(numbers))
	return postgres.Explain(ctx, "delete notices to runs", err)
}
