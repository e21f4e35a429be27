package admin

import (
	"context"

	"wxdesk/api/web"
	"wxdesk/internal/conversation"
)

type validationView struct {
	OK    bool       `json:"ok" doc:"Every step is well"`
	Steps []stepView `json:"steps" nullable:"false" doc:"In this order: token, callback-check, callback-event"`
}

type stepView struct {
	Name    string `json:"name" enum:"token,callback-check,callback-event"`
	OK      bool   `json:"ok"`
	Message string `json:"message" doc:"One sentence: what is well, or what is wrong and what to do"`
}

// ValidateAccount tries out an account's set-up, and says what is wrong and what to do.
func (a *Admin) ValidateAccount(ctx context.Context, in *struct {
	ID string `path:"id" format:"uuid"`
},
) (*struct{ Body validationView }, error) {
	account, err := a.cfg.Accounts.Account(ctx, web.CallerOf(ctx).Tenant, conversation.AccountID(in.ID))
	if err != nil {
		return nil, err
	}
	steps, err := a.validator.Validate(ctx, account, a.callbackURL(account.ID))
	if err != nil {
		return nil, err
	}
	v := validationView{OK: true}
	for _, step := range steps {
		v.OK = v.OK && step.OK
		v.Steps = append(v.Steps, stepView{step.Name, step.OK, step.Message})
	}
	return &struct{ Body validationView }{v}, nil
}
