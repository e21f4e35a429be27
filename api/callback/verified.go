package callback

import (
	"context"
	"time"

	"github.com/google/uuid"

	"wxdesk/internal/account"
	"wxdesk/internal/callback"
	"wxdesk/internal/conversation"
	"wxdesk/internal/telemetry"
	"wxdesk/internal/wechat"
)

func (cb verifiedCallback) receivedCallback(ctx context.Context) callback.Received {
	return callback.Received{
		Tenant:      cb.account.Tenant,
		AccountID:   cb.account.ID,
		CustomerKey: cb.customerKey(),
		DeliveryID:  uuid.NewString(),
		MessageKey:  cb.messageKey(),
		KeyID:       cb.keyID,
		Ciphertext:  cb.encrypt,
		ReceivedAt:  cb.received,
		Stale:       cb.stale,
		Fingerprint: callback.Fingerprint(cb.account.IDKey, cb.plain),
		Traceparent: telemetry.Traceparent(ctx),
	}
}

func (cb verifiedCallback) event() callback.Event {
	return callback.Event{
		Tenant:      cb.account.Tenant,
		AccountID:   cb.account.ID,
		MessageKey:  cb.messageKey(),
		Kind:        cb.message.Kind(),
		CustomerKey: cb.customerKey(),
		Body:        cb.plain,
		ReceivedAt:  cb.received,
	}
}

func (cb verifiedCallback) unreadable() callback.Unreadable {
	return callback.Unreadable{
		Tenant:     cb.account.Tenant,
		AccountID:  cb.account.ID,
		DeliveryID: cb.deliveryID,
		Reason:     cb.broken,
		KeyID:      cb.keyID,
		Raw:        cb.raw,
		ReceivedAt: cb.received,
	}
}

func (cb verifiedCallback) messageKey() string {
	return wechat.MessageKey(cb.account.IDKey, string(cb.account.ID), cb.message)
}

func (cb verifiedCallback) customerKey() conversation.CustomerKey {
	return conversation.CustomerKey(wechat.CustomerKey(cb.account.IDKey, cb.message.FromUserName))
}

// conversationOf is the key under which callbacks take turns: the customer's conversation.
func conversationOf(h callback.Received) string {
	return string(h.Tenant) + "/" + string(h.AccountID) + "/" + string(h.CustomerKey)
}

// verifiedCallback is a callback whose sender is proved, and what was read of it.
type verifiedCallback struct {
	account    account.CallbackAccount
	deliveryID string
	received   time.Time
	stale      bool

	raw      []byte          // the body as WeChat sent it
	oldToken bool            // a replaced token signed it
	encrypt  string          // its encrypted part; "" in plain mode
	keyID    string          // of the key that opened it; "" in plain mode, or if none did
	oldKey   bool            // a replaced key opened it
	plain    []byte          // what it says
	message  *wechat.Inbound // what that means; nil if it cannot be read,
	broken   string          // and then why: a stable word
}
