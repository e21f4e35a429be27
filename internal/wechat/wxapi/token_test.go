package wxapi_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"wxdesk/internal/secret"
	"wxdesk/internal/wechat"
	"wxdesk/internal/wechat/wxapi"
)

func TestSendText_fetchesAMissingToken(t *testing.T) {
	t.Parallel()
	p, s := newPlatform(t), &store{}
	c := client(t, p, s)
	require.Equal(t, wechat.SendSent, c.SendText(t.Context(), credentials(), customer, "1").Status)
	require.Equal(t, wechat.SendSent, c.SendText(t.Context(), credentials(), customer, "2").Status)
	_, asked := p.seen()
	require.Equal(t, []map[string]any{{
		"grant_type": "client_credential", "appid": "wx2c2769f8efd9abc2", "secret": appSecret, "force_refresh": false,
	}}, asked)
	require.Equal(t, tokenA, s.token.Value.Reveal())
	require.WithinDuration(t, time.Now().Add(2*time.Hour), s.token.ExpiresAt, time.Minute)
}

// W01
func TestSendText_refreshesARefusedToken(t *testing.T) {
	t.Parallel()
	for _, code := range []int{40001, 40014, 42001} {
		p, s := newPlatform(t), storeWith("stale")
		p.send = []http.HandlerFunc{says(fmt.Sprintf(`{"errcode":%d,"errmsg":"refused"}`, code)), says(ok)}
		require.Equal(t, wechat.SendSent, client(t, p, s).SendText(t.Context(), credentials(), customer, "x").Status)
		sends, asked := p.seen()
		require.Len(t, sends, 2)
		require.Equal(t, "stale", sends[0].token)
		require.Equal(t, tokenA, sends[1].token)
		require.Equal(t, sends[0].body, sends[1].body)
		require.Len(t, asked, 1)
	}
}

// W01
func TestSendText_secondRefusalIsLater(t *testing.T) {
	t.Parallel()
	p, s := newPlatform(t), storeWith("stale")
	p.send = []http.HandlerFunc{says(`{"errcode":40001,"errmsg":"refused"}`)}
	got := client(t, p, s).SendText(t.Context(), credentials(), customer, "x")
	requireOutcome(t, wechat.SendLater, "access-token-refused", got)
	require.True(t, got.Limited())
	sends, asked := p.seen()
	require.Len(t, sends, 2)
	require.Len(t, asked, 1)
}

// W01
func TestSendText_takesATokenFetchedElsewhere(t *testing.T) {
	t.Parallel()
	p, s := newPlatform(t), storeWith("stale")
	c := client(t, p, s)
	p.token = "stale"
	require.Equal(t, wechat.SendSent, c.SendText(t.Context(), credentials(), customer, "1").Status)
	p.token = tokenB
	s.token = wxapi.Token{Value: secret.New(tokenB), ExpiresAt: time.Now().Add(time.Hour)}
	require.Equal(t, wechat.SendSent, c.SendText(t.Context(), credentials(), customer, "2").Status)
	_, asked := p.seen()
	require.Empty(t, asked)
}

func TestRefresh_forcedOnlyForARefusedToken(t *testing.T) {
	t.Parallel()
	p, s := newPlatform(t), storeWith(tokenA)
	p.rotate = true
	p.send = []http.HandlerFunc{says(`{"errcode":40001}`), says(ok)}
	require.Equal(t, wechat.SendSent, client(t, p, s).SendText(t.Context(), credentials(), customer, "x").Status)
	sends, asked := p.seen()
	require.Equal(t, tokenB, sends[1].token)
	require.Len(t, asked, 2)
	require.Equal(t, false, asked[0]["force_refresh"])
	require.Equal(t, true, asked[1]["force_refresh"])

	p, s = newPlatform(t), storeWith(tokenA)
	s.noForce = true
	p.send = []http.HandlerFunc{says(`{"errcode":40001}`), says(ok)}
	require.Equal(t, wechat.SendSent, client(t, p, s).SendText(t.Context(), credentials(), customer, "x").Status)
	_, asked = p.seen()
	require.Len(t, asked, 1)
}

// W09
func TestRefresh_aHundredSendersMakeOne(t *testing.T) {
	t.Parallel()
	p, s := newPlatform(t), storeWith("stale")
	clients := []*wxapi.Client{client(t, p, s), client(t, p, s)}
	var wg sync.WaitGroup
	outcomes := make(chan wechat.SendOutcome, 100)
	for i := range 100 {
		wg.Go(func() { outcomes <- clients[i%2].SendText(t.Context(), credentials(), customer, "x") })
	}
	wg.Wait()
	close(outcomes)
	for got := range outcomes {
		require.Equal(t, wechat.SendSent, got.Status)
	}
	_, asked := p.seen()
	require.Len(t, asked, 1)
	require.Equal(t, 1, s.fetches)
}

