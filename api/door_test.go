package api_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/conversation"
	"wxdesk/internal/wechat"
)

func TestDoor_handsAMessageToItsConversation(t *testing.T) {
	t.Parallel()
	for _, mode := range []wechat.Mode{wechat.ModeSafe, wechat.ModeCompatible, wechat.ModePlain} {
		t.Run(string(mode), func(t *testing.T) {
			w, g := newWorld(), newGate(t, mode)
			h := g.in(w)
			cb := g.says(message("你好"))
			requireText(t, cb.post(t, h), http.StatusOK, "success")

			require.Len(t, w.handovers, 1)
			got := w.handovers[0]
			inbound, err := wechat.ReadInbound([]byte(message("你好")))
			require.NoError(t, err)
			require.Equal(t, g.Tenant, got.Tenant)
			require.Equal(t, g.ID, got.AccountID)
			require.Equal(t, wechat.CustomerKey(g.IDKey, customer), string(got.CustomerKey))
			require.Equal(t, wechat.MessageKey(g.IDKey, accountA, inbound), got.MessageKey)
			require.Equal(t, conversation.Fingerprint(g.IDKey, []byte(message("你好"))), got.Fingerprint)
			require.NotEmpty(t, got.DeliveryID)
			require.WithinDuration(t, time.Now(), got.ReceivedAt, time.Minute)
			require.False(t, got.Stale)
			require.NotContains(t, got.Ciphertext, "你好")
		})
	}
}

func TestDoor_handsOverCiphertextAndTheKeyThatOpensIt(t *testing.T) {
	t.Parallel()
	w, g := newWorld(), newGate(t, wechat.ModeSafe)
	h := g.in(w)
	cb := g.says(message("hi"))
	requireText(t, cb.post(t, h), http.StatusOK, "success")
	require.Equal(t, cb.encrypt(t), w.handovers[0].Ciphertext)
	require.Equal(t, g.Keys[0].ID, w.handovers[0].KeyID)
}

func TestDoor_sealsAPlainBodyItself(t *testing.T) {
	t.Parallel()
	w, g := newWorld(), newGate(t, wechat.ModePlain)
	h := g.in(w)
	cb := g.says(message("hi"))
	requireText(t, cb.post(t, h), http.StatusOK, "success")
	require.Equal(t, w.SealPlain(conversation.Handover{}, []byte(cb.body)), w.handovers[0].Ciphertext)
	require.Empty(t, w.handovers[0].KeyID)
}

func TestDoor_recordsAnEventThatConcernsNoConversation(t *testing.T) {
	t.Parallel()
	w, g := newWorld(), newGate(t, wechat.ModeSafe)
	h := g.in(w)
	event := strings.NewReplacer("[text]", "[event]", "<MsgId>23893347810211482</MsgId>",
		"<Event>LOCATION</Event><Latitude>23.1</Latitude>").Replace(message(""))
	cb := g.says(event)
	requireText(t, cb.post(t, h), http.StatusOK, "success")
	require.Empty(t, w.handovers)
	require.Len(t, w.events, 1)
	require.Equal(t, "LOCATION", w.events[0].Kind)
	require.Equal(t, event, string(w.events[0].Body))
	require.NotEmpty(t, w.events[0].MessageKey)
}

func TestDoor_answers503WhereTheConversationCannotTakeIt(t *testing.T) {
	t.Parallel()
	w, g := newWorld(), newGate(t, wechat.ModeSafe)
	h := g.in(w)
	w.write = func(context.Context, conversation.Handover) error { return errors.New("Temporal is away") }
	cb := g.says(message("hi"))
	requireText(t, cb.post(t, h), http.StatusServiceUnavailable, "")
}

func TestDoor_answers503WhereQuarantineFails(t *testing.T) {
	t.Parallel()
	w, g := newWorld(), newGate(t, wechat.ModeSafe)
	h := g.in(w)
	w.quar = func(context.Context) error { return errors.New("Postgres is away") }
	cb := g.signed("AAAA")
	requireText(t, cb.post(t, h), http.StatusServiceUnavailable, "")
}

