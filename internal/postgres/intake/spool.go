package intake

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"wxdesk/internal/callback"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
)

// Spool stores a callback behind those of its conversation that wait already. If the same message with the same content waits
// already, it changes nothing.
func (db *DB) Spool(ctx context.Context, h callback.Received) error {
	return db.pool.InTx(ctx, "spool callback "+h.DeliveryID, func(tx *postgres.Tx) error {
		const insert = `
			insert into spool (tenant, account_id, customer_key, delivery_id, message_key, fingerprint, key_id, ciphertext,
				received_at, stale, traceparent)
			values ($1, $2, $3, $4, $5, $6, nullif($7, '')::uuid, $8, $9, $10, $11)
			on conflict (tenant, account_id, message_key, fingerprint) do nothing`
		_, err := tx.ExecContext(ctx, insert, h.Tenant, h.AccountID, string(h.CustomerKey), h.DeliveryID, h.MessageKey, h.Fingerprint,
			h.KeyID, h.Ciphertext, h.ReceivedAt, h.Stale, h.Traceparent)
		return err
	})
}

// SpoolHas reports whether callbacks of a conversation wait in the spool.
func (db *DB) SpoolHas(ctx context.Context, t conversation.Tenant, account conversation.AccountID, c conversation.CustomerKey) (has bool, err error) {
	const query = `select exists (select from spool where tenant = $1 and account_id = $2 and customer_key = $3)`
	err = db.pool.GetContext(ctx, &has, query, t, account, c)
	return has, postgres.Explain(ctx, "look for a conversation's backlog", err)
}

// SpoolEmpty reports whether nothing waits in the spool.
func (db *DB) SpoolEmpty(ctx context.Context) (empty bool, err error) {
	err = db.pool.GetContext(ctx, &empty, `select not exists (select from spool)`)
	return empty, postgres.Explain(ctx, "look whether the spool is empty", err)
}

// SpoolSize is how many callbacks wait in the spool, and for how long the oldest has.
func (db *DB) SpoolSize(ctx context.Context) (callbacks int64, oldest time.Duration, err error) {
	var row struct {
		Callbacks int64   `db:"callbacks"`
		Oldest    float64 `db:"oldest"` // seconds
	}
	const query = `
		select count(*) as callbacks, coalesce(extract(epoch from clock_timestamp() - min(created_at)), 0) as oldest from spool`
	err = db.pool.GetContext(ctx, &row, query)
	return row.Callbacks, time.Duration(row.Oldest * float64(time.Second)), postgres.Explain(ctx, "measure the spool", err)
}

// ClaimSpooled returns the first waiting callback of each of at most so many conversations and keeps them from other claims for
// callback.SpoolClaim. The oldest go first, as far as they stand among the oldest callbacks of all; however many callbacks
// wait, it reads few of them.
func (db *DB) ClaimSpooled(ctx context.Context, conversations int) ([]callback.Spooled, error) {
	return postgres.Transact(ctx, db.pool, "claim spooled callbacks", func(tx *postgres.Tx) (claimed []callback.Spooled, err error) {
		for _, firsts := range []string{oldestSpooled, spooledByConversation} {
			more, err := selectSpooled(ctx, tx, claimSpooled(firsts), conversations-len(claimed), callback.SpoolClaim.Milliseconds())
			if err != nil {
				return nil, err
			}
			claimed = append(claimed, more...)
			if len(claimed) == conversations {
				break
			}
		}
		return claimed, nil
	})
}

const unclaimed = `(claimed_until is null or claimed_until <= clock_timestamp())`

// claimSpooled claims at most $1 of the callbacks that a query finds, for $2 milliseconds.
func claimSpooled(firsts string) string {
	return `
		with recursive ` + firsts + `, claimed as (
			update spool set claimed_until = clock_timestamp() + $2 * interval '1 millisecond'
			where id in (select id from firsts where ` + unclaimed + ` order by id limit $1) and ` + unclaimed + `
			returning ` + spoolColumns + `)
		select * from claimed order by id`
}

