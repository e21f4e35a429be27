package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"wxdesk/internal/account"
	"wxdesk/internal/callback"
	"wxdesk/internal/conversation"
	"wxdesk/internal/secret"
	"wxdesk/internal/temporalclient"
	"wxdesk/internal/wechat"
)

// handOverPatience is how long Temporal may take to take one callback.
const handOverPatience = 10 * time.Second

// redrive gives callbacks from quarantine to their conversations, as the callback endpoint would have.
//
// It marks nothing as done: Receive does, in the transaction that takes the callback in. So it may die anywhere and be run
// again, beside itself too: what was taken in twice is a repeat by its message key.
type redrive struct {
	db    *ledger
	inbox *temporalclient.Conversations
	keys  map[conversation.AccountID]account.CallbackKeys
}

// reopened is a callback from quarantine that can be read now.
type reopened struct {
	plain   []byte
	keyID   string // "" in plain mode
	encrypt string // "" in plain mode
	message *wechat.Inbound
}

// one hands a callback over, or says why it stays.
func (r *redrive) one(ctx context.Context, q callback.Quarantined) (stays string, err error) {
	if q.Reason == callback.OtherContent {
		return "its message key belongs to another message, which counts; this one is kept as evidence", nil
	}
	keys, stays, err := r.keysOf(ctx, q.AccountID)
	if err != nil || stays != "" {
		return stays, err
	}
	raw, err := r.db.intake.QuarantinedRaw(ctx, operator.Tenant, q)
	switch {
	case errors.Is(err, secret.ErrUnavailable):
		return "no master key opens it", nil
	case err != nil:
		return "", err
	}
	opened, stays := r.reopen(q, raw, keys)
	if stays != "" {
		return stays, nil
	}
	return "", r.handOver(ctx, q, keys, opened)
}

// keysOf finds every key that the account ever had: a callback may wait longer than a replaced key opens new ones.
func (r *redrive) keysOf(ctx context.Context, id conversation.AccountID) (keys account.CallbackKeys, stays string, err error) {
	if known, ok := r.keys[id]; ok {
		return known, "", nil
	}
	keys, err = r.db.accounts.AccountKeys(ctx, operator.Tenant, id)
	switch {
	case errors.Is(err, secret.ErrUnavailable):
		return keys, "the account's key cannot be opened with the master keys", nil
	case err != nil:
		return keys, "", err
	}
	r.keys[id] = keys
	return keys, "", nil
}

// reopen reads what was kept. What still makes reading panic is no reason to leave out the rest.
func (r *redrive) reopen(q callback.Quarantined, raw []byte, keys account.CallbackKeys) (o reopened, stays string) {
	defer func() {
		if p := recover(); p != nil {
			stays = fmt.Sprintf("reading it panics (%T)", p) // the value may quote the message
		}
	}()
	if o, stays = r.decipher(q, raw, keys); stays != "" {
		return o, stays
	}
	var err error
	switch o.message, err = wechat.ReadInbound(o.plain); {
	case err != nil:
		return o, err.Error() // says why, and repeats nothing of the message
	case o.message.ToUserName != string(keys.OriginalID):
		return o, "it is meant for another account"
	}
	return o, ""
}

// decipher decrypts a callback. The callback endpoint kept a body as it came. Receive kept what the endpoint had handed over:
// WeChat's ciphertext, or in plain mode what we sealed ourselves.
func (r *redrive) decipher(q callback.Quarantined, raw []byte, keys account.CallbackKeys) (o reopened, stays string) {
	byReceive := q.MessageKey != ""
	if byReceive && q.KeyID == "" {
		plain, err := r.db.intake.OpenPlain(callback.Received{
			Tenant: operator.Tenant, AccountID: q.AccountID, DeliveryID: q.DeliveryID, Ciphertext: string(raw),
		})
		if err != nil {
			return o, "no master key opens it"
		}
		return reopened{plain: plain}, ""
	}
	encrypt := raw
	if !byReceive {
		envelope, err := wechat.ReadEnvelope(raw)
		switch {
		case errors.Is(err, wechat.ErrNoEncrypt):
			return reopened{plain: raw}, ""
		case err != nil:
			return o, err.Error()
		}
		encrypt = envelope.Encrypt
	}
	for id, cipher := range keys.Ciphers {
		if plain, err := cipher.Open(encrypt); err == nil {
			return reopened{plain: plain, keyID: id, encrypt: string(encrypt)}, ""
		}
	}
	return o, "no key of the account opens it"
}

// handOver hands a callback over as the callback endpoint does, with the delivery id and the time of the first try.
func (r *redrive) handOver(ctx context.Context, q callback.Quarantined, keys account.CallbackKeys, o reopened) error {
	ctx, cancel := context.WithTimeout(ctx, handOverPatience)
	defer cancel()
	customer := conversation.CustomerKey(wechat.CustomerKey(keys.IDKey, o.message.FromUserName))
	messageKey := wechat.MessageKey(keys.IDKey, string(q.AccountID), o.message)
	if o.message.Concern() == wechat.ConcernEvent {
		err := r.db.intake.RecordEvent(ctx, callback.Event{
			Tenant: operator.Tenant, AccountID: q.AccountID, MessageKey: messageKey, Kind: o.message.Kind(),
			CustomerKey: customer, Body: o.plain, ReceivedAt: q.ReceivedAt,
		})
		if err != nil {
			return err
		}
		return r.db.intake.QuarantineDone(ctx, operator.Tenant, q.DeliveryID)
	}
	h := callback.Received{
		Tenant: operator.Tenant, AccountID: q.AccountID, CustomerKey: customer, DeliveryID: q.DeliveryID, MessageKey: messageKey,
		KeyID: o.keyID, Ciphertext: o.encrypt, ReceivedAt: q.ReceivedAt,
		Fingerprint: callback.Fingerprint(keys.IDKey, o.plain), Redriven: true,
	}
	if h.KeyID == "" {
		h.Ciphertext = r.db.intake.SealPlain(h, o.plain)
	}
	// Before the signal, since Receive may be done with it before the signal's answer is here.
	if err := r.db.intake.QuarantineHandedOver(ctx, operator.Tenant, q.DeliveryID); err != nil {
		return err
	}
	return r.inbox.CustomerWrote(ctx, h)
}
