package intake

import (
	"context"
	"time"

	"github.com/lib/pq"

	"wxdesk/internal/callback"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
)

// RecordCallback stores what a callback has shown about an account's set-up, as of a version of the account. What is
// known of a newer version stays.
func (db *DB) RecordCallback(ctx context.Context, t conversation.Tenant, account conversation.AccountID, version int64, records []callback.Record) error {
	const upsertRecord = `
		insert into callback_records (tenant, account_id, kind, version)
		select $1, $2, kind, $3 from unnest($4::text[]) as kind
		on conflict (tenant, account_id, kind) do update set version = excluded.version, recorded_at = excluded.recorded_at
			where callback_records.version <= excluded.version`
	words := make([]string, len(records))
	for i, n := range records {
		words[i] = string(n)
	}
	_, err := db.pool.ExecContext(ctx, upsertRecord, t, account, version, pq.Array(words))
	return postgres.Explain(ctx, "record a callback of account "+string(account), err)
}

// CallbackRecords returns what callbacks have shown about an account's set-up since it has a version, and when last.
func (db *DB) CallbackRecords(ctx context.Context, t conversation.Tenant, account conversation.AccountID, version int64) (map[callback.Record]time.Time, error) {
	const query = `
		select kind, recorded_at from callback_records
		where tenant = $1 and account_id = $2 and version = $3`
	var rows []struct {
		Kind       callback.Record `db:"kind"`
		RecordedAt time.Time       `db:"recorded_at"`
	}
	if err := db.pool.SelectContext(ctx, &rows, query, t, account, version); err != nil {
		return nil, postgres.Explain(ctx, "read the callback records of account "+string(account), err)
	}
	seen := make(map[callback.Record]time.Time, len(rows))
	for _, r := range rows {
		seen[r.Kind] = r.RecordedAt
	}
	return seen, nil
}

// EventKept reports whether an account's event of this message key is there.
func (db *DB) EventKept(ctx context.Context, t conversation.Tenant, account conversation.AccountID, messageKey string) (kept bool, err error) {
	const query = `select exists (select from events where tenant = $1 and account_id = $2 and message_key = $3)`
	err = db.pool.GetContext(ctx, &kept, query, t, account, messageKey)
	return kept, postgres.Explain(ctx, "look for an event of account "+string(account), err)
}
