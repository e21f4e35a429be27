package intake

import (
	"context"
	"fmt"

	"github.com/lib/pq"

	"wxdesk/internal/callback"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/sealing"
)

// Quarantined lists callbacks that wait in quarantine, the oldest first, without what they say.
func (db *DB) Quarantined(ctx context.Context, tenant conversation.Tenant, f callback.QuarantineFilter) ([]callback.Quarantined, error) {
	const query = `
		select delivery_id, account_id, coalesce(message_key, '') as message_key, reason, coalesce(key_id::text, '') as key_id,
			received_at, handed_at
		from quarantine
		where tenant = $1 and done_at is null
			and ($2 = '' or account_id::text = $2) and ($3 = '' or delivery_id::text = $3) and ($4 = '' or reason = $4)
		order by received_at, delivery_id`
	var rows []callback.Quarantined
	err := db.pool.SelectContext(ctx, &rows, query, tenant, string(f.AccountID), f.DeliveryID, f.Reason)
	return rows, postgres.Explain(ctx, "list the quarantine", err)
}

// QuarantinedRaw opens a callback in quarantine, as it was kept. The callback endpoint keeps the body as WeChat sent it, and then
// there is no message key. Receive keeps the ciphertext that it got. It returns secret.ErrUnavailable if our own seal does not open.
func (db *DB) QuarantinedRaw(ctx context.Context, tenant conversation.Tenant, q callback.Quarantined) ([]byte, error) {
	var sealed []byte
	const query = `select raw from quarantine where tenant = $1 and delivery_id = $2`
	if err := db.pool.GetContext(ctx, &sealed, query, tenant, q.DeliveryID); err != nil {
		return nil, postgres.Explain(ctx, "read callback "+q.DeliveryID+" in quarantine", err)
	}
	raw, err := db.ring.Open(sealing.LabelQuarantine, sealing.Place("quarantine", tenant, string(q.AccountID), q.DeliveryID), sealed)
	if err != nil {
		return nil, fmt.Errorf("open callback %s in quarantine: %w", q.DeliveryID, err)
	}
	return raw, nil
}

// QuarantineHandedOver notes that a callback was given to its conversation again. It waits until Receive has taken it in.
func (db *DB) QuarantineHandedOver(ctx context.Context, tenant conversation.Tenant, deliveryID string) error {
	return db.pool.InTx(ctx, "note that callback "+deliveryID+" was handed over", func(tx *postgres.Tx) error {
		const update = `update quarantine set handed_at = now() where tenant = $1 and delivery_id = $2 and done_at is null`
		_, err := tx.ExecContext(ctx, update, tenant, deliveryID)
		return err
	})
}

// QuarantineDone notes that a callback was taken in: an event, that no conversation takes in.
func (db *DB) QuarantineDone(ctx context.Context, tenant conversation.Tenant, deliveryID string) error {
	return db.pool.InTx(ctx, "note that callback "+deliveryID+" is taken in", func(tx *postgres.Tx) error {
		return QuarantineDone(ctx, tx, tenant, []string{deliveryID})
	})
}

func QuarantineDone(ctx context.Context, tx *postgres.Tx, tenant conversation.Tenant, deliveryIDs []string) error {
	const update = `update quarantine set done_at = now() where tenant = $1 and delivery_id = any($2::uuid[]) and done_at is null`
	_, err := tx.ExecContext(ctx, update, tenant, pq.Array(deliveryIDs))
	return err
}

// QuarantineWaiting counts the callbacks that wait in quarantine, of all tenants.
func (db *DB) QuarantineWaiting(ctx context.Context) (n int64, err error) {
	err = db.pool.GetContext(ctx, &n, `select count(*) from quarantine where done_at is null`)
	return n, postgres.Explain(ctx, "count the quarantine", err)
}