// oldestSpooled are the first callbacks of those conversations that stand among the oldest thousand callbacks.
const oldestSpooled = `
	firsts as (
		select distinct on (tenant, account_id, customer_key) id, claimed_until
		from (select * from spool order by id limit 1000) oldest
		order by tenant, account_id, customer_key, id)`

// spooledByConversation are the first callbacks of conversations in the order of their keys, read by one step in the index for each,
// until enough of them are found that nobody has claimed.
const spooledByConversation = `
	firsts as (
		(select tenant, account_id, customer_key, id, claimed_until, ` + unclaimed + `::int as found
		from spool order by tenant, account_id, customer_key, id limit 1)
		union all
		select next.tenant, next.account_id, next.customer_key, next.id, next.claimed_until, f.found + ` + unclaimedNext + `::int
		from firsts f cross join lateral (
			select * from spool s where (s.tenant, s.account_id, s.customer_key) > (f.tenant, f.account_id, f.customer_key)
			order by s.tenant, s.account_id, s.customer_key, s.id limit 1) next
		where f.found < $1)`

const unclaimedNext = `(next.claimed_until is null or next.claimed_until <= clock_timestamp())`

// SpooledFrom lists the waiting callbacks of first's conversation in their order, from first on.
func (db *DB) SpooledFrom(ctx context.Context, first callback.Spooled, limit int) ([]callback.Spooled, error) {
	const query = `
		select ` + spoolColumns + ` from spool where tenant = $1 and account_id = $2 and customer_key = $3 and id >= $4
		order by id limit $5`
	spooled, err := selectSpooled(ctx, db.pool, query, first.Tenant, first.AccountID, first.CustomerKey, first.ID, limit)
	return spooled, postgres.Explain(ctx, "read a conversation's backlog", err)
}

// Unspool forgets callbacks that have been handed on.
func (db *DB) Unspool(ctx context.Context, ids []int64) error {
	return db.pool.InTx(ctx, "forget spooled callbacks", func(tx *postgres.Tx) error {
		_, err := tx.ExecContext(ctx, `delete from spool where id = any($1)`, pq.Array(ids))
		return err
	})
}

const spoolColumns = `id, tenant, account_id, customer_key, delivery_id, message_key, fingerprint, coalesce(key_id::text, '') as key_id,
	ciphertext, received_at, stale, traceparent`

type spoolRow struct {
	ID          int64                    `db:"id"`
	Tenant      conversation.Tenant      `db:"tenant"`
	AccountID   conversation.AccountID   `db:"account_id"`
	CustomerKey conversation.CustomerKey `db:"customer_key"`
	DeliveryID  string                   `db:"delivery_id"`
	MessageKey  string                   `db:"message_key"`
	Fingerprint string                   `db:"fingerprint"`
	KeyID       string                   `db:"key_id"`
	Ciphertext  string                   `db:"ciphertext"`
	ReceivedAt  time.Time                `db:"received_at"`
	Stale       bool                     `db:"stale"`
	Traceparent string                   `db:"traceparent"`
}

func selectSpooled(ctx context.Context, q sqlx.QueryerContext, query string, args ...any) ([]callback.Spooled, error) {
	var rows []spoolRow
	if err := sqlx.SelectContext(ctx, q, &rows, query, args...); err != nil {
		return nil, err
	}
	spooled := make([]callback.Spooled, len(rows))
	for i, r := range rows {
		spooled[i] = callback.Spooled{ID: r.ID, Received: callback.Received{
			Tenant: r.Tenant, AccountID: r.AccountID, CustomerKey: r.CustomerKey, DeliveryID: r.DeliveryID, MessageKey: r.MessageKey,
			KeyID: r.KeyID, Ciphertext: r.Ciphertext, ReceivedAt: r.ReceivedAt, Stale: r.Stale, Fingerprint: r.Fingerprint,
			Traceparent: r.Traceparent,
		}}
	}
	return spooled, nil
}