func TestRefresh_isSharedByConcurrentCalls(t *testing.T) {
	t.Parallel()
	p, s := newPlatform(t), &store{}
	c := client(t, p, s)
	release := make(chan struct{})
	p.onAsk = func() { <-release }
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if got := c.SendText(t.Context(), credentials(), customer, "x"); got.Status != wechat.SendSent {
				t.Errorf("%+v", got)
			}
		})
	}
	close(release)
	wg.Wait()
	require.Equal(t, 1, s.fetches)
}

func TestRefresh_outlivesTheCallerWhoGaveUp(t *testing.T) {
	t.Parallel()
	p, s := newPlatform(t), &store{}
	c := client(t, p, s)
	reached, release := make(chan struct{}), make(chan struct{})
	p.onAsk = sync.OnceFunc(func() { close(reached); <-release })
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-reached; cancel() }()
	requireOutcome(t, wechat.SendLater, wechat.ReasonTokenStore, c.SendText(ctx, credentials(), customer, "x"))
	close(release)
	require.Equal(t, wechat.SendSent, c.SendText(t.Context(), credentials(), customer, "x").Status)
	_, asked := p.seen()
	require.Len(t, asked, 1, "the second caller got what the first had begun")
}

// W08
func TestRefresh_checksTheTokenAnswer(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 600)
	for answer, life := range map[string]time.Duration{
		`{"access_token":"t","expires_in":7200}`:                2 * time.Hour,
		`{"access_token":"t","expires_in":"7200"}`:              2 * time.Hour,
		`{"access_token":"t","expires_in":300,"errcode":0}`:     5 * time.Minute,
		`{"access_token":"t","expires_in":1000000000}`:          2 * time.Hour,
		`{"access_token":"t","expires_in":9223372036854775807}`: 2 * time.Hour,
		`{"access_token":"` + long + `","expires_in":7200}`:     2 * time.Hour,
	} {
		p, s := newPlatform(t), &store{}
		p.fetch, p.send = []http.HandlerFunc{says(answer)}, []http.HandlerFunc{says(ok)}
		require.Equal(t, wechat.SendSent, client(t, p, s).SendText(t.Context(), credentials(), customer, "x").Status, answer)
		require.WithinDuration(t, time.Now().Add(life), s.token.ExpiresAt, 10*time.Second)
	}
	for _, answer := range []string{
		`{"access_token":"t","expires_in":0}`, `{"access_token":"t","expires_in":-1}`, `{"access_token":"t"}`, `{"access_token":"t","expires_in":null}`,
		`{"access_token":"t","expires_in":72.5}`, `{"access_token":"t","expires_in":"soon"}`, `{"expires_in":7200}`, `{"access_token":"","expires_in":7200}`,
		`{"access_token":"t\r\nX: y","expires_in":7200}`, `{"access_token":"t u","expires_in":7200}`, `{"access_token":"é","expires_in":7200}`,
		`{"access_token":7,"expires_in":7200}`, `{"access_token":"` + strings.Repeat("a", 4097) + `","expires_in":7200}`, ``, `<html>`, `{`, `null`, `[]`,
	} {
		p, s := newPlatform(t), &store{}
		p.fetch = []http.HandlerFunc{says(answer)}
		requireOutcome(t, wechat.SendLater, wechat.ReasonTokenUnanswered, client(t, p, s).SendText(t.Context(), credentials(), customer, "x"))
		require.True(t, s.token.Value.Empty(), answer)
		sends, _ := p.seen()
		require.Empty(t, sends)
	}
}

