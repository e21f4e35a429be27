package admin

import (
	"context"
	"errors"
	"time"

	"wxdesk/api/web"
	"wxdesk/internal/access"
	"wxdesk/internal/bot"
	"wxdesk/internal/conversation"
	"wxdesk/internal/wechat"
)

// FAQ stores the entries of the FAQ bot.
type FAQ interface {
	// CreateFAQEntry keeps a new entry and gives it its id. It returns ErrExists when the account has one with this language
	// and phrase, ErrNotFound when there is no such account.
	CreateFAQEntry(ctx context.Context, by access.Actor, e bot.KeptFAQEntry) (bot.KeptFAQEntry, error)
	FAQEntry(ctx context.Context, t conversation.Tenant, id bot.FAQEntryID) (bot.KeptFAQEntry, error)
	// ListFAQEntries pages by creation, oldest first; after is the last id of the page before, "" for the first page.
	ListFAQEntries(ctx context.Context, t conversation.Tenant, f bot.FAQFilter, after bot.FAQEntryID, limit int) ([]bot.KeptFAQEntry, error)
	// UpdateFAQEntry replaces language, phrase and answer if the entry's version is still e.Version (ErrVersion
	// otherwise). ErrExists as above.
	UpdateFAQEntry(ctx context.Context, by access.Actor, e bot.KeptFAQEntry) (bot.KeptFAQEntry, error)
	DeleteFAQEntry(ctx context.Context, by access.Actor, id bot.FAQEntryID) error
}

// faqEntryView is an entry of the FAQ as the API shows it.
type faqEntryView struct {
	ID        string                `json:"id" format:"uuid"`
	AccountID *string               `json:"account_id" format:"uuid" doc:"null: for all accounts"`
	Language  conversation.Language `json:"language" enum:"zh-CN,zh-TW,en,ja,id"`
	Phrase    string                `json:"phrase" doc:"As it is looked for: width and case folded"`
	Answer    string                `json:"answer"`
	Version   int64                 `json:"version" doc:"Counts changes; also the ETag"`
	CreatedAt time.Time             `json:"created_at"`
	UpdatedAt time.Time             `json:"updated_at"`
}

type faqEntryAnswer struct {
	ETag string `header:"ETag"`
	Body faqEntryView
}

type faqEntryCreated struct {
	Location string `header:"Location"`
	ETag     string `header:"ETag"`
	Body     faqEntryView
}

type newFAQEntry struct {
	AccountID *string               `json:"account_id,omitempty" format:"uuid" doc:"Absent or null: for all accounts"`
	Language  conversation.Language `json:"language" enum:"zh-CN,zh-TW,en,ja,id"`
	Phrase    string                `json:"phrase" minLength:"1" maxLength:"200" doc:"What to look for in a customer's message" example:"opening hours"`
	Answer    string                `json:"answer" minLength:"1" maxLength:"2048" doc:"At most 2048 bytes of UTF-8"`
}

func (a *Admin) CreateFAQEntry(ctx context.Context, in *struct{ Body newFAQEntry }) (*faqEntryCreated, error) {
	e := bot.KeptFAQEntry{FAQEntry: bot.FAQEntry{
		Language: in.Body.Language, Phrase: bot.Fold(in.Body.Phrase), Answer: in.Body.Answer,
	}}
	if in.Body.AccountID != nil {
		e.AccountID = conversation.AccountID(*in.Body.AccountID)
	}
	if faults := faqFaults(e.FAQEntry); len(faults) > 0 {
		return nil, web.Invalid.Problem(faults...)
	}
	created, err := a.cfg.FAQ.CreateFAQEntry(ctx, web.CallerOf(ctx).Actor(), e)
	if errors.Is(err, conversation.ErrNotFound) {
		return nil, web.Invalid.Problem(web.FaultAt("body.account_id", "expected the id of an account, or null for all"))
	}
	if err != nil {
		return nil, err
	}
	return &faqEntryCreated{
		Location: "/v1/faq-entries/" + string(created.ID), ETag: web.VersionTag(created.Version), Body: viewFAQEntry(created),
	}, nil
}

// faqFaults tells what is wrong with an entry whose phrase is folded.
func faqFaults(e bot.FAQEntry) (faults []web.Fault) {
	if wechat.Blank(e.Phrase) {
		faults = append(faults, web.FaultAt("body.phrase", "expected a phrase that shows something"))
	}
	if wechat.Blank(e.Answer) || len(e.Answer) > wechat.MaxTextBytes {
		faults = append(faults, web.FaultAt("body.answer", "expected a text that shows something, of at most 2048 bytes"))
	}
	return faults
}

