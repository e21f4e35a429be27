package upkeep

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/lib/pq"

	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/act"
	"wxdesk/internal/postgres/setup"
	"wxdesk/internal/user"
)

const (
	// forgetAtOnce is how many rows one statement deletes. Each is a transaction of its own, and a short one: nothing can be read from
	// the feed that was written while a transaction runs that began before.
	forgetAtOnce = 500
	// forgetTogether is how many conversations are deleted together.
	forgetTogether = 50
	// forgetFor is how long one call of Forget goes on; the next one goes on from there.
	forgetFor = 4 * time.Second
	// forgetSpare is how long before the end of its context Forget stops at the latest.
	forgetSpare = time.Second
	// feedLifetime is how long the feed is kept: longer than a cursor of the event stream is good for.
	feedLifetime = time.Hour
)

// forgetting deletes rows of one kind, at most forgetAtOnce at a time.
type forgetting struct {
	what  string
	batch func(ctx context.Context) (gone int64, more bool, err error)
}

// Forget deletes what the tenants' settings keep no longer, keys of requests that are more than a day old, feed events that are more
// than an hour old, and sessions, links and tries to sign in that are over. It returns how many rows of each kind are gone: conversations stand for all that belongs to them. It works
// for some seconds at most; what is left then, the next call deletes. What fails is no reason to leave out the rest.
func (db *DB) Forget(ctx context.Context) (gone map[string]int64, err error) {
	left, err := db.forgettings(ctx)
	if err != nil {
		return nil, postgres.Explain(ctx, "read how long things are kept", err)
	}
	gone = map[string]int64{}
	end := time.Now().Add(forgetFor)
	if limit, ok := ctx.Deadline(); ok && limit.Add(-forgetSpare).Before(end) {
		end = limit.Add(-forgetSpare)
	}
	for len(left) > 0 && time.Now().Before(end) {
		var again []forgetting
		for _, f := range left {
			n, more, failed := f.batch(ctx)
			gone[f.what] += n
			err = errors.Join(err, postgres.Explain(ctx, "forget old "+f.what, failed))
			if more && failed == nil {
				again = append(again, f)
			}
		}
		left = again
	}
	return gone, err
}

// forgettings are all kinds of all tenants.
func (db *DB) forgettings(ctx context.Context) (all []forgetting, err error) {
	var tenants []struct {
		ID conversation.Tenant `db:"id"`
		setup.SettingsRow
	}
	if err := db.pool.SelectContext(ctx, &tenants, `select id, `+setup.SettingsColumns+` from tenants order by id`); err != nil {
		return nil, err
	}
	all = []forgetting{
		{"feed", db.forgetFeed()},
		{"distribution_triggers", db.forgetSome(`delete from distribution_triggers where ctid = any(array(select ctid from distribution_triggers where due_at < now() - interval '1 hour' limit $1))`, forgetAtOnce)},
		{"commands", db.forgetSome(`
			delete from commands where ctid = any(array(
				select ctid from commands where created_at < now() - $2 * interval '1 millisecond' order by created_at limit $1))`,
			forgetAtOnce, act.KeyLifetime.Milliseconds())},
		{"sessions", db.forgetSome(`delete from sessions where ctid = any(array(select ctid from sessions where until < now() order by until limit $1))`, forgetAtOnce)},
		{"sign-in links", db.forgetSome(`
			delete from sign_in_links where ctid = any(array(select ctid from sign_in_links where until < now() order by until limit $1))`, forgetAtOnce)},
		{"sign-in tries", db.forgetSome(`
			delete from sign_in_tries where ctid = any(array(
				select ctid from sign_in_tries where since < now() - $2 * interval '1 millisecond' order by since limit $1))`,
			forgetAtOnce, user.TriesWithin.Milliseconds())},
	}
	for _, t := range tenants {
		all = append(all,
			forgetting{"conversations", db.forgetConversations(t.ID, t.KeepConversations)},
			forgetting{"receipts", db.forgetOld(deleteOld("receipts", "created_at", spoolMayRepeat), t.ID, t.KeepReceipts)},
			forgetting{"events", db.forgetOld(deleteOld("events", "created_at", ""), t.ID, t.KeepEvents)},
			forgetting{"quarantine", db.forgetOld(deleteOld("quarantine", "done_at", ""), t.ID, t.KeepQuarantine)},
			forgetting{"traces", db.forgetOld(deleteOld("routing_traces", "at", ""), t.ID, t.KeepTraces)},
			forgetting{"audit", db.forgetOld(`select at from forget_audit($1, $2, now() - $3 * interval '1 day', $4)`, t.ID, t.KeepAudit)})
	}
	return all, nil
}

// spoolMayRepeat keeps receipts that a spooled callback may still need: WeChat repeats a callback within seconds, but one that
// waits in the spool comes when Temporal is back.
const spoolMayRepeat = ` and created_at < coalesce(
	(select created_at from spool where tenant = $1 order by id limit 1) - interval '1 day', 'infinity')`

