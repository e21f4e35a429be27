package people

import (
	"context"

	"wxdesk/api/web"
	"wxdesk/internal/user"
)

// preferencesView is what a person has chosen for their desk. A member that they have not chosen is absent.
type preferencesView struct {
	Locale string `json:"locale" enum:"zh-CN,en," doc:"Empty: what the browser says"`
	user.Preferences
}

type preferencesChange struct {
	Locale *string `json:"locale,omitempty" enum:"zh-CN,en,"`
	user.Preferences
}

// ChangePreferences changes the preferences that are given and answers with all of them. Unknown members are refused.
func (p *People) ChangePreferences(ctx context.Context, in *struct{ Body preferencesChange }) (*struct{ Body preferencesView }, error) {
	who := web.CallerOf(ctx)
	locale, chosen, err := p.cfg.Users.SetPreferences(ctx, who.Tenant, user.ID(who.UserID), in.Body.Locale, in.Body.Preferences)
	if err != nil {
		return nil, err
	}
	return &struct{ Body preferencesView }{preferencesView{locale, chosen}}, nil
}
