package upkeep

import (
	"context"
	"database/sql"
	"errors"

	"github.com/google/uuid"

	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/notify"
)

// LooksRestored reports whether the database was filled from a dump of another cluster and nobody has said so: the feed
// holds transactions that have not been yet.
func (db *DB) LooksRestored(ctx context.Context) (restored bool, err error) {
	const query = `select exists (select from feed where xid >= pg_snapshot_xmax(pg_current_snapshot()))`
	err = db.pool.GetContext(ctx, &restored, query)
	return restored, postgres.Explain(ctx, "look whether the database was restored", err)
}

// restoredAtOnce is how many conversations one transaction makes good.
const restoredAtOnce = 500

// Restored makes good that the database is older than what others remember of it, and returns how many conversations are
// open. The run of each open conversation is told how it stands here, some conversations at a time: this database is the truth,
// whatever the run remembers. At last agents' clients begin again, because what they were told cannot be followed any more.
// Repeatable, also after it was broken off.
//
// Generation and revisions become the time, in seconds: larger than any count, and larger again after the next restore of
// the same backup.
func (db *DB) Restored(ctx context.Context) (open int64, err error) {
	const insertNotices = `
		with part as (
			select tenant, id, account_id, customer_id from conversations
			where state <> 'closed' and (tenant, account_id, customer_id) > ($2, $3::uuid, $4::uuid)
			order by tenant, account_id, customer_id limit $5 for no key update),
		anew as (
			update conversations c set revision = greatest(c.revision + 1, extract(epoch from now())::bigint) from part p
			where c.tenant = p.tenant and c.id = p.id returning c.tenant, c.id, c.workflow_id),
		noticed as (
			insert into outbox (tenant, conversation_id, workflow_id, act, assignment)
			select tenant, id, workflow_id, $1, false from anew` + notify.OnOutbox + `)
		select tenant, account_id, customer_id, (select count(*) from part) as n from part
		order by tenant desc, account_id desc, customer_id desc limit 1`
	last := struct {
		Tenant   string `db:"tenant"`
		Account  string `db:"account_id"`
		Customer string `db:"customer_id"`
		N        int64  `db:"n"`
	}{Account: uuid.Nil.String(), Customer: uuid.Nil.String()}
	for {
		err := db.pool.GetContext(ctx, &last, insertNotices, notify.ActRestored, last.Tenant, last.Account, last.Customer, restoredAtOnce)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return open, db.beginFeedAnew(ctx)
		case err != nil:
			return 0, postgres.Explain(ctx, "tell the runs how their conversations stand", err)
		}
		open += last.N
	}
}

// beginFeedAnew empties the feed and makes every cursor one of before.
func (db *DB) beginFeedAnew(ctx context.Context) error {
	return db.pool.InTx(ctx, "begin the feed anew", func(tx *postgres.Tx) error {
		for _, statement := range []string{
			`update feed_generation set generation = greatest(generation + 1, extract(epoch from now())::bigint)`,
			`truncate feed`,
		} {
			if _, err := tx.ExecContext(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	})
}
