package intake

import (
	"context"
	"encoding/base64"
	"fmt"

	"github.com/google/uuid"

	"wxdesk/internal/callback"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/sealing"
)

// SealPlain seals the body of a plain-mode callback for the way to its conversation; it opens only for the same tenant,
// account and delivery. The result is base64.
func (db *DB) SealPlain(h callback.Received, plain []byte) string {
	return base64.StdEncoding.EncodeToString(db.ring.Seal(sealing.LabelPlainCallback, callbackPlace(h), plain))
}

// OpenPlain reverses SealPlain, or fails with secret.ErrUnavailable.
func (db *DB) OpenPlain(h callback.Received) ([]byte, error) {
	frame, _ := base64.StdEncoding.DecodeString(h.Ciphertext) // what is cut or altered does not open
	plain, err := db.ring.Open(sealing.LabelPlainCallback, callbackPlace(h), frame)
	if err != nil {
		return nil, fmt.Errorf("open callback %s: %w", h.DeliveryID, err)
	}
	return plain, nil
}

func callbackPlace(h callback.Received) string {
	return sealing.Place("handover", h.Tenant, string(h.AccountID), h.DeliveryID)
}

// RecordEvent keeps an event that concerns no conversation, and a receipt, which outlives it. A known message key changes
// nothing.
func (db *DB) RecordEvent(ctx context.Context, e callback.Event) error {
	return db.pool.InTx(ctx, "record an event of account "+string(e.AccountID), func(tx *postgres.Tx) error {
		fresh, err := postgres.Affected(tx.NamedExecContext(ctx, InsertReceipts+` on conflict do nothing`, Receipt{
			Tenant: e.Tenant, AccountID: e.AccountID, MessageKey: e.MessageKey, DeliveryID: uuid.NewString(),
			Outcome: callback.ReceiptNoted, ReceivedAt: e.ReceivedAt,
		}))
		if err != nil || fresh == 0 {
			return err
		}
		return db.InsertEvent(ctx, tx, e)
	})
}

// InsertEvent keeps an event in a transaction of others; a known message key changes nothing.
func (db *DB) InsertEvent(ctx context.Context, tx *postgres.Tx, e callback.Event) error {
	id := postgres.NewID()
	sealed := db.ring.Seal(sealing.LabelEvent, sealing.Place("events", e.Tenant, string(e.AccountID), id), e.Body)
	const insert = `
		insert into events (tenant, id, account_id, message_key, kind, customer_key, body, received_at)
		values ($1, $2, $3, $4, $5, nullif($6, ''), $7, $8)
		on conflict (tenant, account_id, message_key) do nothing`
	_, err := tx.ExecContext(ctx, insert, e.Tenant, id, e.AccountID, e.MessageKey, e.Kind, string(e.CustomerKey), sealed, e.ReceivedAt)
	return err
}
