package callback_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"wxdesk/api"
	"wxdesk/api/apitest"
	"wxdesk/internal/account"
	"wxdesk/internal/conversation"
	"wxdesk/internal/secret"
	"wxdesk/internal/wechat"
)

// C07
// A wrong clock of ours must lose nothing, and a replay must do nothing: what is late goes to its conversation under the key
// by which that knows it again, as often as it comes.
func TestEndpoint_lateCallbackKeepsItsKey(t *testing.T) {
	t.Parallel()
	w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
	h := g.In(w)
	cb := g.Says(apitest.TextMessage("hi"))
	apitest.RequireText(t, cb.Post(t, h), http.StatusOK, "success")
	for _, timestamp := range []string{"1500000000", "1000000000", "4102444800"} {
		cb.Query.Set("timestamp", timestamp)
		cb.Sign(cb.Encrypt(t))
		apitest.RequireText(t, cb.Post(t, h), http.StatusOK, "success")
	}
	for _, late := range w.Received[1:] {
		require.True(t, late.Stale)
		require.Equal(t, w.Received[0].MessageKey, late.MessageKey)
		require.Equal(t, w.Received[0].Fingerprint, late.Fingerprint)
	}
}

// C16
// Nobody who asks for accounts learns which there have been: whoever is unknown, disabled or removed is looked up once, by
// one question whose answer is the same word, is remembered for as long, and gets the same bytes.
func TestEndpoint_unknownLooksLikeDisabled(t *testing.T) {
	t.Parallel()
	apitest.InFakeTime(t, func(t *testing.T) {
		w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
		g.In(w)
		h := w.Handler()
		var answers []string
		var lookUps []int
		for _, id := range []string{apitest.AccountA, apitest.AccountB} { // the port has one word for all of them, which a test of the ledger proves
			w.SetFindAccount(func(context.Context, conversation.AccountID) (account.CallbackAccount, error) {
				return account.CallbackAccount{}, fmt.Errorf("find the account of a callback: %w", conversation.ErrNotFound)
			})
			cb := g.Says(apitest.TextMessage("hi"))
			cb.Account = id
			before := w.LookUps
			for range 3 {
				answer := cb.Post(t, h)
				apitest.RequireText(t, answer, http.StatusNotFound, "")
				answers = append(answers, fmt.Sprint(answer.Code, answer.Header(), answer.Body.Len()))
			}
			lookUps = append(lookUps, w.LookUps-before)
		}
		for _, answer := range answers {
			require.Equal(t, answers[0], answer)
		}
		require.Equal(t, []int{1, 1}, lookUps)
		apitest.RequireNothingKept(t, w)
	})
}

// C18
func TestEndpoint_routesByDecryptedSender(t *testing.T) {
	t.Parallel()
	w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
	h := g.In(w)
	cb := g.Says(apitest.TextMessage("hi"))
	cb.Query.Set("openid", "oXXXXbbbbccccddddeeeeffff-_1")
	apitest.RequireText(t, cb.Post(t, h), http.StatusForbidden, "")
	require.Contains(t, w.Logged(), `"reason":"openid"`)
	cb.Query.Del("openid")
	apitest.RequireText(t, cb.Post(t, h), http.StatusOK, "success")
	require.Len(t, w.Received, 1)
	require.Equal(t, wechat.CustomerKey(g.IDKey, apitest.Customer), string(w.Received[0].CustomerKey))
}