func (a *Admin) ListFAQEntries(ctx context.Context, in *struct {
	Account  string                `query:"account" format:"uuid" doc:"Only this account's own entries"`
	Language conversation.Language `query:"language" enum:"zh-CN,zh-TW,en,ja,id"`
	Limit    int                   `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor   string                `query:"cursor" maxLength:"512" doc:"The next of the page before"`
},
) (*struct{ Body web.Page[faqEntryView] }, error) {
	who := web.CallerOf(ctx)
	list := []string{"faq-entries", string(who.Tenant), in.Account, string(in.Language)}
	after, err := a.cursors.Position(in.Cursor, list...)
	if err != nil {
		return nil, err
	}
	filter := bot.FAQFilter{AccountID: conversation.AccountID(in.Account), Language: in.Language}
	found, err := a.cfg.FAQ.ListFAQEntries(ctx, who.Tenant, filter, bot.FAQEntryID(after), in.Limit+1)
	if err != nil {
		return nil, err
	}
	return &struct{ Body web.Page[faqEntryView] }{web.PageOf(found, in.Limit, viewFAQEntry, func(last bot.KeptFAQEntry) string {
		return a.cursors.After(string(last.ID), list...)
	})}, nil
}

func (a *Admin) GetFAQEntry(ctx context.Context, in *struct {
	ID string `path:"id" format:"uuid"`
},
) (*faqEntryAnswer, error) {
	found, err := a.cfg.FAQ.FAQEntry(ctx, web.CallerOf(ctx).Tenant, bot.FAQEntryID(in.ID))
	if err != nil {
		return nil, err
	}
	return &faqEntryAnswer{ETag: web.VersionTag(found.Version), Body: viewFAQEntry(found)}, nil
}

// faqEntryChange is what may change about an entry; what is absent or null stays.
type faqEntryChange struct {
	Language *conversation.Language `json:"language,omitempty" enum:"zh-CN,zh-TW,en,ja,id"`
	Phrase   *string                `json:"phrase,omitempty" minLength:"1" maxLength:"200"`
	Answer   *string                `json:"answer,omitempty" minLength:"1" maxLength:"2048"`
}

func (a *Admin) ChangeFAQEntry(ctx context.Context, in *struct {
	ID      string `path:"id" format:"uuid"`
	IfMatch string `header:"If-Match" doc:"The ETag that the change is meant for; without it, whatever there is changes"`
	Body    faqEntryChange
},
) (*faqEntryAnswer, error) {
	who := web.CallerOf(ctx)
	for try := 1; ; try++ {
		e, err := a.cfg.FAQ.FAQEntry(ctx, who.Tenant, bot.FAQEntryID(in.ID))
		if err != nil {
			return nil, err
		}
		if web.IsOtherVersion(in.IfMatch, e.Version) {
			return nil, conversation.ErrVersion
		}
		set(&e.Language, in.Body.Language)
		set(&e.Answer, in.Body.Answer)
		if in.Body.Phrase != nil {
			e.Phrase = bot.Fold(*in.Body.Phrase)
		}
		if faults := faqFaults(e.FAQEntry); len(faults) > 0 {
			return nil, web.Invalid.Problem(faults...)
		}
		updated, err := a.cfg.FAQ.UpdateFAQEntry(ctx, who.Actor(), e)
		if errors.Is(err, conversation.ErrVersion) && in.IfMatch == "" && try < changeTries {
			continue
		}
		if err != nil {
			return nil, err
		}
		return &faqEntryAnswer{ETag: web.VersionTag(updated.Version), Body: viewFAQEntry(updated)}, nil
	}
}

func (a *Admin) DeleteFAQEntry(ctx context.Context, in *struct {
	ID string `path:"id" format:"uuid"`
},
) (*struct{}, error) {
	return nil, a.cfg.FAQ.DeleteFAQEntry(ctx, web.CallerOf(ctx).Actor(), bot.FAQEntryID(in.ID))
}

func viewFAQEntry(from bot.KeptFAQEntry) faqEntryView {
	return faqEntryView{
		ID:        string(from.ID),
		AccountID: web.OrNull(string(from.AccountID)),
		Language:  from.Language,
		Phrase:    from.Phrase,
		Answer:    from.Answer,
		Version:   from.Version,
		CreatedAt: from.CreatedAt.UTC(),
		UpdatedAt: from.UpdatedAt.UTC(),
	}
}
