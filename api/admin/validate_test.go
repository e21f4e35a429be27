package admin_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/api"
	"wxdesk/api/apitest"
	"wxdesk/internal/account"
	"wxdesk/internal/conversation"
	"wxdesk/internal/secret"
	"wxdesk/internal/wechat"
)

type validation struct {
	OK    bool
	Steps []struct {
		Name, Message string
		OK            bool
	}
}

// site is an API that can be called through its public URL, and an account in it.
type site struct {
	*apitest.World
	apitest.WeChat
	handler http.Handler
	front   http.Handler // what answers at the public URL
}

// newSite has an account that was not changed recently. WeChat's side of it is the gate.
func newSite(t *testing.T, mode wechat.Mode) *site {
	t.Helper()
	s := &site{World: apitest.NewWorld(), WeChat: apitest.NewWeChat(t, mode)}
	s.Version = 1
	s.Accounts[s.ID] = s.WeChat.Account
	s.World.Secrets[s.ID] = account.Secrets{AppSecret: secret.New(apitest.AppSecret)}
	s.SetFindAccount(func(context.Context, conversation.AccountID) (account.CallbackAccount, error) {
		return s.WeChat.CallbackAccount, nil
	})

	public := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.front.ServeHTTP(w, r) }))
	t.Cleanup(public.Close)
	client := public.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	cfg := s.Config()
	cfg.PublicURL, cfg.HTTP = public.URL, client
	s.handler = api.New(cfg).Handler()
	s.front = s.handler
	return s
}

// path is the account in the API.
func (s *site) path() string { return "/v1/accounts/" + string(s.ID) }

func (s *site) validate(t *testing.T) validation {
	t.Helper()
	answer := apitest.Call(t, s.handler, "admin", http.MethodPost, s.path()+"/validate", "")
	require.Equal(t, http.StatusOK, answer.Code, answer.Body.String())
	v := apitest.Decode[validation](t, answer)
	require.Len(t, v.Steps, 3)
	ok := true
	for i, name := range []string{"token", "callback-check", "callback-event"} {
		require.Equal(t, name, v.Steps[i].Name)
		require.Regexp(t, `^[A-Z].*\.$`, v.Steps[i].Message)
		require.NotContains(t, v.Steps[i].Message, ". ", "one sentence")
		ok = ok && v.Steps[i].OK
	}
	require.Equal(t, ok, v.OK)
	return v
}

// refusedByWeChat is what the platform's client fails with.
type refusedByWeChat struct {
	code    wechat.ErrCode
	address netip.Addr
}

func (e refusedByWeChat) Error() string { return "refused" }

func (e refusedByWeChat) ErrCode() wechat.ErrCode { return e.code }

func (e refusedByWeChat) RefusedAddress() netip.Addr { return e.address }

func TestValidate_goodAccountPassesInEveryMode(t *testing.T) {
	t.Parallel()
	for _, mode := range []wechat.Mode{wechat.ModeSafe, wechat.ModeCompatible, wechat.ModePlain} {
		t.Run(string(mode), func(t *testing.T) {
			s := newSite(t, mode)
			v := s.validate(t)
			require.True(t, v.OK, v)
			require.Contains(t, v.Steps[1].Message, "not known yet", "WeChat itself has not called")
			require.Len(t, s.Events, 1)
			require.Equal(t, "debug_demo", s.Events[0].Kind)
			require.Empty(t, s.Recorded, "our own calls say nothing about WeChat's")

			cb := s.Says(apitest.TextMessage("hi"))
			apitest.RequireText(t, cb.Post(t, s.handler), http.StatusOK, "success")
			v = s.validate(t)
			require.True(t, v.OK, v)
			require.NotContains(t, v.Steps[1].Message+v.Steps[2].Message, "not known yet")
			require.Len(t, s.Events, 2, "each validation brings an event of its own")
		})
	}
}

