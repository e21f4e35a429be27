package admin

import (
	"context"
	"errors"

	"wxdesk/api/web"
	"wxdesk/internal/access"
	"wxdesk/internal/account"
	"wxdesk/internal/conversation"
)

// Accounts stores official accounts.
type Accounts interface {
	// CreateAccount keeps a new account under a.ID. It returns ErrExists when another account has the AppID, ErrKeyMissing
	// when the mode needs an EncodingAESKey.
	CreateAccount(ctx context.Context, by access.Actor, a account.Account, s account.Secrets) (account.Account, error)
	Account(ctx context.Context, t conversation.Tenant, id conversation.AccountID) (account.Account, error)
	// ListAccounts pages by creation, oldest first; after is the last id of the page before, "" for the first page.
	ListAccounts(ctx context.Context, t conversation.Tenant, after conversation.AccountID, limit int) ([]account.Account, error)
	// UpdateAccount replaces the settings of the account if its version is still a.Version (ErrVersion otherwise), and
	// those secrets that are not empty; a replaced Token or EncodingAESKey stays for the overlap. ErrExists and
	// ErrKeyMissing as above.
	UpdateAccount(ctx context.Context, by access.Actor, a account.Account, s account.Secrets) (account.Account, error)
	// DeleteAccount ends the account: its callback is unknown from now on; its conversations stay readable.
	DeleteAccount(ctx context.Context, by access.Actor, id conversation.AccountID) error
}

func (a *Admin) ListAccounts(ctx context.Context, in *struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor string `query:"cursor" maxLength:"512" doc:"The next of the page before"`
},
) (*struct{ Body web.Page[accountView] }, error) {
	who := web.CallerOf(ctx)
	list := []string{"accounts", string(who.Tenant)}
	after, err := a.cursors.Position(in.Cursor, list...)
	if err != nil {
		return nil, err
	}
	found, err := a.cfg.Accounts.ListAccounts(ctx, who.Tenant, conversation.AccountID(after), in.Limit+1)
	if err != nil {
		return nil, err
	}
	return &struct{ Body web.Page[accountView] }{web.PageOf(found, in.Limit, a.viewAccount, func(last account.Account) string {
		return a.cursors.After(string(last.ID), list...)
	})}, nil
}

func (a *Admin) GetAccount(ctx context.Context, in *struct {
	ID string `path:"id" format:"uuid"`
},
) (*accountAnswer, error) {
	found, err := a.cfg.Accounts.Account(ctx, web.CallerOf(ctx).Tenant, conversation.AccountID(in.ID))
	if err != nil {
		return nil, err
	}
	return a.accountAnswer(found), nil
}

func (a *Admin) ChangeAccount(ctx context.Context, in *struct {
	ID      string `path:"id" format:"uuid"`
	IfMatch string `header:"If-Match" doc:"The ETag that the change is meant for; without it, whatever there is changes"`
	Body    accountChange
},
) (*accountAnswer, error) {
	who := web.CallerOf(ctx)
	for try := 1; ; try++ {
		account, err := a.cfg.Accounts.Account(ctx, who.Tenant, conversation.AccountID(in.ID))
		if err != nil {
			return nil, err
		}
		if web.IsOtherVersion(in.IfMatch, account.Version) {
			return nil, conversation.ErrVersion
		}
		secrets, faults := in.Body.apply(&account)
		if len(faults) > 0 {
			return nil, web.Invalid.Problem(faults...)
		}
		updated, err := a.cfg.Accounts.UpdateAccount(ctx, who.Actor(), account, secrets)
		if errors.Is(err, conversation.ErrVersion) && in.IfMatch == "" && try < changeTries {
			continue
		}
		if err != nil {
			return nil, err
		}
		return a.accountAnswer(updated), nil
	}
}

func (a *Admin) DeleteAccount(ctx context.Context, in *struct {
	ID string `path:"id" format:"uuid"`
},
) (*struct{}, error) {
	return nil, a.cfg.Accounts.DeleteAccount(ctx, web.CallerOf(ctx).Actor(), conversation.AccountID(in.ID))
}
