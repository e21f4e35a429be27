package callback_test

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/api/apitest"
	"wxdesk/internal/callback"
	"wxdesk/internal/wechat"
)

func TestEndpoint_handsAMessageToItsConversation(t *testing.T) {
	t.Parallel()
	for _, mode := range []wechat.Mode{wechat.ModeSafe, wechat.ModeCompatible, wechat.ModePlain} {
		t.Run(string(mode), func(t *testing.T) {
			w, g := apitest.NewWorld(), apitest.NewWeChat(t, mode)
			h := g.In(w)
			cb := g.Says(apitest.TextMessage("你好"))
			apitest.RequireText(t, cb.Post(t, h), http.StatusOK, "success")

			require.Len(t, w.Received, 1)
			got := w.Received[0]
			inbound, err := wechat.ReadInbound([]byte(apitest.TextMessage("你好")))
			require.NoError(t, err)
			require.Equal(t, g.Tenant, got.Tenant)
			require.Equal(t, g.ID, got.AccountID)
			require.Equal(t, wechat.CustomerKey(g.IDKey, apitest.Customer), string(got.CustomerKey))
			require.Equal(t, wechat.MessageKey(g.IDKey, apitest.AccountA, inbound), got.MessageKey)
			require.Equal(t, callback.Fingerprint(g.IDKey, []byte(apitest.TextMessage("你好"))), got.Fingerprint)
			require.NotEmpty(t, got.DeliveryID)
			require.WithinDuration(t, time.Now(), got.ReceivedAt, time.Minute)
			require.False(t, got.Stale)
			require.NotContains(t, got.Ciphertext, "你好")
		})
	}
}

func TestEndpoint_handsOverCiphertextAndKeyID(t *testing.T) {
	t.Parallel()
	w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
	h := g.In(w)
	cb := g.Says(apitest.TextMessage("hi"))
	apitest.RequireText(t, cb.Post(t, h), http.StatusOK, "success")
	require.Equal(t, cb.Encrypt(t), w.Received[0].Ciphertext)
	require.Equal(t, g.Keys[0].ID, w.Received[0].KeyID)
}

func TestEndpoint_sealsAPlainBodyItself(t *testing.T) {
	t.Parallel()
	w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModePlain)
	h := g.In(w)
	cb := g.Says(apitest.TextMessage("hi"))
	apitest.RequireText(t, cb.Post(t, h), http.StatusOK, "success")
	require.Equal(t, w.SealPlain(callback.Received{}, []byte(cb.Body)), w.Received[0].Ciphertext)
	require.Empty(t, w.Received[0].KeyID)
}

func TestEndpoint_recordsEventsOfNoConversation(t *testing.T) {
	t.Parallel()
	w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
	h := g.In(w)
	event := strings.NewReplacer("[text]", "[event]", "<MsgId>23893347810211482</MsgId>",
		"<Event>LOCATION</Event><Latitude>23.1</Latitude>").Replace(apitest.TextMessage(""))
	cb := g.Says(event)
	apitest.RequireText(t, cb.Post(t, h), http.StatusOK, "success")
	require.Empty(t, w.Received)
	require.Len(t, w.Events, 1)
	require.Equal(t, "LOCATION", w.Events[0].Kind)
	require.Equal(t, event, string(w.Events[0].Body))
	require.NotEmpty(t, w.Events[0].MessageKey)
}

func TestEndpoint_answers503WhenTemporalIsAway(t *testing.T) {
	t.Parallel()
	w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
	h := g.In(w)
	w.TakeCallback = func(context.Context, callback.Received) error { return errors.New("Temporal is away") }
	cb := g.Says(apitest.TextMessage("hi"))
	apitest.RequireText(t, cb.Post(t, h), http.StatusServiceUnavailable, "")
}

