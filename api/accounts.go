package api

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"wxdesk/internal/conversation"
	"wxdesk/internal/secret"
	"wxdesk/internal/wechat"
)

// accountView is an official account as the API shows it. Its secrets are never shown, not even that they exist.
type accountView struct {
	ID           string                 `json:"id" format:"uuid"`
	CallbackURL  string                 `json:"callback_url" doc:"The server URL to enter at WeChat"`
	Callback     callbackView           `json:"callback" doc:"What to enter at WeChat"`
	Name         string                 `json:"name"`
	OriginalID   wechat.OriginalID      `json:"original_id"`
	AppID        wechat.AppID           `json:"app_id"`
	Mode         wechat.Mode            `json:"mode" enum:"safe,compatible,plain"`
	Kind         conversation.Kind      `json:"kind" enum:"service,subscription,sandbox"`
	ReplyMode    conversation.ReplyMode `json:"reply_mode" enum:"active,passive"`
	Verified     bool                   `json:"verified"`
	Disabled     bool                   `json:"disabled" doc:"A disabled account's callback is unknown"`
	Language     conversation.Language  `json:"language" enum:"zh-CN,zh-TW,en,ja,id"`
	TimeZone     string                 `json:"time_zone" example:"Asia/Shanghai" doc:"By which rules tell the time"`
	IdleClose    string                 `json:"idle_close" example:"48h" doc:"After this time without a message a conversation closes"`
	BotID        *string                `json:"bot_id" format:"uuid" doc:"null: conversations begin in the default queue"`
	WorkstreamID *string                `json:"workstream_id" format:"uuid" doc:"null: the default workstream"`
	Version      int64                  `json:"version" doc:"Counts changes; also the ETag"`
	CreatedAt    time.Time              `json:"created_at"`
	UpdatedAt    time.Time              `json:"updated_at"`
}

type accountAnswer struct {
	ETag string `header:"ETag"`
	Body accountView
}

type accountCreated struct {
	Location string `header:"Location"`
	ETag     string `header:"ETag"`
	Body     accountView
}

type newAccount struct {
	Name           string                 `json:"name" minLength:"1" maxLength:"100"`
	OriginalID     wechat.OriginalID      `json:"original_id" doc:"gh_ and 12 hex digits" example:"gh_a1b2c3d4e5f6"`
	AppID          wechat.AppID           `json:"app_id" doc:"wx and 16 hex digits" example:"wx0123456789abcdef"`
	AppSecret      secret.Value           `json:"app_secret" doc:"32 hex digits" writeOnly:"true"`
	Token          secret.Value           `json:"token" doc:"3 to 32 letters or digits" writeOnly:"true"`
	EncodingAESKey secret.Value           `json:"encoding_aes_key,omitempty" doc:"43 of [A-Za-z0-9+/]; needed unless the mode is plain" writeOnly:"true"`
	Mode           wechat.Mode            `json:"mode,omitempty" enum:"safe,compatible,plain" default:"safe"`
	Kind           conversation.Kind      `json:"kind,omitempty" enum:"service,subscription,sandbox" default:"service"`
	ReplyMode      conversation.ReplyMode `json:"reply_mode,omitempty" enum:"active,passive" default:"active" doc:"passive is not available yet"`
	Verified       *bool                  `json:"verified,omitempty" default:"true"`
	Language       conversation.Language  `json:"language,omitempty" enum:"zh-CN,zh-TW,en,ja,id" default:"zh-CN"`
	TimeZone       string                 `json:"time_zone,omitempty" default:"Asia/Shanghai" maxLength:"100" doc:"An IANA name; by which rules tell the time"`
	IdleClose      string                 `json:"idle_close,omitempty" default:"48h" doc:"A duration such as 90s, 30m or 48h; 1s to 720h"`
	WorkstreamID   optional[string]       `json:"workstream_id,omitempty" format:"uuid" doc:"Absent or null: the default workstream"`
	BotID          optional[string]       `json:"bot_id,omitempty" format:"uuid" doc:"Absent: the built-in FAQ bot; null: none, conversations begin in the default queue"`
}

