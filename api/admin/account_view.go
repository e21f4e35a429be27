package admin

import (
	"time"

	"wxdesk/api/web"
	"wxdesk/internal/account"
	"wxdesk/internal/conversation"
	"wxdesk/internal/wechat"
)

// accountView is an official account as the API shows it. Its secrets are never shown, not even that they exist.
type accountView struct {
	ID           string                `json:"id" format:"uuid"`
	CallbackURL  string                `json:"callback_url" doc:"The server URL to enter at WeChat"`
	Callback     callbackView          `json:"callback" doc:"What to enter at WeChat"`
	Name         string                `json:"name"`
	OriginalID   wechat.OriginalID     `json:"original_id"`
	AppID        wechat.AppID          `json:"app_id"`
	Mode         wechat.Mode           `json:"mode" enum:"safe,compatible,plain"`
	Kind         account.Kind          `json:"kind" enum:"service,subscription,sandbox"`
	ReplyMode    account.ReplyMode     `json:"reply_mode" enum:"active,passive"`
	Verified     bool                  `json:"verified"`
	Disabled     bool                  `json:"disabled" doc:"A disabled account's callback is unknown"`
	Language     conversation.Language `json:"language" enum:"zh-CN,zh-TW,en,ja,id"`
	TimeZone     string                `json:"time_zone" example:"Asia/Shanghai" doc:"By which rules tell the time"`
	IdleClose    string                `json:"idle_close" example:"48h" doc:"After this time without a message a conversation closes"`
	BotID        *string               `json:"bot_id" format:"uuid" doc:"null: conversations begin in the default queue"`
	WorkstreamID *string               `json:"workstream_id" format:"uuid" doc:"null: the default workstream"`
	Version      int64                 `json:"version" doc:"Counts changes; also the ETag"`
	CreatedAt    time.Time             `json:"created_at"`
	UpdatedAt    time.Time             `json:"updated_at"`
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

func (a *Admin) accountAnswer(from account.Account) *accountAnswer {
	return &accountAnswer{ETag: etag(from), Body: a.viewAccount(from)}
}

func etag(a account.Account) string { return web.VersionTag(a.Version) }

func (a *Admin) viewAccount(from account.Account) accountView {
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
		BotID:        web.OrNull(string(from.BotID)),
		WorkstreamID: web.OrNull(string(from.Workstream)),
		Version:      from.Version,
		CreatedAt:    from.CreatedAt.UTC(),
		UpdatedAt:    from.UpdatedAt.UTC(),
	}
}
