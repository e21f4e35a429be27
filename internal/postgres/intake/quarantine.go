package intake

import (
	"context"
	"fmt"

	"wxdesk/internal/callback"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/sealing"
	"wxdesk/internal/wechat"
)

// Quarantine keeps an authentic callback that cannot be read, and a receipt for what WeChat signed of it: a known delivery
// id, and a callback that comes again, change nothing.
func (db *DB) Quarantine(ctx context.Context, q callback.Unreadable) error {
	return db.pool.InTx(ctx, "put callback "+q.DeliveryID+" into quarantine", func(tx *postgres.Tx) error {
		var sealed []byte
		if err := tx.GetContext(ctx, &sealed, `select id_key from accounts where tenant = $1 and id = $2`, q.Tenant, q.AccountID); err != nil {
			return err
		}
		idKey, err := db.accounts.OpenIDKey(q.Tenant, q.AccountID, sealed)
		if err != nil {
			return err
		}
		fresh, err := db.FirstOfItsKind(ctx, tx, q, callback.Fingerprint(idKey, signedPart(q.Raw)))
		if err != nil || !fresh {
			return err
		}
		return db.InsertQuarantine(ctx, tx, q, "", "")
	})
}

// signedPart is what WeChat signs of a callback's body: its Encrypt text, whatever stands around that. In plain mode nothing
// of a body is signed.
func signedPart(raw []byte) []byte {
	if envelope, err := wechat.ReadEnvelope(raw); err == nil {
		return envelope.Encrypt
	}
	return raw
}

// FirstOfItsKind takes a receipt for what goes into quarantine, by the fingerprint of its content, and reports whether there
// was none. No message key is mistaken for such a receipt's, since those hold no space.
func (db *DB) FirstOfItsKind(ctx context.Context, tx *postgres.Tx, q callback.Unreadable, fingerprint string) (bool, error) {
	fresh, err := postgres.Affected(tx.NamedExecContext(ctx, InsertReceipts+` on conflict do nothing`, Receipt{
		Tenant: q.Tenant, AccountID: q.AccountID, MessageKey: q.Reason + " " + fingerprint, DeliveryID: q.DeliveryID,
		Outcome: callback.ReceiptQuarantined, ReceivedAt: q.ReceivedAt,
	}))
	if err != nil {
		return false, fmt.Errorf("receipt of callback %s: %w", q.DeliveryID, err)
	}
	return fresh > 0, nil
}

// InsertQuarantine adds what Receive knows beside: the message key and the conversation.
func (db *DB) InsertQuarantine(ctx context.Context, tx *postgres.Tx, q callback.Unreadable, messageKey string, c conversation.ID) error {
	sealed := db.ring.Seal(sealing.LabelQuarantine, sealing.Place("quarantine", q.Tenant, string(q.AccountID), q.DeliveryID), q.Raw)
	const insert = `
		insert into quarantine (tenant, delivery_id, account_id, message_key, conversation_id, reason, key_id, raw, received_at)
		values ($1, $2, $3, nullif($4, ''), nullif($5, '')::uuid, $6, nullif($7, '')::uuid, $8, $9)
		on conflict (tenant, delivery_id) do nothing`
	_, err := tx.ExecContext(ctx, insert, q.Tenant, q.DeliveryID, q.AccountID, messageKey, string(c), q.Reason, q.KeyID, sealed, q.ReceivedAt)
	return err
}
