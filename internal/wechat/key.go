package wechat

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strings"
)

// MessageKey is equal for WeChat's repeats of one message or event, different for different ones, and names nobody: 43
// characters of base64url, an HMAC-SHA-256 under the account's id key.
//
// A message counts by account, customer and MsgId. Events have no MsgId, nor has a message whose MsgId is missing or zero:
// they count by account, customer, second, event, event key and job, such a message also by what it says. Two events of one
// kind and key in the same second are one; the platform gives nothing that would tell them apart.
func MessageKey(idKey []byte, account string, m *Inbound) string {
	from := string(m.FromUserName)
	switch {
	case m.IsEvent():
		return keyedHash(idKey, "wechat event", account, from, m.CreateTime, m.Event, m.EventKey, m.MsgID)
	case strings.Trim(m.MsgID, "0 ") == "":
		return keyedHash(idKey, "wechat message without id", account, from, m.CreateTime, m.MsgType, m.Content, m.MediaID)
	}
	return keyedHash(idKey, "wechat message", account, from, m.MsgID)
}

// CustomerKey stands for a customer wherever an openid must not: 43 characters of base64url, an HMAC-SHA-256 under the
// account's id key.
func CustomerKey(idKey []byte, id OpenID) string {
	return keyedHash(idKey, "wechat customer", string(id))
}

// keyedHash hashes parts so that no two lists of parts collide: the length goes before each. The first part says what the
// hash is for.
func keyedHash(key []byte, parts ...string) string {
	var room [512]byte
	text := room[:0]
	for _, part := range parts {
		text = binary.BigEndian.AppendUint32(text, uint32(len(part))) //nolint:gosec // bodies are bounded far below
		text = append(text, part...)
	}
	mac := hmac.New(sha256.New, key)
	_, _ = mac.Write(text) // never fails
	var sum [sha256.Size]byte
	return base64.RawURLEncoding.EncodeToString(mac.Sum(sum[:0]))
}
