package admin

import (
	"context"
	"errors"
	"time"

	"wxdesk/api/web"
	"wxdesk/internal/access"
	"wxdesk/internal/bot"
	"wxdesk/internal/conversation"
	"wxdesk/internal/secret"
)

// Bots stores the bots that an account can have.
type Bots interface {
	// CreateBot keeps a new bot and gives it its id. The secret is a webhook's, empty for every other kind.
	CreateBot(ctx context.Context, by access.Actor, b bot.Setup, key secret.Value) (bot.Setup, error)
	Bot(ctx context.Context, t conversation.Tenant, id conversation.BotID) (bot.Setup, error)
	// ListBots pages by creation, oldest first; after is the last id of the page before, "" for the first page.
	ListBots(ctx context.Context, t conversation.Tenant, after conversation.BotID, limit int) ([]bot.Setup, error)
	// UpdateBot replaces name and URL if the bot's version is still b.Version (ErrVersion otherwise), and the secret if
	// one is given; the replaced one signs too for a day.
	UpdateBot(ctx context.Context, by access.Actor, b bot.Setup, key secret.Value) (bot.Setup, error)
	// DeleteBot deletes a bot. It returns ErrInUse while an account is set up with it.
	DeleteBot(ctx context.Context, by access.Actor, id conversation.BotID) error
}

// botView is a bot as the API shows it. Its secret is never shown.
type botView struct {
	ID        string    `json:"id" format:"uuid"`
	Kind      bot.Kind  `json:"kind" enum:"faq,webhook"`
	Name      string    `json:"name"`
	URL       string    `json:"url,omitempty" doc:"Of a webhook"`
	Version   int64     `json:"version" doc:"Counts changes; also the ETag"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`

	OldSecretUntil *time.Time `json:"old_secret_until,omitempty" doc:"Of a webhook whose secret was replaced: until when questions are signed with the replaced one too"`
}

type botAnswer struct {
	ETag string `header:"ETag"`
	Body botView
}

type botCreated struct {
	Location string `header:"Location"`
	ETag     string `header:"ETag"`
	Body     botView
}

type newBot struct {
	Kind   bot.Kind     `json:"kind" enum:"faq,webhook"`
	Name   string       `json:"name" minLength:"1" maxLength:"100"`
	URL    string       `json:"url,omitempty" doc:"Of a webhook: an https URL of a public host on port 443 or 8443" example:"https://bot.example/turn"`
	Secret secret.Value `json:"secret,omitempty" writeOnly:"true" doc:"Of a webhook: whsec_ and the base64 of 24 to 64 random bytes; signs what the bot is asked"`
}

func (a *Admin) CreateBot(ctx context.Context, in *struct{ Body newBot }) (*botCreated, error) {
	b := bot.Setup{Kind: in.Body.Kind, Name: in.Body.Name, URL: in.Body.URL}
	key := unmasked(in.Body.Secret)
	faults := a.botFaults(ctx, b, key)
	if b.Kind == bot.KindWebhook && key.Empty() {
		faults = append(faults, badBotSecret())
	}
	if len(faults) > 0 {
		return nil, web.Invalid.Problem(faults...)
	}
	created, err := a.cfg.Bots.CreateBot(ctx, web.CallerOf(ctx).Actor(), b, key)
	if err != nil {
		return nil, err
	}
	return &botCreated{Location: "/v1/bots/" + string(created.ID), ETag: web.VersionTag(created.Version), Body: viewBot(created)}, nil
}

func (a *Admin) ListBots(ctx context.Context, in *struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor string `query:"cursor" maxLength:"512" doc:"The next of the page before"`
},
) (*struct{ Body web.Page[botView] }, error) {
	who := web.CallerOf(ctx)
	list := []string{"bots", string(who.Tenant)}
	after, err := a.cursors.Position(in.Cursor, list...)
	if err != nil {
		return nil, err
	}
	found, err := a.cfg.Bots.ListBots(ctx, who.Tenant, conversation.BotID(after), in.Limit+1)
	if err != nil {
		return nil, err
	}
	return &struct{ Body web.Page[botView] }{web.PageOf(found, in.Limit, viewBot, func(last bot.Setup) string {
		return a.cursors.After(string(last.ID), list...)
	})}, nil
}

func (a *Admin) GetBot(ctx context.Context, in *struct {
	ID string `path:"id" format:"uuid"`
},
) (*botAnswer, error) {
	found, err := a.cfg.Bots.Bot(ctx, web.CallerOf(ctx).Tenant, conversation.BotID(in.ID))
	if err != nil {
		return nil, err
	}
	return &botAnswer{ETag: web.VersionTag(found.Version), Body: viewBot(found)}, nil
}

// botChange is what may change about a bot; what is absent or null stays.
type botChange struct {
	Name   *string      `json:"name,omitempty" minLength:"1" maxLength:"100"`
	URL    *string      `json:"url,omitempty" doc:"Of a webhook"`
	Secret secret.Value `json:"secret,omitempty" writeOnly:"true" doc:"Of a webhook; for 24 hours questions are signed with the replaced one too. Empty or a mask of asterisks: unchanged"`
}

func (a *Admin) ChangeBot(ctx context.Context, in *struct {
	ID      string `path:"id" format:"uuid"`
	IfMatch string `header:"If-Match" doc:"The ETag that the change is meant for; without it, whatever there is changes"`
	Body    botChange
},
) (*botAnswer, error) {
	who, key := web.CallerOf(ctx), unmasked(in.Body.Secret)
	for try := 1; ; try++ {
		b, err := a.cfg.Bots.Bot(ctx, who.Tenant, conversation.BotID(in.ID))
		if err != nil {
			return nil, err
		}
		if web.IsOtherVersion(in.IfMatch, b.Version) {
			return nil, conversation.ErrVersion
		}
		set(&b.Name, in.Body.Name)
		set(&b.URL, in.Body.URL)
		if faults := a.botFaults(ctx, b, key); len(faults) > 0 {
			return nil, web.Invalid.Problem(faults...)
		}
		updated, err := a.cfg.Bots.UpdateBot(ctx, who.Actor(), b, key)
		if errors.Is(err, conversation.ErrVersion) && in.IfMatch == "" && try < changeTries {
			continue
		}
		if err != nil {
			return nil, err
		}
		return &botAnswer{ETag: web.VersionTag(updated.Version), Body: viewBot(updated)}, nil
	}
}

func (a *Admin) DeleteBot(ctx context.Context, in *struct {
	ID string `path:"id" format:"uuid"`
},
) (*struct{}, error) {
	return nil, a.cfg.Bots.DeleteBot(ctx, web.CallerOf(ctx).Actor(), conversation.BotID(in.ID))
}

func viewBot(from bot.Setup) botView {
	view := botView{
		ID:        string(from.ID),
		Kind:      from.Kind,
		Name:      from.Name,
		URL:       from.URL,
		Version:   from.Version,
		CreatedAt: from.CreatedAt.UTC(),
		UpdatedAt: from.UpdatedAt.UTC(),
	}
	if !from.OldSecretUntil.IsZero() {
		until := from.OldSecretUntil.UTC()
		view.OldSecretUntil = &until
	}
	return view
}