func TestValidate_explainsRefusedCredentials(t *testing.T) {
	t.Parallel()
	address := netip.MustParseAddr("198.51.100.7")
	for _, c := range []struct {
		err  error
		says []string
	}{
		{refusedByWeChat{code: 40001}, []string{"AppSecret is wrong", "40001"}},
		{refusedByWeChat{code: 40125}, []string{"AppSecret is wrong", "app_secret", "40125"}},
		{refusedByWeChat{code: 40243}, []string{"frozen", "40243"}},
		{refusedByWeChat{code: 40013}, []string{"AppID", "app_id", "40013"}},
		{refusedByWeChat{code: 40164, address: address}, []string{"198.51.100.7", "IP allow list", "40164"}},
		{refusedByWeChat{code: 40164, address: netip.MustParseAddr("::ffff:198.51.100.7")}, []string{"address 198.51.100.7"}},
		{refusedByWeChat{code: 61004}, []string{"this machine's address", "IP allow list", "61004"}},
		{refusedByWeChat{code: 89503, address: address}, []string{"administrator", "confirmed", "89503"}},
		{refusedByWeChat{code: 89506}, []string{"administrator has refused", "89506"}},
		{refusedByWeChat{code: 61024}, []string{"third-party platform", "61024"}},
		{refusedByWeChat{code: -1}, []string{"busy", "try again", "-1"}},
		{refusedByWeChat{code: 45009}, []string{"used up", "45009"}},
		{refusedByWeChat{code: 99999}, []string{"99999"}},
		{fmt.Errorf("wrapped: %w", refusedByWeChat{code: 40243}), []string{"frozen"}},
		{refusedByWeChat{}, []string{"no usable answer"}},
		{errors.New("no route to " + apitest.AppSecret), []string{"no usable answer", "WXDESK_WECHAT_API"}},
	} {
		t.Run(c.err.Error()+" "+c.says[0], func(t *testing.T) {
			t.Parallel()
			s := newSite(t, wechat.ModeSafe)
			s.World.OnCheckCredentials = func() error { return c.err }
			v := s.validate(t)
			require.False(t, v.Steps[0].OK)
			for _, words := range c.says {
				require.Contains(t, v.Steps[0].Message, words)
			}
			require.NotContains(t, v.Steps[0].Message, apitest.AppSecret)
			require.True(t, v.Steps[1].OK && v.Steps[2].OK, "the other steps are tried all the same")
		})
	}
}

func TestValidate_explainsCallbackFailures(t *testing.T) {
	t.Parallel()
	answer := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "https://elsewhere.example/")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	for name, c := range map[string]struct {
		front http.Handler
		says  string
	}{
		"a redirect":             {answer(http.StatusMovedPermanently, ""), "redirects (HTTP 301)"},
		"a guarded proxy":        {answer(http.StatusForbidden, ""), "HTTP 403"},
		"another path":           {answer(http.StatusNotFound, ""), "/wechat/"},
		"not ready":              {answer(http.StatusServiceUnavailable, ""), "/readyz"},
		"a proxy without us":     {answer(http.StatusBadGateway, ""), "HTTP 502"},
		"another program":        {answer(http.StatusOK, "hello"), "another program"},
		"another program's page": {answer(http.StatusOK, strings.Repeat("x", 1<<20)), "another program"},
		"a cut connection":       {http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }), "cannot be reached"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, wechat.ModeSafe)
			s.front = c.front
			v := s.validate(t)
			require.True(t, v.Steps[0].OK)
			require.False(t, v.Steps[1].OK)
			require.Contains(t, v.Steps[1].Message, c.says)
			require.False(t, v.Steps[2].OK)
			require.Contains(t, v.Steps[2].Message, "Not tried")
		})
	}
}

func TestValidate_explainsAnUnreachableCallback(t *testing.T) {
	t.Parallel()
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	untrusted := httptest.NewUnstartedServer(http.NotFoundHandler())
	untrusted.Config.ErrorLog = log.New(io.Discard, "", 0)
	untrusted.StartTLS()
	t.Cleanup(untrusted.Close)
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	for name, c := range map[string]struct{ url, says string }{
		"a name that is not there":       {"http://nowhere.invalid", "host name"},
		"a certificate that is not good": {untrusted.URL, "certificate"},
		"no TLS":                         {strings.Replace(plain.URL, "http:", "https:", 1), "No TLS connection"},
		"nobody listens":                 {gone.URL, "cannot be reached"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, wechat.ModeSafe)
			cfg := s.Config()
			cfg.PublicURL, cfg.HTTP = c.url, &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
			s.handler = api.New(cfg).Handler()
			v := s.validate(t)
			require.False(t, v.Steps[1].OK)
			require.Contains(t, v.Steps[1].Message, c.says)
		})
	}
}

