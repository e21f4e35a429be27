package validation

import (
	"context"
	"time"

	"wxdesk/internal/account"
	"wxdesk/internal/callback"
	"wxdesk/internal/conversation"
	"wxdesk/internal/wechat"
)

// AccountChecks is what the ledger knows about the set-up of accounts, for trying it out.
type AccountChecks interface {
	// Credentials opens what calling WeChat for an account needs. It returns ErrNotFound when it is disabled or
	// deleted.
	Credentials(ctx context.Context, t conversation.Tenant, id conversation.AccountID) (wechat.Credentials, error)
	// CallbackAccount opens what the callback endpoint knows of an account. It returns ErrNotFound when it is unknown, deleted
	// or disabled.
	CallbackAccount(ctx context.Context, id conversation.AccountID) (account.CallbackAccount, error)
}

// CallbackRecords is what callbacks have shown of accounts.
type CallbackRecords interface {
	// CallbackRecords tells what callbacks have shown of a version of the account, and when last.
	CallbackRecords(ctx context.Context, t conversation.Tenant, id conversation.AccountID, version int64) (map[callback.Record]time.Time, error)
	// EventKept reports whether the callback endpoint has kept an event of this message key.
	EventKept(ctx context.Context, t conversation.Tenant, id conversation.AccountID, messageKey string) (bool, error)
}

// TokenAPI is WeChat's token API.
type TokenAPI interface {
	// CheckCredentials tries AppID and AppSecret at WeChat's token API, past every cache. If WeChat refused, the error is or
	// wraps a web.WeChatRefusal.
	CheckCredentials(ctx context.Context, c wechat.Credentials) error
}

// CallbackFacts is what a caller of the callback endpoint needs to know.
type CallbackFacts struct {
	Prefix     string        // of the path; the account's id follows
	Answer     string        // to a callback that was taken
	ProbeNonce string        // begins the nonces of our own calls
	KnownFor   time.Duration // how long an API process goes by what it knew of an account
}
