package wxapi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/secret"
	"wxdesk/internal/wechat"
	"wxdesk/internal/wechat/wxapi"
)

const (
	customer  = wechat.OpenID("oyORnuP8q7ou2gfYjqLzSIWZf0rs")
	appSecret = "canary0secret0canary0secret0cana"
	tokenA    = "TOKEN-A-canary"
	tokenB    = "TOKEN-B-canary"
	ok        = `{"errcode":0,"errmsg":"ok"}`
)

func credentials() wechat.Credentials {
	return wechat.Credentials{AccountID: "acc", AppID: "wx2c2769f8efd9abc2", AppSecret: secret.New(appSecret)}
}

// platform is a WeChat that a test scripts. Without a script it sends to whoever has the current token.
type platform struct {
	*httptest.Server
	mu     sync.Mutex
	token  string             // the only one it takes
	send   []http.HandlerFunc // the next answers to a send; the last one stays
	answer []http.HandlerFunc // and to any other call
	fetch  []http.HandlerFunc // the next answers to a request for a token
	sends  []sent
	calls  []called
	asked  []map[string]any                   // bodies of token requests
	onAsk  func()                             // before a token is given
	peek   func(r *http.Request, body string) // at any other call
	rotate bool                               // a forced refresh makes tokenB current
}

type sent struct{ token, body string }

// called is a call other than a send: its method, path and parameters without the token, the token, and its body.
type called struct{ request, token, body string }

func newPlatform(t *testing.T) *platform {
	t.Helper()
	p := &platform{token: tokenA}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /cgi-bin/message/custom/send", p.takeMessage)
	mux.HandleFunc("POST /cgi-bin/stable_token", p.giveToken)
	mux.HandleFunc("/", p.takeCall)
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

func (p *platform) takeMessage(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	p.mu.Lock()
	p.sends = append(p.sends, sent{r.URL.Query().Get("access_token"), string(body)})
	answer, current := next(&p.send), p.token
	p.mu.Unlock()
	switch {
	case answer != nil:
		answer(w, r)
	case r.URL.Query().Get("access_token") != current:
		_, _ = fmt.Fprint(w, `{"errcode":40001,"errmsg":"invalid credential rid: x"}`)
	default:
		_, _ = fmt.Fprint(w, ok)
	}
}

func (p *platform) takeCall(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	query := r.URL.Query()
	if p.peek != nil {
		p.peek(r, string(body))
	}
	token := query.Get("access_token")
	query.Del("access_token")
	p.mu.Lock()
	p.calls = append(p.calls, called{strings.TrimSuffix(r.Method+" "+r.URL.Path+"?"+query.Encode(), "?"), token, string(body)})
	answer, current := next(&p.answer), p.token
	p.mu.Unlock()
	if answer == nil || token != current {
		answer = says(`{"errcode":40001,"errmsg":"invalid credential rid: x"}`)
	}
	answer(w, r)
}

// answers says what comes to the next calls other than sends; the last one stays.
func (p *platform) answers(answers ...http.HandlerFunc) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = answers
}

func (p *platform) taken() []called {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]called{}, p.calls...)
}

func (p *platform) giveToken(w http.ResponseWriter, r *http.Request) {
	var asked map[string]any
	_ = json.NewDecoder(r.Body).Decode(&asked)
	if p.onAsk != nil {
		p.onAsk()
	}
	p.mu.Lock()
	p.asked = append(p.asked, asked)
	answer := next(&p.fetch)
	if p.rotate && asked["force_refresh"] == true {
		p.token = tokenB
	}
	current := p.token
	p.mu.Unlock()
	if answer != nil {
		answer(w, r)
		return
	}
	_, _ = fmt.Fprintf(w, `{"access_token":%q,"expires_in":7200}`, current)
}

func next(script *[]http.HandlerFunc) http.HandlerFunc {
	if len(*script) == 0 {
		return nil
	}
	first := (*script)[0]
	if len(*script) > 1 {
		*script = (*script)[1:]
	}
	return first
}

func (p *platform) seen() (sends []sent, asked []map[string]any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]sent{}, p.sends...), append([]map[string]any{}, p.asked...)
}

func says(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }
}

func status(code int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body)
	}
}

// hangUp closes the connection without an answer, after the request was read.
func hangUp(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// store is a TokenStore in memory, as strict as one in a database.
type store struct {
	mu        sync.Mutex
	token     wxapi.Token
	refreshes int
	fetches   int
	noForce   bool
	broken    error
}

func storeWith(token string) *store {
	return &store{token: wxapi.Token{Value: secret.New(token), ExpiresAt: time.Now().Add(time.Hour)}}
}

func (s *store) Token(context.Context, string) (wxapi.Token, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken != nil {
		return wxapi.Token{}, s.broken
	}
	if !s.token.Usable(time.Now()) {
		return wxapi.Token{}, wxapi.ErrNoToken
	}
	return s.token, nil
}

func (s *store) Refresh(ctx context.Context, _ string, failed secret.Value, fetch func(context.Context, bool) (wxapi.Token, error)) (wxapi.Token, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refreshes++
	if s.broken != nil {
		return wxapi.Token{}, s.broken
	}
	if s.token.Usable(time.Now()) && s.token.Value.Reveal() != failed.Reveal() {
		return s.token, nil
	}
	s.fetches++
	token, err := fetch(ctx, !s.noForce)
	if err != nil {
		return wxapi.Token{}, fmt.Errorf("refresh: %w", err)
	}
	s.token = token
	return token, nil
}

func client(t *testing.T, p *platform, s wxapi.TokenStore) *wxapi.Client {
	t.Helper()
	return wxapi.New(p.URL, httpClient(t), s)
}

func httpClient(t *testing.T) *http.Client {
	t.Helper()
	hc := wxapi.NewHTTPClient(true)
	t.Cleanup(hc.CloseIdleConnections)
	return hc
}

func requireOutcome(t *testing.T, want wechat.SendStatus, reason string, got wechat.SendOutcome) {
	t.Helper()
	require.Equal(t, want, got.Status, "%+v", got)
	require.Equal(t, reason, got.Reason)
	assert.Equal(t, want == wechat.SendLater, got.After > 0)
	assert.NotContains(t, strings.ToLower(fmt.Sprintf("%+v", got)), "canary")
}

type dial = func(ctx context.Context, network, address string) (net.Conn, error)

// dialerTo leads one address to where the test listens, and leaves the others to next.
func dialerTo(real, address string, next dial) dial {
	return func(ctx context.Context, network, asked string) (net.Conn, error) {
		if asked == address {
			return new(net.Dialer).DialContext(ctx, network, real)
		}
		return next(ctx, network, asked)
	}
}
