package account

import (
	"wxdesk/internal/secret"
	"wxdesk/internal/wechat"
)

// CallbackAccount is what the callback endpoint needs of an account: its settings and its open secrets.
type CallbackAccount struct {
	Account
	IDKey  []byte         // keys message and customer hashes; never rotates
	Tokens []secret.Value // current first; a replaced one for KeyOverlap
	Keys   []CallbackKey  // current first; a replaced one for KeyOverlap; none in plain mode
}

// CallbackKey is one EncodingAESKey of an account, ready to open callbacks.
type CallbackKey struct {
	ID     string // UUID; travels with the ciphertext, so that Receive finds the key again
	Cipher *wechat.Cipher
}

// CallbackKeys are the opened secrets with which an account's callbacks are read.
type CallbackKeys struct {
	AppID      wechat.AppID
	OriginalID wechat.OriginalID
	IDKey      []byte
	Ciphers    map[string]*wechat.Cipher // by key id
}
