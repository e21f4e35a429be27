package account

import (
	"time"

	"wxdesk/internal/conversation"
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
	// DefaultBot stands for the tenant's oldest FAQ bot, where an account is created; a stored account names its bot.
	DefaultBot conversation.BotID = "default"
	// KeyOverlap is how long a replaced EncodingAESKey or Token still opens new callbacks.
	KeyOverlap = 24 * time.Hour
)

// Account is an official account as an administrator has set it up, without its secrets.
type Account struct {
	Tenant     conversation.Tenant
	ID         conversation.AccountID
	Name       string
	OriginalID wechat.OriginalID
	AppID      wechat.AppID
	Mode       wechat.Mode
	Kind       Kind
	ReplyMode  ReplyMode
	Verified   bool
	Disabled   bool
	Language   conversation.Language
	TimeZone   string // IANA; what rules call time
	IdleClose  time.Duration
	BotID      conversation.BotID        // "" for none: conversations begin with people
	Workstream conversation.WorkstreamID // "" for the tenant's default one
	Version    int64                     // counts changes, from 1
	CreatedAt  time.Time
	UpdatedAt  time.Time
}
