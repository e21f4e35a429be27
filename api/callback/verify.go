package callback

import (
	"errors"
	"net/http"
	"slices"

	"wxdesk/internal/account"
	"wxdesk/internal/secret"
	"wxdesk/internal/wechat"
)

// Reasons of rejections, and why a callback is broken, that say something about the account's set-up.
const (
	reasonSignature      = "signature"
	reasonMode           = "mode"
	reasonNotEncrypted   = "not-encrypted"
	reasonForeignAppID   = "foreign-app-id"
	reasonForeignAccount = "foreign-account"
	brokenUndecipherable = "undecipherable"
)

// verify checks the signature and reads the callback. The account's mode, not the query, decides which form of body is allowed:
// nothing would sign a plain body of an account with encryption (C14). A rejection comes with what was read until then.
func verify(account account.CallbackAccount, q wechat.Query, body []byte) (verifiedCallback, error) {
	if account.Mode.Encrypted() != (q.EncryptType == wechat.EncryptAES) {
		return verifiedCallback{}, reject(http.StatusForbidden, reasonMode, nil)
	}
	cb := verifiedCallback{account: account, raw: body}
	if err := cb.open(q); err != nil {
		return cb, err
	}
	if cb.broken != "" {
		return cb, nil
	}
	var err error
	if cb.message, err = wechat.ReadInbound(cb.plain); err != nil {
		cb.broken = "unreadable"
		return cb, nil //nolint:nilerr // signed but broken: quarantine, not a rejection
	}
	return cb, cb.checkNames(q)
}

// open verifies the signature and reads what the callback says. Only msg_signature covers an encrypted body; the
// plain signature beside it proves nothing about it and is ignored (C13).
func (cb *verifiedCallback) open(q wechat.Query) error {
	if !cb.account.Mode.Encrypted() {
		cb.plain = cb.raw
		_, err := cb.prove(q.Signature, q.Timestamp, q.Nonce)
		return err
	}
	envelope, err := wechat.ReadEnvelope(cb.raw)
	switch {
	case errors.Is(err, wechat.ErrNoEncrypt):
		return reject(http.StatusForbidden, reasonNotEncrypted, nil)
	case err != nil:
		return reject(http.StatusBadRequest, "envelope", err)
	}
	cb.encrypt = string(envelope.Encrypt)
	token, err := cb.prove(q.MsgSignature, q.Timestamp, q.Nonce, cb.encrypt)
	if err != nil {
		return err
	}
	if err := cb.decipher(envelope.Encrypt); err != nil {
		return err
	}
	if cb.broken != "" && wechat.BoundaryMoved(token.Reveal(), q.Timestamp, q.Nonce, cb.encrypt) {
		return reject(http.StatusForbidden, "boundary-moved", nil)
	}
	return nil
}

// prove finds the token that made the signature.
func (cb *verifiedCallback) prove(signature string, parts ...string) (secret.Value, error) {
	token := signingToken(cb.account, signature, parts...)
	if token < 0 {
		return secret.Value{}, reject(http.StatusForbidden, reasonSignature, nil)
	}
	cb.oldToken = token > 0
	return cb.account.Tokens[token], nil
}

// decipher tries the account's keys, the current one first. A callback that no key opens is broken rather than forged, because it is
// signed (K09). A callback that opens but is meant for another account is rejected (K08).
func (cb *verifiedCallback) decipher(encrypt []byte) error {
	foreign := false
	for i, key := range cb.account.Keys {
		plain, err := key.Cipher.Open(encrypt)
		if err == nil {
			cb.plain, cb.keyID, cb.oldKey = plain, key.ID, i > 0
			return nil
		}
		foreign = foreign || errors.Is(err, wechat.ErrForeignAppID)
	}
	if foreign {
		return reject(http.StatusForbidden, reasonForeignAppID, nil)
	}
	cb.broken = brokenUndecipherable
	return nil
}

// checkNames compares what the message says about sender and recipient with what else we know of them (X13, C18).
func (cb *verifiedCallback) checkNames(q wechat.Query) error {
	switch {
	case cb.message.ToUserName != string(cb.account.OriginalID):
		return reject(http.StatusForbidden, reasonForeignAccount, nil)
	case q.OpenID != "" && q.OpenID != string(cb.message.FromUserName):
		return reject(http.StatusForbidden, "openid", nil)
	}
	return nil
}

// signingToken finds the account's token that made the signature: 0 is the current one, above are those just replaced, -1 is none.
func signingToken(account account.CallbackAccount, signature string, parts ...string) int {
	return slices.IndexFunc(account.Tokens, func(token secret.Value) bool {
		return wechat.VerifySignature(signature, token.Reveal(), parts...)
	})
}
