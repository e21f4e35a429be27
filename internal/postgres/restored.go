package postgres

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"
)

// LooksRestored reports whether the database was filled from a dump of another cluster and nobody has said so: the feed
// holds transactions that have not been yet.
func (db *DB) LooksRestored(ctx context.Context) (restored bool, err error) {
	const query = `select exists (select from feed where xid >= pg_snapshot_xmax(pg_current_snapshot()))`
	err = db.sql.GetContext(ctx, &restored, query)
	return restored, explain(ctx, "look whether the database was restored", err)
}

// Restored makes good that the database is older than what others remember of it, and returns how many conversations are
// open. Desks begin anew, because what they were told cannot be followed any more. The run of each open conversation is
// told how it stands here: this database is the truth, whatever the run remembers. Repeatable.
//
// Generation and revisions become the time, in seconds: larger than any count, and larger again after the next restore of
// the same backup.
func (db *DB) Restored(ctx context.Context) (open int64, err error) {
	err = db.inTx(ctx, "make good a restore", func(tx *sqlx.Tx) error {
		for _, statement := range []string{
			`update feed_generation set generation = greatest(generation + 1, extract(epoch from now())::bigint)`,
			`delete from feed`,
			`update conversations set revision = greatest(revision + 1, extract(epoch from now())::bigint) where state <> 'closed'`,
		} {
			if _, err := tx.ExecContext(ctx, statement); err != nil {
				return err
			}
		}
		const tell = `
			insert into outbox (tenant, conversation_id, workflow_id, act, assignment)
			select tenant, id, workflow_id, $1, false from conversations where state <> 'closed'` + onOutbox
		open, err = affected(tx.ExecContext(ctx, tell, actRestored))
		if err != nil {
			return fmt.Errorf("tell the runs: %w", err)
		}
		return nil
	})
	return open, err
}
