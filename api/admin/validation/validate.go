package validation

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"wxdesk/api/web"
	"wxdesk/internal/account"
	"wxdesk/internal/wechat"
)

// Validator tries out accounts. All its fields must be set.
type Validator struct {
	Checks    AccountChecks
	Callbacks CallbackRecords
	Platform  TokenAPI
	HTTP      *http.Client // calls the callback URL as WeChat would
	Callback  CallbackFacts
	Log       *slog.Logger
	Now       func() time.Time
}

// Step is the result of one step.
type Step struct {
	Name    string
	OK      bool
	Message string // a sentence for the administrator
}

// The steps of a validation.
const (
	stepToken = "token"
	stepCheck = "callback-check"
	stepEvent = "callback-event"

	// Bounds of the steps, together below web.RequestWithin.
	credentialsWithin = 4 * time.Second
	probeWithin       = 5 * time.Second // as patient as WeChat
)

// Validate tries out an account in three steps. The token step asks WeChat for an access token. The other two call
// the account's callback at a URL as WeChat would: the check of the server URL, then an event. Whether
// WeChat itself has the same Token, key and mode, only its own callbacks can show; the last ones since the account was
// changed complete the two findings.
func (v Validator) Validate(ctx context.Context, account account.Account, url string) ([]Step, error) {
	if account.Disabled {
		off := broken("Not tried, because the account is disabled: enable it first.")
		return steps(off, off, off), nil
	}
	from, err := v.Checks.Credentials(ctx, account.Tenant, account.ID)
	if err != nil {
		return nil, err
	}
	token := v.tryCredentials(ctx, from)

	if err := v.settle(ctx, account); err != nil {
		return nil, err
	}
	seen, err := v.Callbacks.CallbackRecords(ctx, account.Tenant, account.ID, account.Version)
	if err != nil {
		return nil, err
	}
	open, err := v.Checks.CallbackAccount(ctx, account.ID)
	if err != nil {
		return nil, err
	}
	p := prober{http: v.HTTP, url: url, account: open, facts: v.Callback, now: v.Now}
	check := p.check(ctx)
	if !check.ok {
		return steps(token, check, broken("Not tried, because the callback check has to pass first.")), nil
	}
	event, err := v.tryEvent(ctx, p)
	if err != nil {
		return nil, err
	}
	if event.ok {
		event = contentFinding(seen)
	}
	return steps(token, signatureFinding(seen), event), nil
}

func steps(token, check, event finding) []Step {
	return []Step{
		{stepToken, token.ok, token.sentence},
		{stepCheck, check.ok, check.sentence},
		{stepEvent, event.ok, event.sentence},
	}
}

func (v Validator) tryCredentials(ctx context.Context, from wechat.Credentials) finding {
	ctx, cancel := context.WithTimeout(ctx, credentialsWithin)
	defer cancel()
	err := v.Platform.CheckCredentials(ctx, from)
	var refusal web.WeChatRefusal
	switch {
	case err == nil:
		return well("WeChat accepts AppID and AppSecret.")
	case errors.As(err, &refusal) && refusal.ErrCode() != wechat.CodeOK:
		return broken(web.SentenceOf(refusal))
	}
	v.Log.WarnContext(ctx, "WeChat call failed", "account_id", from.AccountID, "error", err)
	return broken("WeChat's API gives no usable answer: check that WXDESK_WECHAT_API is right and that this machine may call it.")
}

// tryEvent posts an event, and looks whether it has come in.
func (v Validator) tryEvent(ctx context.Context, p prober) (finding, error) {
	found, messageKey, err := p.event(ctx)
	if err != nil || !found.ok {
		return found, err
	}
	kept, err := v.Callbacks.EventKept(ctx, p.account.Tenant, p.account.ID, messageKey)
	if err == nil && !kept {
		found = broken("The callback takes an event that never arrives here: WXDESK_PUBLIC_URL leads to another installation, or a proxy changes the bodies of requests.")
	}
	return found, err
}

// settle waits until every API process knows the account as it is now.
func (v Validator) settle(ctx context.Context, account account.Account) error {
	wait := min(v.Callback.KnownFor, account.UpdatedAt.Add(v.Callback.KnownFor).Sub(v.Now()))
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
