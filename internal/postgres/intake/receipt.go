package intake

import (
	"time"

	"wxdesk/internal/callback"
	"wxdesk/internal/conversation"
)

// Receipt is a receipt, with the number of its message where it has one.
type Receipt struct {
	Tenant       conversation.Tenant     `db:"tenant" json:"-"`
	AccountID    conversation.AccountID  `db:"account_id" json:"-"`
	MessageKey   string                  `db:"message_key" json:"message_key"`
	Conversation *conversation.ID        `db:"conversation_id" json:"conversation_id"`
	DeliveryID   string                  `db:"delivery_id" json:"delivery_id"`
	Fingerprint  *string                 `db:"fingerprint" json:"fingerprint"`
	MessageID    *conversation.MessageID `db:"message_id" json:"message_id"`
	Outcome      callback.ReceiptOutcome `db:"outcome" json:"outcome"`
	ReceivedAt   time.Time               `db:"received_at" json:"-"`
	Seq          *int64                  `db:"seq" json:"seq"`
}

// InsertReceipts takes a Receipt; what it does on a conflict follows.
const InsertReceipts = `
	insert into receipts (tenant, account_id, message_key, conversation_id, delivery_id, fingerprint, message_id, outcome, received_at)
	values (:tenant, :account_id, :message_key, :conversation_id, :delivery_id, :fingerprint, :message_id, :outcome, :received_at)`

// TakeKey gives the key of a callback that could not be read to one that can.
const TakeKey = `
	on conflict (tenant, account_id, message_key) do update
	set conversation_id = excluded.conversation_id, delivery_id = excluded.delivery_id, fingerprint = excluded.fingerprint,
		message_id = excluded.message_id, outcome = excluded.outcome, received_at = excluded.received_at
	where receipts.outcome = 'quarantined'`

// Answers reports whether the receipt was written for this very delivery. A message belongs to one conversation: to
// another one the same delivery is a repeat.
func (r *Receipt) Answers(a callback.Arrival, c conversation.ID) bool {
	switch {
	case r.DeliveryID != a.DeliveryID:
		return false
	case r.Outcome == callback.ReceiptQuarantined:
		return a.Quarantine != "" // else it could not be read then, and can be now
	}
	return r.Outcome != callback.ReceiptNew || r.Conversation != nil && *r.Conversation == c
}

// Differs reports whether the receipt is known to be for other content.
func (r *Receipt) Differs(a callback.Arrival) bool {
	return r.Fingerprint != nil && *r.Fingerprint != a.Fingerprint
}
