package api

import (
	"context"
	"errors"
	"time"

	"wxdesk/internal/conversation"
	"wxdesk/internal/wechat"
)

// The steps of a validation.
const (
	stepToken = "token"
	stepCheck = "callback-check"
	stepEvent = "callback-event"

	// Bounds of the steps, together below requestWithin.
	credentialsWithin = 4 * time.Second
	probeWithin       = 5 * time.Second // as patient as WeChat
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

// finding is what a step came to, as a sentence for the administrator.
type finding struct {
	ok       bool
	sentence string
}

func well(sentence string) finding   { return finding{true, sentence} }
func broken(sentence string) finding { return finding{false, sentence} }

// validateAccount tries out an account in three steps. The token step asks WeChat for an access token. The other two call
// the account's callback through the public URL as WeChat would: the check of the server URL, then an event. Whether
// WeChat itself has the same Token, key and mode, only its own callbacks can show; the last ones since the account was
// changed complete the two findings.
func (a *API) validateAccount(ctx context.Context, in *struct {
	ID string `path:"id" format:"uuid"`
},
) (*struct{ Body validationView }, error) {
	tenant, id := callerOf(ctx).Tenant, conversation.AccountID(in.ID)
	account, err := a.cfg.Accounts.Account(ctx, tenant, id)
	if err != nil {
		return nil, err
	}
	if account.Disabled {
		off := broken("Not tried, because the account is disabled: enable it first.")
		return validation(off, off, off), nil
	}
	from, err := a.cfg.Setups.Credentials(ctx, tenant, id)
	if err != nil {
		return nil, err
	}
	token := a.tryCredentials(ctx, from)

	if err := a.settle(ctx, account); err != nil {
		return nil, err
	}
	seen, err := a.cfg.Setups.CallbackNotices(ctx, tenant, id, account.Version)
	if err != nil {
		return nil, err
	}
	door, err := a.cfg.Doors.Door(ctx, id)
	if err != nil {
		return nil, err
	}
	p := prober{http: a.cfg.HTTP, url: a.callbackURL(id), door: door, now: a.cfg.Now}
	check := p.check(ctx)
	if !check.ok {
		return validation(token, check, broken("Not tried, because the callback check has to pass first.")), nil
	}
	event, err := a.tryEvent(ctx, p)
	if err != nil {
		return nil, err
	}
	if event.ok {
		event = insideOf(seen)
	}
	return validation(token, signatureOf(seen), event), nil
}

func validation(token, check, event finding) *struct{ Body validationView } {
	v := validationView{OK: token.ok && check.ok && event.ok}
	for _, step := range []struct {
		name string
		finding
	}{{stepToken, token}, {stepCheck, check}, {stepEvent, event}} {
		v.Steps = append(v.Steps, stepView{step.name, step.ok, step.sentence})
	}
	return &struct{ Body validationView }{v}
}

func (a *API) tryCredentials(ctx context.Context, from wechat.Credentials) finding {
	ctx, cancel := context.WithTimeout(ctx, credentialsWithin)
	defer cancel()
	err := a.cfg.Platform.CheckCredentials(ctx, from)
	var refusal WeChatRefusal
	switch {
	case err == nil:
		return well("WeChat accepts AppID and AppSecret.")
	case errors.As(err, &refusal) && refusal.ErrCode() != wechat.CodeOK:
		return broken(sentenceOf(refusal))
	}
	a.cfg.Log.WarnContext(ctx, "WeChat gives no answer", "account_id", from.AccountID, "error", err)
	return broken("WeChat's API gives no usable answer: check that WXDESK_WECHAT_API is right and that this machine may call it.")
}

// tryEvent posts an event, and looks whether it has come in.
func (a *API) tryEvent(ctx context.Context, p prober) (finding, error) {
	found, messageKey, err := p.event(ctx)
	if err != nil || !found.ok {
		return found, err
	}
	kept, err := a.cfg.Setups.EventKept(ctx, p.door.Tenant, p.door.ID, messageKey)
	if err == nil && !kept {
		found = broken("The callback takes an event that never arrives here: WXDESK_PUBLIC_URL leads to another installation, or a proxy changes the bodies of requests.")
	}
	return found, err
}

// settle waits until every API process knows the account as it is now.
func (a *API) settle(ctx context.Context, account conversation.Account) error {
	wait := min(accountFor, account.UpdatedAt.Add(accountFor).Sub(a.cfg.Now()))
	if wait <= 0 {
		return nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
