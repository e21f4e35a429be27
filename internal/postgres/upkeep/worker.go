package upkeep

import (
	"context"
	"time"

	"wxdesk/internal/postgres"
)

// workerSilence is how long a worker may be silent before it counts as gone. It beats once a second.
const workerSilence = 5 * time.Second

// WorkerBeat says that a worker process polls. It is repeated every second; id is the process's own, a UUID.
func (db *DB) WorkerBeat(ctx context.Context, id, version string) error {
	return db.pool.InTx(ctx, "record that a worker polls", func(tx *postgres.Tx) error {
		const upsertWorker = `
			insert into workers (id, version) values ($1, $2)
			on conflict (id) do update set beat_at = now()`
		if _, err := tx.ExecContext(ctx, upsertWorker, id, version); err != nil {
			return err
		}
		const deleteSilent = `delete from workers where beat_at < now() - interval '1 hour'`
		_, err := tx.ExecContext(ctx, deleteSilent)
		return err
	})
}

// WorkerGone says that a worker process polls no more.
func (db *DB) WorkerGone(ctx context.Context, id string) error {
	return db.pool.InTx(ctx, "record that a worker stops", func(tx *postgres.Tx) error {
		_, err := tx.ExecContext(ctx, `delete from workers where id = $1`, id)
		return err
	})
}

// WorkerPolls reports whether any worker process polls.
func (db *DB) WorkerPolls(ctx context.Context) (polls bool, err error) {
	const query = `select exists (select from workers where beat_at > now() - make_interval(secs => $1))`
	err = db.pool.GetContext(ctx, &polls, query, workerSilence.Seconds())
	return polls, postgres.Explain(ctx, "look for a worker", err)
}