func TestFetch_translatesRefusalsOfTheTokenAPI(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]wechat.SendOutcome{
		`{"errcode":40001,"errmsg":"invalid appsecret"}`: {Status: wechat.SendFailed, Code: 40001, Reason: "app-secret-invalid"},
		`{"errcode":40125}`:   {Status: wechat.SendFailed, Code: 40125, Reason: "app-secret-invalid"},
		`{"errcode":40013}`:   {Status: wechat.SendFailed, Code: 40013, Reason: "app-id-invalid"},
		`{"errcode":40164}`:   {Status: wechat.SendFailed, Code: 40164, Reason: "address-not-on-list"},
		`{"errcode":"40243"}`: {Status: wechat.SendFailed, Code: 40243, Reason: "app-secret-frozen"},
		`{"errcode":89503}`:   {Status: wechat.SendLater, Code: 89503, Reason: "address-awaits-administrator", After: 5 * time.Minute},
		`{"errcode":89507}`:   {Status: wechat.SendFailed, Code: 89507, Reason: "address-refused-by-administrator"},
		`{"errcode":61024}`:   {Status: wechat.SendFailed, Code: 61024, Reason: "managed-by-component"},
		`{"errcode":12345}`:   {Status: wechat.SendFailed, Code: 12345, Reason: "unknown-errcode"},
		`{"errcode":1.5}`:     {Status: wechat.SendFailed, Reason: "unknown-errcode"},
		`{"errcode":-1}`:      {Status: wechat.SendLater, Code: -1, Reason: "wechat-busy", After: time.Second},
		`{"errcode":45011}`:   {Status: wechat.SendLater, Code: 45011, Reason: "minute-quota-spent", After: time.Minute},
	} {
		p := newPlatform(t)
		p.fetch = []http.HandlerFunc{says(answer)}
		require.Equal(t, want, client(t, p, &store{}).SendText(t.Context(), credentials(), customer, "x"), answer)
		sends, _ := p.seen()
		require.Empty(t, sends)
	}

	p := newPlatform(t)
	p.fetch = []http.HandlerFunc{says(`{"errcode":45009}`)}
	requireOutcome(t, wechat.SendLater, "daily-quota-spent", client(t, p, &store{}).SendText(t.Context(), credentials(), customer, "x"))
}

func TestFetch_thatGetsNoAnswerIsTriedAgainLater(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]http.HandlerFunc{"502": status(502, ""), "hung up": hangUp, "302": status(302, "")} {
		p := newPlatform(t)
		p.fetch = []http.HandlerFunc{answer}
		got := client(t, p, &store{}).SendText(t.Context(), credentials(), customer, "x")
		require.Equalf(t, wechat.SendOutcome{Status: wechat.SendLater, Reason: wechat.ReasonTokenUnanswered, After: time.Second}, got, name)
	}
	p := newPlatform(t)
	p.Close()
	requireOutcome(t, wechat.SendLater, wechat.ReasonNotReached, client(t, p, &store{}).SendText(t.Context(), credentials(), customer, "x"))
}

func TestStore_thatFailsDelaysTheMessage(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	requireOutcome(t, wechat.SendLater, wechat.ReasonTokenStore,
		client(t, p, &store{broken: errors.New("no database")}).SendText(t.Context(), credentials(), customer, "x"))
	sends, _ := p.seen()
	require.Empty(t, sends)
}

func TestTokens_areKeptPerAppID(t *testing.T) {
	t.Parallel()
	p, s := newPlatform(t), storeWith(tokenA)
	c := client(t, p, s)
	require.Equal(t, wechat.SendSent, c.SendText(t.Context(), credentials(), customer, "1").Status)
	p.token = tokenB
	s.token = wxapi.Token{Value: secret.New(tokenB), ExpiresAt: time.Now().Add(time.Hour)}
	other := credentials()
	other.AppID = "wx0000000000000000"
	require.Equal(t, wechat.SendSent, c.SendText(t.Context(), other, customer, "2").Status)
	sends, _ := p.seen()
	require.Len(t, sends, 2, "no try with the other app's token")
}

// W10
func TestSendText_spansShowNoSecret(t *testing.T) {
	t.Parallel()
	recorder := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(recorder))
	ctx, span := provider.Tracer("test").Start(t.Context(), "send")

	p, s := newPlatform(t), &store{}
	p.send = []http.HandlerFunc{
		says(`{"errcode":42001,"errmsg":"` + tokenA + `"}`), says(`{"errcode":45015,"errmsg":"` + tokenA + `"}`),
	}
	client(t, p, s).SendText(ctx, credentials(), customer, "x")
	p.Close()
	client(t, p, s).SendText(ctx, credentials(), customer, "x") // refused connection: errors are recorded too
	span.End()

	spans := recorder.GetSpans()
	require.Len(t, spans, 7, "three token calls (one forced), two sends, one failed send, and the test's own")
	names := map[string]int{}
	for _, s := range spans {
		names[s.Name]++
		text := fmt.Sprintf("%+v", s)
		require.NotContains(t, text, "canary")
		require.NotContains(t, text, "access_token=")
	}
	require.Equal(t, 3, names["POST /cgi-bin/message/custom/send"])
}