// C27
// No limit goes by an address, so none can be escaped; what is left is what we write down and what we hand out.
func TestEndpoint_forgedAddressesReachNoLog(t *testing.T) {
	t.Parallel()
	w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
	g.In(w)
	spans := tracetest.NewSpanRecorder()
	cfg := w.Config()
	cfg.Tracers = trace.NewTracerProvider(trace.WithSpanProcessor(spans))
	h := api.New(cfg).Handler()
	forged := []string{
		"X-Forwarded-For", "203.0.113.77", "X-Real-Ip", "203.0.113.77", "Forwarded", "for=203.0.113.77;host=evil.example", "True-Client-Ip", "203.0.113.77",
		"X-Forwarded-Host", "evil.example", "X-Forwarded-Proto", "evil", "X-Forwarded-Prefix", "/evil", "X-Original-Url", "/evil", "X-Rewrite-Url", "/evil",
	}
	made := apitest.Call(t, h, "admin", http.MethodPost, "/v1/accounts", apitest.AccountBody(t, nil), forged...)
	require.Equal(t, http.StatusCreated, made.Code)
	require.Contains(t, made.Body.String(), "https://desk.example/wechat/")
	cb := g.Says(apitest.TextMessage("hi"))
	cb.Query.Set("msg_signature", strings.Repeat("0", 40))
	for i := 0; i < len(forged); i += 2 {
		cb.Header.Set(forged[i], forged[i+1])
	}
	apitest.RequireText(t, cb.Post(t, h), http.StatusForbidden, "")
	seen := w.Logged() + made.Body.String() + fmt.Sprint(made.Header())
	require.Len(t, spans.Ended(), 2)
	for _, span := range spans.Ended() {
		seen += fmt.Sprint(span.Name(), span.Attributes(), span.Events())
	}
	require.NotContains(t, seen, "203.0.113.77")
	require.NotContains(t, seen, "evil")
}

// C30
// A token that is empty never gets in; were one there, nobody could sign with it.
func TestEndpoint_emptyTokenSignsNothing(t *testing.T) {
	t.Parallel()
	for _, mode := range []wechat.Mode{wechat.ModeSafe, wechat.ModePlain} {
		for _, tokens := range [][]secret.Value{{secret.New("")}, nil} {
			w, g := apitest.NewWorld(), apitest.NewWeChat(t, mode)
			g.Tokens = tokens
			h := g.In(w)
			cb := g.Says(apitest.TextMessage("hi"))
			timestamp := cb.Query.Get("timestamp")
			cb.Query.Set("signature", wechat.Signature("", timestamp, apitest.Nonce))
			if mode.Encrypted() {
				cb.Query.Set("msg_signature", wechat.Signature("", timestamp, apitest.Nonce, cb.Encrypt(t)))
			}
			apitest.RequireText(t, cb.Post(t, h), http.StatusForbidden, "")
			apitest.RequireNothingKept(t, w)
		}
	}
}

// framed is a frame with any message, length and AppID, encrypted under the account's key.
func framed(t *testing.T, message string, length int, app string) string {
	t.Helper()
	frame := binary.BigEndian.AppendUint32(bytes.Repeat([]byte{'r'}, 16), uint32(length))
	frame = append(append(frame, message...), app...)
	pad := 32 - len(frame)%32
	return raw(t, len(frame)+pad, append(frame, bytes.Repeat([]byte{byte(pad)}, pad)...)...)
}

// K06
func TestEndpoint_acceptsEveryPadding(t *testing.T) {
	t.Parallel()
	paddings := map[int]bool{}
	for n := range 32 {
		w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
		h := g.In(w)
		xml := apitest.TextMessage(strings.Repeat("a", n))
		paddings[32-(20+len(xml)+len(apitest.AppA))%32] = true
		cb := g.Signed(framed(t, xml, len(xml), string(apitest.AppA)))
		apitest.RequireText(t, cb.Post(t, h), http.StatusOK, "success")
		require.Len(t, w.Received, 1)
	}
	require.Len(t, paddings, 32)
}

// K08
func TestEndpoint_refusesOtherAppIDs(t *testing.T) {
	t.Parallel()
	for _, app := range []string{"", "wx00000000000000a", "wx00000000000000aa\x00", "WX00000000000000AA", "wx00000000000000аа"} {
		w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
		h := g.In(w)
		xml := apitest.TextMessage("hi")
		cb := g.Signed(framed(t, xml, len(xml), app))
		apitest.RequireText(t, cb.Post(t, h), http.StatusForbidden, "")
		apitest.RequireNothingKept(t, w)
	}
}

