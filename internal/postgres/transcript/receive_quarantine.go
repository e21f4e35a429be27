package transcript

import (
	"context"
	"encoding/json"
	"fmt"

	"wxdesk/internal/callback"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/intake"
	"wxdesk/internal/postgres/sealing"
)

// leaveQuarantine lets those redriven callbacks out that could be read this time. The others stay, with the reason of now.
func (r *reception) leaveQuarantine(ctx context.Context) error {
	var done []string
	for i, a := range r.in.Arrivals {
		switch {
		case !a.Redriven:
			continue
		case r.verdicts[i].outcome != callback.ReceiptQuarantined:
			done = append(done, a.DeliveryID)
			continue
		}
		reason := a.Quarantine
		if reason == "" {
			reason = callback.OtherContent
		}
		const keepInQuarantine = `update quarantine set handed_at = null, reason = $3 where tenant = $1 and delivery_id = $2 and done_at is null`
		if _, err := r.tx.ExecContext(ctx, keepInQuarantine, r.in.Tenant, a.DeliveryID, reason); err != nil {
			return err
		}
	}
	if len(done) == 0 {
		return nil
	}
	return intake.QuarantineDone(ctx, r.tx, r.in.Tenant, done)
}

// writeQuarantine keeps what cannot be read, and what says something else than the message with its key.
func (r *reception) writeQuarantine(ctx context.Context) error {
	for _, i := range r.unreadable {
		a := r.in.Arrivals[i]
		u := callback.Unreadable{
			Tenant: r.in.Tenant, AccountID: r.in.AccountID, DeliveryID: a.DeliveryID, Reason: a.Quarantine, KeyID: a.KeyID,
			Raw: []byte(a.Ciphertext), ReceivedAt: a.ReceivedAt,
		}
		if a.Quarantine == "" {
			plain, err := json.Marshal(sealing.Body{Text: a.Text, Fields: a.Fields})
			if err != nil {
				return fmt.Errorf("encode callback %s: fields are not JSON", a.DeliveryID)
			}
			u.Reason, u.Raw = callback.OtherContent, plain
			fresh, err := r.db.intake.FirstOfItsKind(ctx, r.tx, u, a.Fingerprint)
			if err != nil {
				return err
			}
			if !fresh {
				continue
			}
		}
		if err := r.db.intake.InsertQuarantine(ctx, r.tx, u, a.MessageKey, r.in.Conversation); err != nil {
			return err
		}
		receipt := r.verdicts[i].receipt
		if receipt.DeliveryID != a.DeliveryID || receipt.Outcome != callback.ReceiptQuarantined {
			continue // the key is another callback's
		}
		if _, err := r.tx.NamedExecContext(ctx, intake.InsertReceipts+` on conflict do nothing`, receipt); err != nil {
			return err
		}
	}
	return nil
}

// writeNotes keeps unfollows: as events, and in the customer's row if there is one.
func (r *reception) writeNotes(ctx context.Context) error {
	for _, i := range r.notes {
		a := r.in.Arrivals[i]
		written, err := postgres.Affected(r.tx.NamedExecContext(ctx, intake.InsertReceipts+intake.TakeKey, r.verdicts[i].receipt))
		if err == nil && written != 1 {
			err = postgres.ErrAgain
		}
		if err != nil {
			return err
		}
		if err := r.db.intake.InsertEvent(ctx, r.tx, callback.Event{
			Tenant: r.in.Tenant, AccountID: r.in.AccountID, MessageKey: a.MessageKey, Kind: a.Kind,
			CustomerKey: r.in.CustomerKey, Body: a.Fields, ReceivedAt: a.ReceivedAt,
		}); err != nil {
			return err
		}
		if i < r.followed {
			continue // and followed again since
		}
		const update = `update customers set following = false where tenant = $1 and account_id = $2 and customer_key = $3`
		if _, err := r.tx.ExecContext(ctx, update, r.in.Tenant, r.in.AccountID, r.in.CustomerKey); err != nil {
			return err
		}
	}
	return nil
}