func TestValidate_noticesAnEventThatNeverArrives(t *testing.T) {
	t.Parallel()
	s := newSite(t, wechat.ModeSafe)
	s.front = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			_, _ = io.WriteString(w, "success")
			return
		}
		s.handler.ServeHTTP(w, r)
	})
	v := s.validate(t)
	require.True(t, v.Steps[1].OK)
	require.False(t, v.Steps[2].OK)
	require.Contains(t, v.Steps[2].Message, "never arrives")
}

// TestValidate_findsWrongSettingsAtWeChat breaks WeChat's side of the account, lets it call, and mends it.
func TestValidate_findsWrongSettingsAtWeChat(t *testing.T) {
	t.Parallel()
	replaced := func(g apitest.WeChat) apitest.Callback { // by the replaced key and the current token
		encrypt, err := g.Keys[1].Cipher.Seal([]byte(apitest.TextMessage("hi")))
		require.NoError(t, err)
		return g.Signed(string(encrypt))
	}
	resigned := func(g apitest.WeChat, token string) apitest.Callback {
		cb := g.Says(apitest.TextMessage("hi"))
		cb.Query.Set("msg_signature", wechat.Signature(token, cb.Query.Get("timestamp"), apitest.Nonce, cb.Encrypt(t)))
		return cb
	}
	for name, c := range map[string]struct {
		calls func(g apitest.WeChat) apitest.Callback
		step  int
		says  string
	}{
		"another Token":      {func(g apitest.WeChat) apitest.Callback { return resigned(g, "another") }, 1, "signed with another Token"},
		"the replaced Token": {func(g apitest.WeChat) apitest.Callback { return resigned(g, "replacedToken") }, 1, "Token that was replaced"},
		"another key": {func(g apitest.WeChat) apitest.Callback {
			return g.Signed(apitest.SealedWith(t, strings.Repeat("x", 43)))
		}, 2, "another EncodingAESKey"},
		"the replaced key": {replaced, 2, "EncodingAESKey that was replaced"},
		"another mode":     {func(g apitest.WeChat) apitest.Callback { return g.SignedPlain(apitest.TextMessage("hi")) }, 2, "another mode"},
		"another original id": {func(g apitest.WeChat) apitest.Callback {
			return g.Says(strings.ReplaceAll(apitest.TextMessage("hi"), string(apitest.OriginalA), "gh_ffffffffffff"))
		}, 2, "original_id"},
		"another AppID": {func(g apitest.WeChat) apitest.Callback { return g.Foreign("wx00000000000000bb") }, 2, "app_id"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, wechat.ModeSafe)
			cb := c.calls(s.WeChat)
			cb.Post(t, s.handler)
			v := s.validate(t)
			require.False(t, v.Steps[c.step].OK, v)
			require.Contains(t, v.Steps[c.step].Message, c.says)
			require.True(t, v.Steps[3-c.step].OK, v)

			good := s.Says(apitest.TextMessage("hello"))
			apitest.RequireText(t, good.Post(t, s.handler), http.StatusOK, "success")
			require.True(t, s.validate(t).OK, "the last callback counts")
		})
	}
}

func TestValidate_serverURLCheckShowsWrongToken(t *testing.T) {
	t.Parallel()
	s := newSite(t, wechat.ModeSafe)
	cb := s.SignedPlain("")
	cb.Query.Set("echostr", "123")
	cb.Query.Set("signature", wechat.Signature("another", cb.Query.Get("timestamp"), apitest.Nonce))
	answer := apitest.Call(t, s.handler, "", http.MethodGet, "/wechat/"+cb.Account+"?"+cb.Query.Encode(), "")
	require.Equal(t, http.StatusForbidden, answer.Code)
	v := s.validate(t)
	require.False(t, v.Steps[1].OK)
	require.Contains(t, v.Steps[1].Message, "another Token")
}

func TestValidate_ignoresCallbacksBeforeAChange(t *testing.T) {
	t.Parallel()
	s := newSite(t, wechat.ModeSafe)
	cb := s.Signed(apitest.SealedWith(t, strings.Repeat("x", 43)))
	cb.Post(t, s.handler)
	require.False(t, s.validate(t).OK)
	s.Mu.Lock()
	changed := s.Accounts[s.ID]
	changed.Version++
	s.Accounts[s.ID] = changed
	s.Mu.Unlock()
	v := s.validate(t)
	require.True(t, v.OK)
	require.Contains(t, v.Steps[2].Message, "not known yet")
}