// K05
// Whoever could sign, and no one else can ask, does not learn from the answer what the frame looked like inside.
func TestEndpoint_cryptoFailuresLookAlike(t *testing.T) {
	t.Parallel()
	var answers, reasons []string
	for _, encrypt := range []string{
		"!!!!", "", raw(t, 64, 0), raw(t, 64, 33), raw(t, 64, 255), raw(t, 64, 1, 3), raw(t, 32, 32),
		framed(t, "<xml/>", 1<<31, string(apitest.AppA)), framed(t, "<xml/>", 0, string(apitest.AppA)), apitest.SealedWith(t, strings.Repeat("x", 43)),
	} {
		w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
		h := g.In(w)
		answer := g.Signed(encrypt).Post(t, h)
		answers = append(answers, fmt.Sprint(answer.Code, answer.Header(), answer.Body.String()))
		reasons = append(reasons, w.Quarantined[0].Reason)
	}
	for i := range answers {
		require.Equal(t, answers[0], answers[i])
		require.Equal(t, reasons[0], reasons[i])
	}
}

// X01
// What the parser refuses is refused before anything is looked up: nobody is called, whatever an entity names.
func TestEndpoint_entitiesCallNobody(t *testing.T) {
	t.Parallel()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	called := make(chan struct{})
	go func() {
		defer close(called)
		if conn, err := listener.Accept(); err == nil {
			_ = conn.Close()
			t.Error("somebody called")
		}
	}()
	evil := "http://" + listener.Addr().String() + "/evil.dtd"
	for _, doctype := range []string{
		`<!DOCTYPE xml SYSTEM "` + evil + `">`, `<!DOCTYPE xml [<!ENTITY x SYSTEM "` + evil + `">]>`, `<!DOCTYPE xml [<!ENTITY % x SYSTEM "` + evil + `">%x;]>`,
		`<?xml-stylesheet href="` + evil + `"?>`, `<!DOCTYPE xml [<!ENTITY x SYSTEM "file:///etc/passwd">]>`,
	} {
		w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
		h := g.In(w)
		outside := g.Says(apitest.TextMessage("hi"))
		outside.Body = doctype + outside.Body
		apitest.RequireText(t, outside.Post(t, h), http.StatusBadRequest, "")
		apitest.RequireNothingKept(t, w)
		inside := g.Says(doctype + strings.Replace(apitest.TextMessage("hi"), "<![CDATA[hi]]>", "&x;", 1))
		apitest.RequireText(t, inside.Post(t, h), http.StatusOK, "success")
		require.Equal(t, "unreadable", w.Quarantined[0].Reason)
	}
	require.NoError(t, listener.Close())
	<-called
}

// X06
func TestEndpoint_quarantinesOtherEncodings(t *testing.T) {
	t.Parallel()
	wide := []byte{0xFF, 0xFE}
	for _, u := range utf16.Encode([]rune(apitest.TextMessage("hi"))) {
		wide = append(wide, byte(u), byte(u>>8))
	}
	for name, xml := range map[string]string{
		"GBK declared": `<?xml version="1.0" encoding="GBK"?>` + apitest.TextMessage("hi"), "GBK written": apitest.TextMessage("\xc4\xe3\xba\xc3"),
		"UTF-16 declared": `<?xml version="1.0" encoding="UTF-16"?>` + apitest.TextMessage("hi"), "UTF-16 written": string(wide),
	} {
		w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
		h := g.In(w)
		apitest.RequireText(t, g.Says(xml).Post(t, h), http.StatusOK, "success")
		require.Empty(t, w.Received, name)
		require.Len(t, w.Quarantined, 1, name)
		require.Equal(t, "unreadable", w.Quarantined[0].Reason, name)
		require.Equal(t, g.Keys[0].ID, w.Quarantined[0].KeyID, "so that it can be opened again")
	}
}