func TestEndpoint_answers503WhereQuarantineFails(t *testing.T) {
	t.Parallel()
	w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
	h := g.In(w)
	w.OnQuarantine = func(context.Context) error { return errors.New("Postgres is away") }
	cb := g.Signed("AAAA")
	apitest.RequireText(t, cb.Post(t, h), http.StatusServiceUnavailable, "")
}

func TestEndpoint_survivesAPanicBehindIt(t *testing.T) {
	t.Parallel()
	w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
	h := g.In(w)
	w.TakeCallback = func(context.Context, callback.Received) error { panic("said " + apitest.Customer) }
	cb := g.Says(apitest.TextMessage("hi"))
	apitest.RequireText(t, cb.Post(t, h), http.StatusServiceUnavailable, "")
	require.NotContains(t, w.Logged(), apitest.Customer)
}

func TestEndpoint_returnsTheEchostrInEveryMode(t *testing.T) {
	t.Parallel()
	for _, mode := range []wechat.Mode{wechat.ModeSafe, wechat.ModeCompatible, wechat.ModePlain} {
		g := apitest.NewWeChat(t, mode)
		apitest.RequireText(t, apitest.CheckServerURL(g, g.In(apitest.NewWorld()), func(*apitest.Callback) {}), http.StatusOK, "8273645510294837465")
	}
}

// C01
func TestEndpoint_refusesAWrongEchoSignature(t *testing.T) {
	t.Parallel()
	g := apitest.NewWeChat(t, wechat.ModeSafe)
	answer := apitest.CheckServerURL(g, g.In(apitest.NewWorld()), func(cb *apitest.Callback) { cb.Query.Set("signature", strings.Repeat("0", 40)) })
	apitest.RequireText(t, answer, http.StatusForbidden, "")
}

// C02
func TestEndpoint_refusesMarkupInEchostr(t *testing.T) {
	t.Parallel()
	g := apitest.NewWeChat(t, wechat.ModeSafe)
	h := g.In(apitest.NewWorld())
	for _, echostr := range []string{"", "<script>", "a b", "a\nb", "ä", strings.Repeat("1", 513)} {
		answer := apitest.CheckServerURL(g, h, func(cb *apitest.Callback) { cb.Query.Set("echostr", echostr) })
		apitest.RequireText(t, answer, http.StatusBadRequest, "")
	}
}

// C06
func TestEndpoint_marksLateCallbacksStale(t *testing.T) {
	t.Parallel()
	for _, off := range []time.Duration{-11 * time.Minute, 11 * time.Minute} {
		w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
		h := g.In(w)
		cb := g.Says(apitest.TextMessage("hi"))
		cb.Query.Set("timestamp", strconv.FormatInt(time.Now().Add(off).Unix(), 10))
		cb.Sign(cb.Encrypt(t))
		apitest.RequireText(t, cb.Post(t, h), http.StatusOK, "success")
		require.True(t, w.Received[0].Stale)
	}
}

// C08
func TestEndpoint_swappedTimestampAndNonce(t *testing.T) {
	t.Parallel()
	swap := func(cb *apitest.Callback) {
		timestamp, nonce := cb.Query.Get("timestamp"), cb.Query.Get("nonce")
		cb.Query.Set("timestamp", nonce)
		cb.Query.Set("nonce", timestamp)
	}
	t.Run("a nonce that is no timestamp is refused", func(t *testing.T) {
		w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
		h := g.In(w)
		cb := g.Says(apitest.TextMessage("hi"))
		swap(&cb)
		apitest.RequireText(t, cb.Post(t, h), http.StatusBadRequest, "")
	})
	t.Run("one that looks like one is stale, and the message key is the same", func(t *testing.T) {
		w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
		h := g.In(w)
		cb := g.Says(apitest.TextMessage("hi"))
		cb.Query.Set("nonce", "1234567890")
		cb.Sign(cb.Encrypt(t))
		apitest.RequireText(t, cb.Post(t, h), http.StatusOK, "success")
		swap(&cb)
		apitest.RequireText(t, cb.Post(t, h), http.StatusOK, "success")
		require.False(t, w.Received[0].Stale)
		require.True(t, w.Received[1].Stale)
		require.Equal(t, w.Received[0].MessageKey, w.Received[1].MessageKey)
	})
}

