package activities

import (
	"encoding/json"
	"errors"
	"fmt"

	"wxdesk/internal/account"
	"wxdesk/internal/callback"
	"wxdesk/internal/secret"
	"wxdesk/internal/wechat"
)

// Reasons for which a callback cannot be read. Stable: operators search for them.
const (
	reasonUnknownKey     = "unknown-account-key"
	reasonUndecipherable = "undecipherable"
	reasonUnreadable     = "unreadable"
	reasonOtherCustomer  = "other-customer"
	reasonOtherAccount   = "other-account"
	reasonOtherKey       = "other-message-key"
)

// read opens one callback. It never trusts what travelled in the clear: customer, account and message key are compared
// with the opened message. The error says that reading panicked, or that the master key of our own seal is unknown.
func (a *Activities) read(in ReceiveInput, keys account.CallbackKeys, cb Callback) (arrival callback.Arrival, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("reading panicked: %T", p) // the value may quote the message
		}
	}()
	if cb.Quarantine != "" {
		return unreadable(cb, cb.Quarantine), nil
	}
	plain, reason, err := a.open(in, keys, cb)
	if reason != "" || err != nil {
		return unreadable(cb, reason), err
	}
	m, err := wechat.ReadInbound(plain)
	switch {
	case err != nil:
		return unreadable(cb, reasonUnreadable), nil
	case wechat.CustomerKey(keys.IDKey, m.FromUserName) != string(in.CustomerKey):
		return unreadable(cb, reasonOtherCustomer), nil
	case m.ToUserName != string(keys.OriginalID):
		return unreadable(cb, reasonOtherAccount), nil
	case wechat.MessageKey(keys.IDKey, string(in.AccountID), m) != cb.MessageKey:
		return unreadable(cb, reasonOtherKey), nil
	}
	return understood(keys, cb, m, plain), nil
}

func (a *Activities) open(in ReceiveInput, keys account.CallbackKeys, cb Callback) (plain []byte, reason string, err error) {
	if cb.KeyID == "" {
		plain, err := a.Ledger.OpenPlain(callback.Received{
			Tenant: in.Tenant, AccountID: in.AccountID, DeliveryID: cb.DeliveryID, Ciphertext: cb.Ciphertext,
		})
		switch {
		case errors.Is(err, secret.ErrUnknownKey):
			return nil, "", err
		case err != nil:
			return nil, reasonUndecipherable, nil //nolint:nilerr // the reason says it
		}
		return plain, "", nil
	}
	cipher, ok := keys.Ciphers[cb.KeyID]
	if !ok {
		return nil, reasonUnknownKey, nil
	}
	plain, err = cipher.Open([]byte(cb.Ciphertext))
	if err != nil {
		return nil, reasonUndecipherable, nil //nolint:nilerr // as above
	}
	return plain, "", nil
}

func understood(keys account.CallbackKeys, cb Callback, m *wechat.Inbound, plain []byte) callback.Arrival {
	fields, err := json.Marshal(fieldsOf(m))
	if err != nil {
		panic(err) // a map of strings always encodes
	}
	return callback.Arrival{
		DeliveryID:  cb.DeliveryID,
		MessageKey:  cb.MessageKey,
		Fingerprint: callback.Fingerprint(keys.IDKey, plain),
		OpenID:      string(m.FromUserName),
		Kind:        m.Kind(),
		IsEvent:     m.IsEvent(),
		Text:        m.Text(),
		Fields:      fields,
		Trigger:     callback.TriggerOf(m.Kind(), m.IsEvent(), m.MenuID),
		Follow:      callback.FollowOf(m.Kind(), m.IsEvent()),
		Stale:       cb.Stale,
		Echo:        string(m.FromUserName) == string(keys.OriginalID),
		SaidAt:      m.Created,
		ReceivedAt:  cb.ReceivedAt,
		Traceparent: cb.Traceparent,
		Redriven:    cb.Redriven,
	}
}

func unreadable(cb Callback, reason string) callback.Arrival {
	return callback.Arrival{
		DeliveryID: cb.DeliveryID,
		MessageKey: cb.MessageKey,
		Stale:      cb.Stale,
		ReceivedAt: cb.ReceivedAt,
		Redriven:   cb.Redriven,
		Quarantine: reason,
		Ciphertext: cb.Ciphertext,
		KeyID:      cb.KeyID,
	}
}