func TestValidate_disabledAccountIsNotTried(t *testing.T) {
	t.Parallel()
	s := newSite(t, wechat.ModeSafe)
	disabled := s.Accounts[s.ID]
	disabled.Disabled = true
	s.Accounts[s.ID] = disabled
	for _, step := range s.validate(t).Steps {
		require.False(t, step.OK)
		require.Contains(t, step.Message, "disabled")
	}
	require.Empty(t, s.Events)
}

func TestValidate_needsTheAccountAndItsSecrets(t *testing.T) {
	t.Parallel()
	s := newSite(t, wechat.ModeSafe)
	apitest.RequireProblem(t, apitest.Call(t, s.handler, "admin", http.MethodPost, "/v1/accounts/"+apitest.AccountB+"/validate", ""), http.StatusNotFound, "not-found")
	apitest.RequireProblem(t, apitest.Call(t, s.handler, "supervisor", http.MethodPost, s.path()+"/validate", ""), http.StatusForbidden, "forbidden")
	s.SetFindAccount(func(context.Context, conversation.AccountID) (account.CallbackAccount, error) {
		return account.CallbackAccount{}, secret.ErrUnavailable
	})
	apitest.RequireProblem(t, apitest.Call(t, s.handler, "admin", http.MethodPost, s.path()+"/validate", ""), http.StatusServiceUnavailable, "secret-unavailable")
}

func TestValidate_waitsForAllProcesses(t *testing.T) {
	t.Parallel()
	s := newSite(t, wechat.ModeSafe)
	fresh := s.Accounts[s.ID]
	fresh.UpdatedAt = time.Now().Add(-1900 * time.Millisecond)
	s.Accounts[s.ID] = fresh
	s.validate(t)
	require.GreaterOrEqual(t, time.Since(fresh.UpdatedAt), 2*time.Second)
}

func TestCallbackSources_asWeChatSays(t *testing.T) {
	t.Parallel()
	s := newSite(t, wechat.ModeSafe)
	list := func() *httptest.ResponseRecorder {
		return apitest.Call(t, s.handler, "admin", http.MethodGet, s.path()+"/callback-sources", "")
	}
	require.JSONEq(t, `{"addresses":[]}`, list().Body.String())
	s.World.OnCallbackIPs = func() ([]netip.Prefix, error) {
		return []netip.Prefix{netip.MustParsePrefix("101.226.103.0/25"), netip.MustParsePrefix("101.226.62.77/32")}, nil
	}
	require.JSONEq(t, `{"addresses":["101.226.103.0/25","101.226.62.77/32"]}`, list().Body.String())

	s.World.OnCallbackIPs = func() ([]netip.Prefix, error) {
		return nil, refusedByWeChat{40164, netip.MustParseAddr("198.51.100.7")}
	}
	apitest.RequireProblem(t, list(), http.StatusBadGateway, "refused-by-wechat")
	require.Contains(t, list().Body.String(), "198.51.100.7")
	for _, unanswered := range []error{refusedByWeChat{}, context.DeadlineExceeded} {
		s.World.OnCallbackIPs = func() ([]netip.Prefix, error) { return nil, unanswered }
		apitest.RequireProblem(t, list(), http.StatusServiceUnavailable, "unavailable")
	}
}

func TestAccounts_showWhatToEnterAtWeChat(t *testing.T) {
	t.Parallel()
	w := apitest.NewWorld()
	cfg := w.Config()
	type shown struct {
		ID       string
		Callback struct {
			URL         string
			IPAllowList []string `json:"ip_allow_list"`
			ModeHint    string   `json:"mode_hint"`
		}
	}
	for i, mode := range []struct{ name, hint string }{{"safe", "安全模式"}, {"compatible", "兼容模式"}, {"plain", "明文模式"}} {
		answer := apitest.Call(t, api.New(cfg).Handler(), "admin", http.MethodPost, "/v1/accounts",
			apitest.AccountBody(t, map[string]any{"mode": mode.name, "app_id": fmt.Sprintf("wx%016x", i)}))
		got := apitest.Decode[shown](t, answer)
		require.Equal(t, "https://desk.example/wechat/"+got.ID, got.Callback.URL)
		require.Equal(t, []string{"198.51.100.7"}, got.Callback.IPAllowList)
		require.Contains(t, got.Callback.ModeHint, mode.hint)
	}
	cfg.EgressIPs = nil
	list := apitest.Call(t, api.New(cfg).Handler(), "admin", http.MethodGet, "/v1/accounts", "")
	require.Contains(t, list.Body.String(), `"ip_allow_list":null`)
}