func TestDoor_survivesAPanicBehindIt(t *testing.T) {
	t.Parallel()
	w, g := newWorld(), newGate(t, wechat.ModeSafe)
	h := g.in(w)
	w.write = func(context.Context, conversation.Handover) error { panic("said " + customer) }
	cb := g.says(message("hi"))
	requireText(t, cb.post(t, h), http.StatusServiceUnavailable, "")
	require.NotContains(t, w.logged(), customer)
}

func echo(g gate, h http.Handler, change func(cb *callback)) *httptest.ResponseRecorder {
	cb := g.signedPlain("")
	cb.query.Del("openid")
	cb.query.Set("echostr", "8273645510294837465")
	change(&cb)
	r := httptest.NewRequestWithContext(g.t.Context(), http.MethodGet, "/wechat/"+cb.account+"?"+cb.query.Encode(), nil)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestDoor_returnsTheEchostrInEveryMode(t *testing.T) {
	t.Parallel()
	for _, mode := range []wechat.Mode{wechat.ModeSafe, wechat.ModeCompatible, wechat.ModePlain} {
		g := newGate(t, mode)
		requireText(t, echo(g, g.in(newWorld()), func(*callback) {}), http.StatusOK, "8273645510294837465")
	}
}

func TestBad_C01_verificationWithAWrongSignature(t *testing.T) {
	t.Parallel()
	g := newGate(t, wechat.ModeSafe)
	answer := echo(g, g.in(newWorld()), func(cb *callback) { cb.query.Set("signature", strings.Repeat("0", 40)) })
	requireText(t, answer, http.StatusForbidden, "")
}

func TestBad_C02_echostrThatABrowserCouldTakeForMarkup(t *testing.T) {
	t.Parallel()
	g := newGate(t, wechat.ModeSafe)
	h := g.in(newWorld())
	for _, echostr := range []string{"", "<script>", "a b", "a\nb", "ä", strings.Repeat("1", 513)} {
		answer := echo(g, h, func(cb *callback) { cb.query.Set("echostr", echostr) })
		requireText(t, answer, http.StatusBadRequest, "")
	}
}

func TestBad_C06_lateCallbacksAreStoredAsStale(t *testing.T) {
	t.Parallel()
	for _, off := range []time.Duration{-11 * time.Minute, 11 * time.Minute} {
		w, g := newWorld(), newGate(t, wechat.ModeSafe)
		h := g.in(w)
		cb := g.says(message("hi"))
		cb.query.Set("timestamp", strconv.FormatInt(time.Now().Add(off).Unix(), 10))
		cb.sign(cb.encrypt(t))
		requireText(t, cb.post(t, h), http.StatusOK, "success")
		require.True(t, w.handovers[0].Stale)
	}
}

func TestBad_C08_timestampAndNonceSwapped(t *testing.T) {
	t.Parallel()
	swap := func(cb *callback) {
		timestamp, nonce := cb.query.Get("timestamp"), cb.query.Get("nonce")
		cb.query.Set("timestamp", nonce)
		cb.query.Set("nonce", timestamp)
	}
	t.Run("a nonce that is no timestamp is refused", func(t *testing.T) {
		w, g := newWorld(), newGate(t, wechat.ModeSafe)
		h := g.in(w)
		cb := g.says(message("hi"))
		swap(&cb)
		requireText(t, cb.post(t, h), http.StatusBadRequest, "")
	})
	t.Run("one that looks like one is stale, and the message key is the same", func(t *testing.T) {
		w, g := newWorld(), newGate(t, wechat.ModeSafe)
		h := g.in(w)
		cb := g.says(message("hi"))
		cb.query.Set("nonce", "1234567890")
		cb.sign(cb.encrypt(t))
		requireText(t, cb.post(t, h), http.StatusOK, "success")
		swap(&cb)
		requireText(t, cb.post(t, h), http.StatusOK, "success")
		require.False(t, w.handovers[0].Stale)
		require.True(t, w.handovers[1].Stale)
		require.Equal(t, w.handovers[0].MessageKey, w.handovers[1].MessageKey)
	})
}

func TestBad_C10_C11_repeatsKeepTheirKeyAndTellTheirContentApart(t *testing.T) {
	t.Parallel()
	w, g := newWorld(), newGate(t, wechat.ModeSafe)
	h := g.in(w)
	var wg sync.WaitGroup
	for range 4 {
		cb := g.says(message("hi"))
		wg.Go(func() { requireText(t, cb.post(t, h), http.StatusOK, "success") })
	}
	wg.Wait()
	other := g.says(message("something else"))
	requireText(t, other.post(t, h), http.StatusOK, "success")

	deliveries := map[string]bool{}
	for _, got := range w.handovers {
		require.Equal(t, w.handovers[0].MessageKey, got.MessageKey)
		deliveries[got.DeliveryID] = true
	}
	require.Len(t, deliveries, 5)
	require.Equal(t, w.handovers[0].Fingerprint, w.handovers[3].Fingerprint)
	require.NotEqual(t, w.handovers[0].Fingerprint, w.handovers[4].Fingerprint)
}

func TestDoor_ignoresTheSignatureThatProvesNothingAboutTheBody(t *testing.T) {
	t.Parallel()
	w, g := newWorld(), newGate(t, wechat.ModeSafe)
	h := g.in(w)
	cb := g.says(message("hi"))
	cb.query.Del("signature")
	requireText(t, cb.post(t, h), http.StatusOK, "success")
}

func TestDoor_acceptsTheTokenThatWasJustReplaced(t *testing.T) {
	t.Parallel()
	w, g := newWorld(), newGate(t, wechat.ModeSafe)
	h := g.in(w)
	cb := g.says(message("hi"))
	cb.query.Set("msg_signature", wechat.Signature("replacedToken", cb.query.Get("timestamp"), nonce, cb.encrypt(t)))
	requireText(t, cb.post(t, h), http.StatusOK, "success")
}

func TestBad_C15_plaintextBesideTheEncryptedPartIsIgnored(t *testing.T) {
	t.Parallel()
	w, g := newWorld(), newGate(t, wechat.ModeCompatible)
	h := g.in(w)
	cb := g.says(message("the truth"))
	cb.body = strings.Replace(cb.body, "<Encrypt>",
		"<FromUserName>oEVIL</FromUserName><MsgType>event</MsgType><Content>a lie</Content><MsgId>1</MsgId><Encrypt>", 1)
	requireText(t, cb.post(t, h), http.StatusOK, "success")
	require.Equal(t, wechat.CustomerKey(g.IDKey, customer), string(w.handovers[0].CustomerKey))
	require.Equal(t, conversation.Fingerprint(g.IDKey, []byte(message("the truth"))), w.handovers[0].Fingerprint)
}

func TestDoor_logsNothingThatNamesOrQuotesAnybody(t *testing.T) {
	t.Parallel()
	w, g := newWorld(), newGate(t, wechat.ModeSafe)
	h := g.in(w)
	canary := "canary-said-this"
	for _, cb := range []callback{g.says(message(canary)), g.signed("AAAA"), g.says(message(canary + "\xff")), g.foreign("wx00000000000000bb")} {
		cb.post(t, h)
		cb.query.Set("openid", "oCANARYbbbccccddddeeeeffff-_1")
		cb.post(t, h)
		cb.query.Set("nonce", "canary nonce")
		cb.post(t, h)
	}
	log := w.logged()
	require.NotEmpty(t, log)
	for _, secret := range []string{canary, customer, "oCANARY", "canary nonce", tokenA, keyA, "signature=", g.says(message("")).query.Get("signature")} {
		require.NotContains(t, log, secret)
	}
	require.Contains(t, log, accountA)
}