// forgetSome runs a statement that deletes at most $1 rows.
func (db *DB) forgetSome(statement string, args ...any) func(context.Context) (int64, bool, error) {
	return func(ctx context.Context) (int64, bool, error) {
		n, err := postgres.Affected(db.pool.ExecContext(ctx, statement, args...))
		return n, n == forgetAtOnce, err
	}
}

// deleteOld is a statement for forgetOld: it deletes rows of a table in the order of a time, by the index of tenant and time.
func deleteOld(table, at, and string) string {
	return `
		delete from ` + table + ` where ctid = any(array(
			select ctid from ` + table + ` where tenant = $1 and ` + at + ` >= $2 and ` + at + ` < now() - $3 * interval '1 day'` + and + `
			order by ` + at + ` limit $4))
		returning ` + at + ` as at`
}

// forgetOld runs a statement that deletes at most $4 rows of tenant $1 whose time is $3 days past, from $2 on, and gives their times.
// It goes on from where the batch before ended: what that has deleted still stands in the index.
func (db *DB) forgetOld(statement string, t conversation.Tenant, days int) func(context.Context) (int64, bool, error) {
	var from time.Time
	return func(ctx context.Context) (int64, bool, error) {
		var gone []time.Time
		if err := db.pool.SelectContext(ctx, &gone, statement, t, from, days, forgetAtOnce); err != nil || len(gone) == 0 {
			return 0, false, err
		}
		from = slices.MaxFunc(gone, time.Time.Compare)
		return int64(len(gone)), len(gone) == forgetAtOnce, nil
	}
}

// forgetFeed deletes the beginning of the feed, in its order, up to the first event that is not old.
func (db *DB) forgetFeed() func(context.Context) (int64, bool, error) {
	const statement = `
		with oldest as materialized (
			select ctid, xid, id, at from feed where (xid, id) > ($1::text::xid8, $2) order by xid, id limit $3),
		gone as (
			delete from feed where ctid = any(array(select ctid from oldest where at < now() - $4 * interval '1 millisecond'))
			returning xid, id)
		select count(*) over () as n, xid::text as xid, id from gone order by gone.xid desc, id desc limit 1`
	var rows []struct {
		N   int64  `db:"n"`
		XID string `db:"xid"`
		ID  int64  `db:"id"`
	}
	xid, id := "0", int64(0)
	return func(ctx context.Context) (int64, bool, error) {
		rows = nil
		err := db.pool.SelectContext(ctx, &rows, statement, xid, id, forgetAtOnce, feedLifetime.Milliseconds())
		if err != nil || len(rows) == 0 {
			return 0, false, err
		}
		xid, id = rows[0].XID, rows[0].ID
		return rows[0].N, rows[0].N == forgetAtOnce, nil
	}
}

// partsOf are the statements that delete what belongs to conversations $2, at most $3 rows each, in an order in which nothing is
// left that refers to what is deleted.
var partsOf = []string{
	`with batch as materialized (
		select id from messages where tenant = $1 and conversation_id = any($2::text[]::uuid[]) limit $3),
	delivered as (delete from deliveries where tenant = $1 and message_id = any(array(select id from batch)))
	delete from messages where tenant = $1 and id = any(array(select id from batch))`,

	`delete from assignments where ctid = any(array(
		select a.ctid from work_items i join assignments a on a.tenant = i.tenant and a.work_item_id = i.id
		where i.tenant = $1 and i.conversation_id = any($2::text[]::uuid[]) limit $3))`,

	partOf("work_items"), partOf("turns"), partOf("notes"), partOf("steps"), partOf("read_marks"), partOf("routing_traces"), partOf("outbox"),
}

func partOf(table string) string {
	return `delete from ` + table + ` where ctid = any(array(
		select ctid from ` + table + ` where tenant = $1 and conversation_id = any($2::text[]::uuid[]) limit $3))`
}

// forgetConversations deletes conversations that ended so many days ago, with all that belongs to them: first that, a batch at a
// time, then their rows. Their receipts stay for as long as receipts do.
func (db *DB) forgetConversations(t conversation.Tenant, days int) func(context.Context) (int64, bool, error) {
	const selectOldest = `
		select id from conversations where tenant = $1 and closed_at < now() - $2 * interval '1 day' order by closed_at limit $3`
	return func(ctx context.Context) (int64, bool, error) {
		var ids []conversation.ID
		if err := db.pool.SelectContext(ctx, &ids, selectOldest, t, days, forgetTogether); err != nil || len(ids) == 0 {
			return 0, false, err
		}
		for _, statement := range partsOf {
			n, err := postgres.Affected(db.pool.ExecContext(ctx, statement, t, pq.Array(ids), forgetAtOnce))
			if err != nil || n == forgetAtOnce {
				return 0, true, err
			}
		}
		const deleteConversations = `delete from conversations where tenant = $1 and id = any($2::text[]::uuid[]) and state = 'closed'`
		n, err := postgres.Affected(db.pool.ExecContext(ctx, deleteConversations, t, pq.Array(ids)))
		return n, len(ids) == forgetTogether, err
	}
}