// C10, C11
func TestEndpoint_repeatsKeepTheirKey(t *testing.T) {
	t.Parallel()
	w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
	h := g.In(w)
	var wg sync.WaitGroup
	for range 4 {
		cb := g.Says(apitest.TextMessage("hi"))
		wg.Go(func() { apitest.RequireText(t, cb.Post(t, h), http.StatusOK, "success") })
	}
	wg.Wait()
	other := g.Says(apitest.TextMessage("something else"))
	apitest.RequireText(t, other.Post(t, h), http.StatusOK, "success")

	deliveries := map[string]bool{}
	for _, got := range w.Received {
		require.Equal(t, w.Received[0].MessageKey, got.MessageKey)
		deliveries[got.DeliveryID] = true
	}
	require.Len(t, deliveries, 5)
	require.Equal(t, w.Received[0].Fingerprint, w.Received[3].Fingerprint)
	require.NotEqual(t, w.Received[0].Fingerprint, w.Received[4].Fingerprint)
}

func TestEndpoint_ignoresTheURLSignature(t *testing.T) {
	t.Parallel()
	w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
	h := g.In(w)
	cb := g.Says(apitest.TextMessage("hi"))
	cb.Query.Del("signature")
	apitest.RequireText(t, cb.Post(t, h), http.StatusOK, "success")
}

func TestEndpoint_acceptsTheReplacedToken(t *testing.T) {
	t.Parallel()
	w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
	h := g.In(w)
	cb := g.Says(apitest.TextMessage("hi"))
	cb.Query.Set("msg_signature", wechat.Signature("replacedToken", cb.Query.Get("timestamp"), apitest.Nonce, cb.Encrypt(t)))
	apitest.RequireText(t, cb.Post(t, h), http.StatusOK, "success")
}

// C15
func TestEndpoint_ignoresPlaintextBesideEncrypt(t *testing.T) {
	t.Parallel()
	w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeCompatible)
	h := g.In(w)
	cb := g.Says(apitest.TextMessage("the truth"))
	cb.Body = strings.Replace(cb.Body, "<Encrypt>",
		"<FromUserName>oEVIL</FromUserName><MsgType>event</MsgType><Content>a lie</Content><MsgId>1</MsgId><Encrypt>", 1)
	apitest.RequireText(t, cb.Post(t, h), http.StatusOK, "success")
	require.Equal(t, wechat.CustomerKey(g.IDKey, apitest.Customer), string(w.Received[0].CustomerKey))
	require.Equal(t, callback.Fingerprint(g.IDKey, []byte(apitest.TextMessage("the truth"))), w.Received[0].Fingerprint)
}

func TestEndpoint_logsNoContentAndNoPerson(t *testing.T) {
	t.Parallel()
	w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
	h := g.In(w)
	canary := "canary-said-this"
	for _, cb := range []apitest.Callback{g.Says(apitest.TextMessage(canary)), g.Signed("AAAA"), g.Says(apitest.TextMessage(canary + "\xff")), g.Foreign("wx00000000000000bb")} {
		cb.Post(t, h)
		cb.Query.Set("openid", "oCANARYbbbccccddddeeeeffff-_1")
		cb.Post(t, h)
		cb.Query.Set("nonce", "canary nonce")
		cb.Post(t, h)
	}
	log := w.Logged()
	require.NotEmpty(t, log)
	for _, secret := range []string{canary, apitest.Customer, "oCANARY", "canary nonce", apitest.TokenA, apitest.KeyA, "signature=", g.Says(apitest.TextMessage("")).Query.Get("signature")} {
		require.NotContains(t, log, secret)
	}
	require.Contains(t, log, apitest.AccountA)
}
