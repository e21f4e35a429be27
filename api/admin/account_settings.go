package admin

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"wxdesk/api/web"
	"wxdesk/internal/account"
	"wxdesk/internal/conversation"
	"wxdesk/internal/secret"
	"wxdesk/internal/wechat"
)

type newAccount struct {
	Name           string                `json:"name" minLength:"1" maxLength:"100"`
	OriginalID     wechat.OriginalID     `json:"original_id" doc:"gh_ and 12 hex digits" example:"gh_a1b2c3d4e5f6"`
	AppID          wechat.AppID          `json:"app_id" doc:"wx and 16 hex digits" example:"wx0123456789abcdef"`
	AppSecret      secret.Value          `json:"app_secret" doc:"32 hex digits" writeOnly:"true"`
	Token          secret.Value          `json:"token" doc:"3 to 32 letters or digits" writeOnly:"true"`
	EncodingAESKey secret.Value          `json:"encoding_aes_key,omitempty" doc:"43 of [A-Za-z0-9+/]; needed unless the mode is plain" writeOnly:"true"`
	Mode           wechat.Mode           `json:"mode,omitempty" enum:"safe,compatible,plain" default:"safe"`
	Kind           account.Kind          `json:"kind,omitempty" enum:"service,subscription,sandbox" default:"service"`
	ReplyMode      account.ReplyMode     `json:"reply_mode,omitempty" enum:"active,passive" default:"active" doc:"passive is not available yet"`
	Verified       *bool                 `json:"verified,omitempty" default:"true"`
	Language       conversation.Language `json:"language,omitempty" enum:"zh-CN,zh-TW,en,ja,id" default:"zh-CN"`
	TimeZone       string                `json:"time_zone,omitempty" default:"Asia/Shanghai" maxLength:"100" doc:"An IANA name; by which rules tell the time"`
	IdleClose      string                `json:"idle_close,omitempty" default:"48h" doc:"A duration such as 90s, 30m or 48h; 1s to 720h"`
	WorkstreamID   web.Optional[string]  `json:"workstream_id,omitempty" format:"uuid" doc:"Absent or null: the default workstream"`
	BotID          web.Optional[string]  `json:"bot_id,omitempty" format:"uuid" doc:"Absent: the built-in FAQ bot; null: none, conversations begin in the default queue"`
}

func (a *Admin) CreateAccount(ctx context.Context, in *struct{ Body newAccount }) (*accountCreated, error) {
	who, b := web.CallerOf(ctx), in.Body
	ours := account.Account{
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
		BotID:      account.DefaultBot,
		Workstream: conversation.WorkstreamID(b.WorkstreamID.Value),
	}
	if b.BotID.Given {
		ours.BotID = conversation.BotID(b.BotID.Value)
	}
	secrets := account.Secrets{AppSecret: b.AppSecret, Token: b.Token, EncodingAESKey: b.EncodingAESKey}
	faults := setIdleClose(&ours, b.IdleClose)
	faults = append(faults, accountFaults(ours)...)
	faults = append(faults, missingSecrets(secrets, ours.Mode)...)
	faults = append(faults, secretFaults(secrets)...)
	if len(faults) > 0 {
		return nil, web.Invalid.Problem(faults...)
	}
	created, err := a.cfg.Accounts.CreateAccount(ctx, who.Actor(), ours, secrets)
	if err != nil {
		return nil, err
	}
	return &accountCreated{
		Location: "/v1/accounts/" + string(created.ID),
		ETag:     etag(created),
		Body:     a.viewAccount(created),
	}, nil
}

// accountChange is what may change about an account; what is absent stays, and so does what is null, except bot
// and workstream.
type accountChange struct {
	Name           *string                `json:"name,omitempty" minLength:"1" maxLength:"100"`
	OriginalID     *wechat.OriginalID     `json:"original_id,omitempty"`
	AppID          *wechat.AppID          `json:"app_id,omitempty"`
	AppSecret      secret.Value           `json:"app_secret,omitempty" writeOnly:"true" doc:"Empty or a mask of asterisks: unchanged"`
	Token          secret.Value           `json:"token,omitempty" writeOnly:"true" doc:"Empty or a mask of asterisks: unchanged; a replaced one counts for 24 hours more"`
	EncodingAESKey secret.Value           `json:"encoding_aes_key,omitempty" writeOnly:"true" doc:"Empty or a mask of asterisks: unchanged; a replaced one counts for 24 hours more"`
	Mode           *wechat.Mode           `json:"mode,omitempty" enum:"safe,compatible,plain"`
	Kind           *account.Kind          `json:"kind,omitempty" enum:"service,subscription,sandbox"`
	ReplyMode      *account.ReplyMode     `json:"reply_mode,omitempty" enum:"active,passive"`
	Verified       *bool                  `json:"verified,omitempty"`
	Disabled       *bool                  `json:"disabled,omitempty"`
	Language       *conversation.Language `json:"language,omitempty" enum:"zh-CN,zh-TW,en,ja,id"`
	TimeZone       *string                `json:"time_zone,omitempty" maxLength:"100" doc:"An IANA name; by which rules tell the time"`
	IdleClose      *string                `json:"idle_close,omitempty" doc:"A duration such as 90s, 30m or 48h; 1s to 720h"`
	BotID          web.Optional[string]   `json:"bot_id,omitempty" format:"uuid" doc:"Absent: unchanged; null: none"`
	WorkstreamID   web.Optional[string]   `json:"workstream_id,omitempty" format:"uuid" doc:"Absent: unchanged; null: the default workstream"`
}

// apply changes the account, and returns the secrets to replace and what is wrong with the result.
func (c accountChange) apply(a *account.Account) (account.Secrets, []web.Fault) {
	set(&a.Name, c.Name)
	set(&a.OriginalID, c.OriginalID)
	set(&a.AppID, c.AppID)
	set(&a.Mode, c.Mode)
	set(&a.Kind, c.Kind)
	set(&a.ReplyMode, c.ReplyMode)
	set(&a.Verified, c.Verified)
	set(&a.Disabled, c.Disabled)
	set(&a.Language, c.Language)
	set(&a.TimeZone, c.TimeZone)

	if c.BotID.Given {
		a.BotID = conversation.BotID(c.BotID.Value)
	}
	if c.WorkstreamID.Given {
		a.Workstream = conversation.WorkstreamID(c.WorkstreamID.Value)
	}
	var faults []web.Fault
	if c.IdleClose != nil {
		faults = setIdleClose(a, *c.IdleClose)
	}
	secrets := account.Secrets{
		AppSecret:      unmasked(c.AppSecret),
		Token:          unmasked(c.Token),
		EncodingAESKey: unmasked(c.EncodingAESKey),
	}
	faults = append(faults, accountFaults(*a)...)
	return secrets, append(faults, secretFaults(secrets)...)
}

// unmasked returns a secret that was meant as one: a form that shows asterisks or bullets in place of a secret, and sends
// them back, means no change (M03).
func unmasked(given secret.Value) secret.Value {
	if strings.Trim(given.Reveal(), "*•") == "" || given.Reveal() == secret.Redacted {
		return secret.Value{}
	}
	return given
}
