package conversation

import (
	"errors"
	"time"

	"wxdesk/internal/secret"
	"wxdesk/internal/wechat"
)

// ReplyMode says how an account answers.
type ReplyMode string

// Active answers through the customer-service API. Passive, which answers within WeChat's own request, is not offered
// yet.
const (
	ReplyActive  ReplyMode = "active"
	ReplyPassive ReplyMode = "passive"
)

// Kind is the kind of official account.
type Kind string

// The kinds.
const (
	KindService      Kind = "service"
	KindSubscription Kind = "subscription"
	KindSandbox      Kind = "sandbox"
)

// Limits and defaults of an account.
const (
	DefaultIdleClose = 48 * time.Hour // the length of the reply window
	MinIdleClose     = time.Second
	MaxIdleClose     = 30 * 24 * time.Hour
	DefaultTimeZone  = "Asia/Shanghai"
	// DefaultBot stands for the tenant's oldest FAQ bot, in the wish for an account; a kept one names it.
	DefaultBot BotID = "default"
	// KeyOverlap is how long a replaced EncodingAESKey or Token still opens new callbacks.
	KeyOverlap = 24 * time.Hour
)

// Account is an official account as an administrator has set it up, without its secrets.
type Account struct {
	Tenant     Tenant
	ID         AccountID
	Name       string
	OriginalID wechat.OriginalID
	AppID      wechat.AppID
	Mode       wechat.Mode
	Kind       Kind
	ReplyMode  ReplyMode
	Verified   bool
	Disabled   bool
	Language   Language
	TimeZone   string // IANA; what rules call time
	IdleClose  time.Duration
	BotID      BotID        // "" for none: conversations begin with people
	Workstream WorkstreamID // "" for the tenant's default one
	Version    int64        // counts changes, from 1
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// AccountSecrets are what an administrator gives once and nobody gets back. In an update an empty one means unchanged.
type AccountSecrets struct {
	AppSecret      secret.Value
	Token          secret.Value
	EncodingAESKey secret.Value // empty for plain mode
}

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

// ErrKeyMissing: an account whose callbacks are encrypted needs an EncodingAESKey, and has none.
var ErrKeyMissing = errors.New("conversation: the mode needs an EncodingAESKey")

// ErrNoBot: an account was to get a bot that there is not.
var ErrNoBot = errors.New("conversation: there is no such bot")
