package callback

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"time"

	"wxdesk/internal/conversation"
)

// Received is a callback on its way from the callback endpoint to its conversation: the sender is verified, the content is still
// encrypted.
type Received struct {
	Tenant      conversation.Tenant
	AccountID   conversation.AccountID
	CustomerKey conversation.CustomerKey
	DeliveryID  string // UUID, new for every HTTP request
	MessageKey  string // wechat.MessageKey; equal for WeChat's repeats
	KeyID       string // the account's key that opens Ciphertext; "" if this system sealed it (plain mode)
	Ciphertext  string // WeChat's Encrypt text, or base64 of our own frame
	ReceivedAt  time.Time
	Stale       bool   // WeChat's timestamp was more than ten minutes off (C06)
	Fingerprint string // Fingerprint of the opened message; equal for WeChat's repeats
	Traceparent string // W3C trace context of the request
	Redriven    bool   // from quarantine, after what kept it from being read was mended
}

// Fingerprint is a keyed hash of an opened callback (base64url, 32 bytes). It tells a repeat from other content under the same
// message key. The key is the id key of the account, so nobody else can test a guess.
func Fingerprint(idKey, opened []byte) string {
	mac := hmac.New(sha256.New, idKey)
	mac.Write([]byte("wxdesk fingerprint\x00"))
	mac.Write(opened)
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