func (a *API) createAccount(ctx context.Context, in *struct{ Body newAccount }) (*accountCreated, error) {
	who, b := callerOf(ctx), in.Body
	account := conversation.Account{
		Tenant:     who.Tenant,
		ID:         conversation.AccountID(uuid.NewString()),
		Name:       b.Name,
		OriginalID: b.OriginalID,
		AppID:      b.AppID,
		Mode:       b.Mode,
		Kind:       b.Kind,
		ReplyMode:  b.ReplyMode,
		Verified:   *b.Verified,
		Language:   b.Language,
		TimeZone:   b.TimeZone,
		BotID:      conversation.DefaultBot,
		Workstream: conversation.WorkstreamID(b.WorkstreamID.value),
	}
	if b.BotID.given {
		account.BotID = conversation.BotID(b.BotID.value)
	}
	secrets := conversation.AccountSecrets{AppSecret: b.AppSecret, Token: b.Token, EncodingAESKey: b.EncodingAESKey}
	faults := setIdleClose(&account, b.IdleClose)
	faults = append(faults, accountFaults(account)...)
	faults = append(faults, missingSecrets(secrets, account.Mode)...)
	faults = append(faults, secretFaults(secrets)...)
	if len(faults) > 0 {
		return nil, invalid.problem(faults...)
	}
	created, err := a.cfg.Accounts.CreateAccount(ctx, who.actor(), account, secrets)
	if err != nil {
		return nil, err
	}
	return &accountCreated{
		Location: "/v1/accounts/" + string(created.ID),
		ETag:     etag(created),
		Body:     a.viewAccount(created),
	}, nil
}

func (a *API) listAccounts(ctx context.Context, in *struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor string `query:"cursor" maxLength:"512" doc:"The next of the page before"`
},
) (*struct{ Body page[accountView] }, error) {
	who := callerOf(ctx)
	list := []string{"accounts", string(who.Tenant)}
	after, err := a.cursors.position(in.Cursor, list...)
	if err != nil {
		return nil, err
	}
	found, err := a.cfg.Accounts.ListAccounts(ctx, who.Tenant, conversation.AccountID(after), in.Limit+1)
	if err != nil {
		return nil, err
	}
	return &struct{ Body page[accountView] }{pageOf(found, in.Limit, a.viewAccount, func(last conversation.Account) string {
		return a.cursors.after(string(last.ID), list...)
	})}, nil
}

func (a *API) getAccount(ctx context.Context, in *struct {
	ID string `path:"id" format:"uuid"`
},
) (*accountAnswer, error) {
	found, err := a.cfg.Accounts.Account(ctx, callerOf(ctx).Tenant, conversation.AccountID(in.ID))
	if err != nil {
		return nil, err
	}
	return a.accountAnswer(found), nil
}

// changeTries is how often a change without If-Match is applied to what it finds, before the others win.
const changeTries = 3

func (a *API) changeAccount(ctx context.Context, in *struct {
	ID      string `path:"id" format:"uuid"`
	IfMatch string `header:"If-Match" doc:"The ETag that the change is meant for; without it, whatever there is changes"`
	Body    accountChange
},
) (*accountAnswer, error) {
	who := callerOf(ctx)
	for try := 1; ; try++ {
		account, err := a.cfg.Accounts.Account(ctx, who.Tenant, conversation.AccountID(in.ID))
		if err != nil {
			return nil, err
		}
		if otherVersion(in.IfMatch, account.Version) {
			return nil, conversation.ErrVersion
		}
		secrets, faults := in.Body.apply(&account)
		if len(faults) > 0 {
			return nil, invalid.problem(faults...)
		}
		updated, err := a.cfg.Accounts.UpdateAccount(ctx, who.actor(), account, secrets)
		if errors.Is(err, conversation.ErrVersion) && in.IfMatch == "" && try < changeTries {
			continue
		}
		if err != nil {
			return nil, err
		}
		return a.accountAnswer(updated), nil
	}
}

func (a *API) deleteAccount(ctx context.Context, in *struct {
	ID string `path:"id" format:"uuid"`
},
) (*struct{}, error) {
	return nil, a.cfg.Accounts.DeleteAccount(ctx, callerOf(ctx).actor(), conversation.AccountID(in.ID))
}

func (a *API) accountAnswer(from conversation.Account) *accountAnswer {
	return &accountAnswer{ETag: etag(from), Body: a.viewAccount(from)}
}

func etag(a conversation.Account) string { return versionTag(a.Version) }

func (a *API) viewAccount(from conversation.Account) accountView {
	return accountView{
		ID:           string(from.ID),
		CallbackURL:  a.callbackURL(from.ID),
		Callback:     a.viewCallback(from),
		Name:         from.Name,
		OriginalID:   from.OriginalID,
		AppID:        from.AppID,
		Mode:         from.Mode,
		Kind:         from.Kind,
		ReplyMode:    from.ReplyMode,
		Verified:     from.Verified,
		Disabled:     from.Disabled,
		Language:     from.Language,
		TimeZone:     from.TimeZone,
		IdleClose:    formatDuration(from.IdleClose),
		BotID:        orNull(string(from.BotID)),
		WorkstreamID: orNull(string(from.Workstream)),
		Version:      from.Version,
		CreatedAt:    from.CreatedAt.UTC(),
		UpdatedAt:    from.UpdatedAt.UTC(),
	}
}
