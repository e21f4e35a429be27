package postgres

import (
	"context"
	"time"

	"github.com/lib/pq"

	"wxdesk/internal/conversation"
)

// NoteCallback remembers what a callback has shown about an account's set-up, as of a version of the account. What is
// known of a newer version stays.
func (db *DB) NoteCallback(ctx context.Context, t conversation.Tenant, account conversation.AccountID, version int64, notices []conversation.Notice) error {
	const upsert = `
		insert into callback_notices (tenant, account_id, notice, version)
		select $1, $2, notice, $3 from unnest($4::text[]) as notice
		on conflict (tenant, account_id, notice) do update set version = excluded.version, noticed_at = excluded.noticed_at
			where callback_notices.version <= excluded.version`
	words := make([]string, len(notices))
	for i, n := range notices {
		words[i] = string(n)
	}
	_, err := db.sql.ExecContext(ctx, upsert, t, account, version, pq.Array(words))
	return explain(ctx, "note a callback of account "+string(account), err)
}

// CallbackNotices tells what callbacks have shown about an account's set-up since it has a version, and when last.
func (db *DB) CallbackNotices(ctx context.Context, t conversation.Tenant, account conversation.AccountID, version int64) (map[conversation.Notice]time.Time, error) {
	const query = `
		select notice, noticed_at from callback_notices
		where tenant = $1 and account_id = $2 and version = $3`
	var rows []struct {
		Notice    conversation.Notice `db:"notice"`
		NoticedAt time.Time           `db:"noticed_at"`
	}
	if err := db.sql.SelectContext(ctx, &rows, query, t, account, version); err != nil {
		return nil, explain(ctx, "read the notices of account "+string(account), err)
	}
	seen := make(map[conversation.Notice]time.Time, len(rows))
	for _, r := range rows {
		seen[r.Notice] = r.NoticedAt
	}
	return seen, nil
}

// EventKept reports whether an account's event of this message key is there.
func (db *DB) EventKept(ctx context.Context, t conversation.Tenant, account conversation.AccountID, messageKey string) (kept bool, err error) {
	const query = `select exists (select from events where tenant = $1 and account_id = $2 and message_key = $3)`
	err = db.sql.GetContext(ctx, &kept, query, t, account, messageKey)
	return kept, explain(ctx, "look for an event of account "+string(account), err)
}
