package simulator

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"wxdesk/internal/simulator/envelope"
	"wxdesk/internal/simulator/random"
)

func (s *Simulator) listAccounts(*http.Request) (int, any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var accounts []Account
	for _, id := range slices.Sorted(maps.Keys(s.state.accounts)) {
		accounts = append(accounts, s.state.accounts[id].Account)
	}
	return http.StatusOK, list(accounts), nil
}

func (s *Simulator) showAccount(r *http.Request) (int, any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.state.account(r.PathValue("app_id"))
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, a.Account, nil
}

// saveAccount makes an account, with everything invented that is not given, or updates the one of that AppID; it answers the same
// either way, so that a start script may simply repeat it.
func (s *Simulator) saveAccount(r *http.Request) (int, any, error) {
	var in Account
	if err := decode(r, &in); err != nil {
		return 0, nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var known Account
	if a, ok := s.state.accounts[in.AppID]; ok {
		known = a.Account
	}
	return s.store(http.StatusCreated, known.overlay(in).completed())
}

// changeAccount changes the given fields; an empty callback_url stops callbacks.
func (s *Simulator) changeAccount(r *http.Request) (int, any, error) {
	body, err := readBody(r)
	if err != nil {
		return 0, nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	changed, err := s.patched(r.PathValue("app_id"), body)
	if err != nil {
		return 0, nil, err
	}
	return s.store(http.StatusOK, changed)
}

func (s *Simulator) store(status int, a Account) (int, any, error) {
	if err := a.check(); err != nil {
		return 0, nil, badRequest("%v", err)
	}
	if err := s.commit(change{Account: &a}); err != nil {
		return 0, nil, err
	}
	return status, a, nil
}

// patched reads fields over an account. The caller holds mu.
func (s *Simulator) patched(appID string, body []byte) (Account, error) {
	a, err := s.state.account(appID)
	if err != nil {
		return Account{}, err
	}
	in := a.Account
	in.AllowedIPs, in.Templates = slices.Clone(in.AllowedIPs), slices.Clone(in.Templates) // decoding would write into the account's own
	if err := decodeBody(body, &in); err != nil {
		return Account{}, err
	}
	if in.AppID != a.AppID {
		return Account{}, badRequest("an app_id does not change")
	}
	changed := a.Account.overlay(in)
	changed.CallbackURL, changed.Name = in.CallbackURL, in.Name
	return changed, nil
}

// verifyAccount is "save configuration": with fields in its body they are saved only if the address passes WeChat's GET check;
// without, the present configuration is checked.
func (s *Simulator) verifyAccount(r *http.Request) (int, any, error) {
	body, err := readBody(r)
	if err != nil {
		return 0, nil, err
	}
	s.mu.Lock()
	a, err := s.patched(r.PathValue("app_id"), body)
	limit := time.Duration(s.state.settings.Timeout)
	s.mu.Unlock()
	if err != nil {
		return 0, nil, err
	}
	if err := a.check(); err != nil {
		return 0, nil, badRequest("%v", err)
	}
	if a.CallbackURL == "" {
		return 0, nil, conflict("the account has no callback_url")
	}
	reason := s.check(r.Context(), a, limit)
	if reason != "" {
		return http.StatusOK, map[string]any{"ok": false, "reason": reason}, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.state.account(a.AppID); err != nil {
		return 0, nil, err
	}
	if _, _, err := s.store(http.StatusOK, a); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, map[string]any{"ok": true, "reason": ""}, nil
}

// check makes the GET of wechat-protocol section 1 and says why it failed. In all modes it is in clear text, and the answer is the
// echostr and not a byte more.
func (s *Simulator) check(ctx context.Context, a Account, limit time.Duration) (reason string) {
	timestamp, nonce, echo := strconv.FormatInt(s.wall().Unix(), 10), newNonce(), "1"+random.Text(18, random.Digits)
	query := url.Values{"signature": {envelope.Sign(a.Token, timestamp, nonce)}, "timestamp": {timestamp}, "nonce": {nonce}, "echostr": {echo}}
	o := s.client.send(ctx, limit, false, func(ctx context.Context) (*http.Request, error) {
		to, err := withQuery(a.CallbackURL, query)
		if err != nil {
			return nil, err
		}
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, to, nil)
		if err == nil {
			setHeaders(r)
		}
		return r, err
	})
	switch {
	case o.err != nil:
		return o.err.Error()
	case o.status != http.StatusOK:
		return "HTTP status " + strconv.Itoa(o.status)
	case string(o.body) != echo:
		return "the body is not the echostr"
	}
	return ""
}

// endTokens makes every access token of an account invalid at once, as if somebody else had fetched new ones.
func (s *Simulator) endTokens(r *http.Request) (int, any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.state.account(r.PathValue("app_id"))
	if err != nil {
		return 0, nil, err
	}
	now := s.now()
	var ended []accessToken
	for _, t := range s.state.tokens {
		if t.AppID == a.AppID && (t.Ends.IsZero() || t.Ends.After(now)) && t.Expires.After(now) {
			t.Ends = now
			ended = append(ended, t)
		}
	}
	if err := s.commit(change{Tokens: ended}); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, map[string]int{"ended": len(ended)}, nil
}

func (s *Simulator) listUsage(r *http.Request) (int, any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.state.account(r.PathValue("app_id"))
	if err != nil {
		return 0, nil, err
	}
	var all []usage
	for path := range a.usage {
		all = append(all, a.calls(path, s.now()))
	}
	slices.SortFunc(all, func(a, b usage) int { return cmp.Compare(a.API, b.API) })
	return http.StatusOK, list(all), nil
}

// listCallbacks gives the attempts behind position `after`, of one customer or one message if asked.
func (s *Simulator) listCallbacks(r *http.Request) (int, any, error) {
	after, err := number(r, "after")
	if err != nil {
		return 0, nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.state.account(r.PathValue("app_id"))
	if err != nil {
		return 0, nil, err
	}
	openID, msgID := r.URL.Query().Get("openid"), r.URL.Query().Get("msg_id")
	items := []Attempt{}
	for _, at := range a.attempts[min(after, len(a.attempts)):] {
		if matches(openID, at.OpenID) && matches(msgID, at.MsgID) {
			items = append(items, at)
		}
	}
	return http.StatusOK, map[string]any{"items": items, "next": len(a.attempts)}, nil
}

// number reads a query parameter that counts; absent is 0.
func number(r *http.Request, name string) (int, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, badRequest("%s is a number, 0 or more", name)
	}
	return n, nil
}
