package api

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"wxdesk/internal/conversation"
	"wxdesk/internal/secret"
	"wxdesk/internal/wechat"
)

// Reasons of refusals, and why a callback is broken, that say something about the account's set-up.
const (
	reasonSignature      = "signature"
	reasonMode           = "mode"
	reasonNotEncrypted   = "not-encrypted"
	reasonForeignAppID   = "foreign-app-id"
	reasonForeignAccount = "foreign-account"
	brokenUndecipherable = "undecipherable"
)

// letter is a callback whose sender is proved.
type letter struct {
	account    conversation.Door
	deliveryID string
	received   time.Time
	stale      bool

	raw      []byte          // the body as WeChat sent it
	oldToken bool            // a replaced token signed it
	encrypt  string          // its encrypted part; "" in plain mode
	keyID    string          // of the key that opened it; "" in plain mode, or where none did
	oldKey   bool            // a replaced key opened it
	plain    []byte          // what it says
	message  *wechat.Inbound // what that means; nil where it cannot be read,
	broken   string          // and then why: a stable word
}

// openLetter proves the sender and reads the callback. The account's mode, not the query, says which body is allowed: a
// plain body for an account with encryption would be signed by nothing (C14). With a refusal comes what was read until
// then.
func openLetter(account conversation.Door, q wechat.Query, body []byte) (letter, error) {
	if account.Mode.Encrypted() != (q.EncryptType == wechat.EncryptAES) {
		return letter{}, refuse(http.StatusForbidden, reasonMode, nil)
	}
	l := letter{account: account, raw: body}
	if err := l.open(q); err != nil {
		return l, err
	}
	if l.broken != "" {
		return l, nil
	}
	var err error
	if l.message, err = wechat.ReadInbound(l.plain); err != nil {
		l.broken = "unreadable"
		return l, nil //nolint:nilerr // signed but broken: quarantine, not a refusal
	}
	return l, l.checkNames(q)
}

// open verifies the signature and lays bare what the callback says. Only msg_signature covers an encrypted body; the
// plain signature beside it proves nothing about it and is ignored (C13).
func (l *letter) open(q wechat.Query) error {
	if !l.account.Mode.Encrypted() {
		l.plain = l.raw
		_, err := l.prove(q.Signature, q.Timestamp, q.Nonce)
		return err
	}
	envelope, err := wechat.ReadEnvelope(l.raw)
	switch {
	case errors.Is(err, wechat.ErrNoEncrypt):
		return refuse(http.StatusForbidden, reasonNotEncrypted, nil)
	case err != nil:
		return refuse(http.StatusBadRequest, "envelope", err)
	}
	l.encrypt = string(envelope.Encrypt)
	token, err := l.prove(q.MsgSignature, q.Timestamp, q.Nonce, l.encrypt)
	if err != nil {
		return err
	}
	if err := l.decipher(envelope.Encrypt); err != nil {
		return err
	}
	if l.broken != "" && wechat.BoundaryMoved(token.Reveal(), q.Timestamp, q.Nonce, l.encrypt) {
		return refuse(http.StatusForbidden, "boundary-moved", nil)
	}
	return nil
}

// prove finds the token that made the signature.
func (l *letter) prove(signature string, parts ...string) (secret.Value, error) {
	token := signer(l.account, signature, parts...)
	if token < 0 {
		return secret.Value{}, refuse(http.StatusForbidden, reasonSignature, nil)
	}
	l.oldToken = token > 0
	return l.account.Tokens[token], nil
}

// decipher tries the account's keys, the current one first. What none opens is broken rather than forged, since it is
// signed (K09); what opens but is meant for another account is refused (K08).
func (l *letter) decipher(encrypt []byte) error {
	foreign := false
	for i, key := range l.account.Keys {
		plain, err := key.Cipher.Open(encrypt)
		if err == nil {
			l.plain, l.keyID, l.oldKey = plain, key.ID, i > 0
			return nil
		}
		foreign = foreign || errors.Is(err, wechat.ErrForeignAppID)
	}
	if foreign {
		return refuse(http.StatusForbidden, reasonForeignAppID, nil)
	}
	l.broken = brokenUndecipherable
	return nil
}

// checkNames compares what the message says about sender and recipient with what else we know of them (X13, C18).
func (l *letter) checkNames(q wechat.Query) error {
	switch {
	case l.message.ToUserName != string(l.account.OriginalID):
		return refuse(http.StatusForbidden, reasonForeignAccount, nil)
	case q.OpenID != "" && q.OpenID != string(l.message.FromUserName):
		return refuse(http.StatusForbidden, "openid", nil)
	}
	return nil
}

// signer finds the account's token that made the signature: 0 is the current one, above are those just replaced, -1 is none.
func signer(account conversation.Door, signature string, parts ...string) int {
	return slices.IndexFunc(account.Tokens, func(token secret.Value) bool {
		return wechat.VerifySignature(signature, token.Reveal(), parts...)
	})
}
