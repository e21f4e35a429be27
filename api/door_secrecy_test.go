package api_test

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
	"wxdesk/internal/conversation"
	"wxdesk/internal/secret"
	"wxdesk/internal/wechat"
)

// A wrong clock of ours must lose nothing, and a replay must do nothing: what is late goes to its conversation under the key
// by which that knows it again, as often as it comes.
func TestBad_C07_lateCallbacksKeepTheKeyByWhichTheyAreKnown(t *testing.T) {
	t.Parallel()
	w, g := newWorld(), newGate(t, wechat.ModeSafe)
	h := g.in(w)
	cb := g.says(message("hi"))
	requireText(t, cb.post(t, h), http.StatusOK, "success")
	for _, timestamp := range []string{"1500000000", "1000000000", "4102444800"} {
		cb.query.Set("timestamp", timestamp)
		cb.sign(cb.encrypt(t))
		requireText(t, cb.post(t, h), http.StatusOK, "success")
	}
	for _, late := range w.handovers[1:] {
		require.True(t, late.Stale)
		require.Equal(t, w.handovers[0].MessageKey, late.MessageKey)
		require.Equal(t, w.handovers[0].Fingerprint, late.Fingerprint)
	}
}

// Nobody who asks for accounts learns which there have been: whoever is unknown, disabled or removed is looked up once, by
// one question whose answer is the same word, is remembered for as long, and gets the same bytes.
func TestBad_C16_unknownAndDisabledAccountsTakeTheSameWay(t *testing.T) {
	t.Parallel()
	inFakeTime(t, func(t *testing.T) {
		w, g := newWorld(), newGate(t, wechat.ModeSafe)
		g.in(w)
		h := w.handler()
		var answers []string
		var lookUps []int
		for _, id := range []string{accountA, accountB} { // the port has one word for all of them, which a test of the ledger proves
			w.answerDoors(func(context.Context, conversation.AccountID) (conversation.Door, error) {
				return conversation.Door{}, fmt.Errorf("find the account of a callback: %w", conversation.ErrNotFound)
			})
			cb := g.says(message("hi"))
			cb.account = id
			before := w.lookUps
			for range 3 {
				answer := cb.post(t, h)
				requireText(t, answer, http.StatusNotFound, "")
				answers = append(answers, fmt.Sprint(answer.Code, answer.Header(), answer.Body.Len()))
			}
			lookUps = append(lookUps, w.lookUps-before)
		}
		for _, answer := range answers {
			require.Equal(t, answers[0], answer)
		}
		require.Equal(t, []int{1, 1}, lookUps)
		requireNothingKept(t, w)
	})
}

func TestBad_C18_routingGoesByTheDecryptedSender(t *testing.T) {
	t.Parallel()
	w, g := newWorld(), newGate(t, wechat.ModeSafe)
	h := g.in(w)
	cb := g.says(message("hi"))
	cb.query.Set("openid", "oXXXXbbbbccccddddeeeeffff-_1")
	requireText(t, cb.post(t, h), http.StatusForbidden, "")
	require.Contains(t, w.logged(), `"reason":"openid"`)
	cb.query.Del("openid")
	requireText(t, cb.post(t, h), http.StatusOK, "success")
	require.Len(t, w.handovers, 1)
	require.Equal(t, wechat.CustomerKey(g.IDKey, customer), string(w.handovers[0].CustomerKey))
}

// No limit goes by an address, so none can be escaped; what is left is what we write down and what we hand out.
func TestBad_C27_forgedAddressesAndHostsReachNoLogNoSpanAndNoLink(t *testing.T) {
	t.Parallel()
	w, g := newWorld(), newGate(t, wechat.ModeSafe)
	g.in(w)
	spans := tracetest.NewSpanRecorder()
	cfg := w.config()
	cfg.Tracers = trace.NewTracerProvider(trace.WithSpanProcessor(spans))
	h := api.New(cfg).Handler()
	forged := []string{
		"X-Forwarded-For", "203.0.113.77", "X-Real-Ip", "203.0.113.77", "Forwarded", "for=203.0.113.77;host=evil.example", "True-Client-Ip", "203.0.113.77",
		"X-Forwarded-Host", "evil.example", "X-Forwarded-Proto", "evil", "X-Forwarded-Prefix", "/evil", "X-Original-Url", "/evil", "X-Rewrite-Url", "/evil",
	}
	made := call(t, h, "admin", http.MethodPost, "/v1/accounts", accountBody(t, nil), forged...)
	require.Equal(t, http.StatusCreated, made.Code)
	require.Contains(t, made.Body.String(), "https://desk.example/wechat/")
	cb := g.says(message("hi"))
	cb.query.Set("msg_signature", strings.Repeat("0", 40))
	for i := 0; i < len(forged); i += 2 {
		cb.header.Set(forged[i], forged[i+1])
	}
	requireText(t, cb.post(t, h), http.StatusForbidden, "")
	seen := w.logged() + made.Body.String() + fmt.Sprint(made.Header())
	require.Len(t, spans.Ended(), 2)
	for _, span := range spans.Ended() {
		seen += fmt.Sprint(span.Name(), span.Attributes(), span.Events())
	}
	require.NotContains(t, seen, "203.0.113.77")
	require.NotContains(t, seen, "evil")
}

// A token that is empty never gets in; were one there, nobody could sign with it.
func TestBad_C30_withAnEmptyTokenNobodyCanSign(t *testing.T) {
	t.Parallel()
	for _, mode := range []wechat.Mode{wechat.ModeSafe, wechat.ModePlain} {
		for _, tokens := range [][]secret.Value{{secret.New("")}, nil} {
			w, g := newWorld(), newGate(t, mode)
			g.Tokens = tokens
			h := g.in(w)
			cb := g.says(message("hi"))
			timestamp := cb.query.Get("timestamp")
			cb.query.Set("signature", wechat.Signature("", timestamp, nonce))
			if mode.Encrypted() {
				cb.query.Set("msg_signature", wechat.Signature("", timestamp, nonce, cb.encrypt(t)))
			}
			requireText(t, cb.post(t, h), http.StatusForbidden, "")
			requireNothingKept(t, w)
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

func TestBad_K06_everyPaddingUpTo32IsTaken(t *testing.T) {
	t.Parallel()
	paddings := map[int]bool{}
	for n := range 32 {
		w, g := newWorld(), newGate(t, wechat.ModeSafe)
		h := g.in(w)
		xml := message(strings.Repeat("a", n))
		paddings[32-(20+len(xml)+len(appA))%32] = true
		cb := g.signed(framed(t, xml, len(xml), string(appA)))
		requireText(t, cb.post(t, h), http.StatusOK, "success")
		require.Len(t, w.handovers, 1)
	}
	require.Len(t, paddings, 32)
}

func TestBad_K08_whatIsForNoAppIDIsForeign(t *testing.T) {
	t.Parallel()
	for _, app := range []string{"", "wx00000000000000a", "wx00000000000000aa\x00", "WX00000000000000AA", "wx00000000000000аа"} {
		w, g := newWorld(), newGate(t, wechat.ModeSafe)
		h := g.in(w)
		xml := message("hi")
		cb := g.signed(framed(t, xml, len(xml), app))
		requireText(t, cb.post(t, h), http.StatusForbidden, "")
		requireNothingKept(t, w)
	}
}

// Whoever could sign, and no one else can ask, does not learn from the answer what the frame looked like inside.
func TestBad_K05_everyCryptoFailureIsAnsweredAlike(t *testing.T) {
	t.Parallel()
	var answers, reasons []string
	for _, encrypt := range []string{
		"!!!!", "", raw(t, 64, 0), raw(t, 64, 33), raw(t, 64, 255), raw(t, 64, 1, 3), raw(t, 32, 32),
		framed(t, "<xml/>", 1<<31, string(appA)), framed(t, "<xml/>", 0, string(appA)), sealedWith(t, strings.Repeat("x", 43)),
	} {
		w, g := newWorld(), newGate(t, wechat.ModeSafe)
		h := g.in(w)
		answer := g.signed(encrypt).post(t, h)
		answers = append(answers, fmt.Sprint(answer.Code, answer.Header(), answer.Body.String()))
		reasons = append(reasons, w.quarantine[0].Reason)
	}
	for i := range answers {
		require.Equal(t, answers[0], answers[i])
		require.Equal(t, reasons[0], reasons[i])
	}
}

// What the parser refuses is refused before anything is looked up: nobody is called, whatever an entity names.
func TestBad_X01_entitiesReachNobody(t *testing.T) {
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
		w, g := newWorld(), newGate(t, wechat.ModeSafe)
		h := g.in(w)
		outside := g.says(message("hi"))
		outside.body = doctype + outside.body
		requireText(t, outside.post(t, h), http.StatusBadRequest, "")
		requireNothingKept(t, w)
		inside := g.says(doctype + strings.Replace(message("hi"), "<![CDATA[hi]]>", "&x;", 1))
		requireText(t, inside.post(t, h), http.StatusOK, "success")
		require.Equal(t, "unreadable", w.quarantine[0].Reason)
	}
	require.NoError(t, listener.Close())
	<-called
}

func TestBad_X06_otherEncodingsGoToQuarantine(t *testing.T) {
	t.Parallel()
	wide := []byte{0xFF, 0xFE}
	for _, u := range utf16.Encode([]rune(message("hi"))) {
		wide = append(wide, byte(u), byte(u>>8))
	}
	for name, xml := range map[string]string{
		"GBK declared": `<?xml version="1.0" encoding="GBK"?>` + message("hi"), "GBK written": message("\xc4\xe3\xba\xc3"),
		"UTF-16 declared": `<?xml version="1.0" encoding="UTF-16"?>` + message("hi"), "UTF-16 written": string(wide),
	} {
		w, g := newWorld(), newGate(t, wechat.ModeSafe)
		h := g.in(w)
		requireText(t, g.says(xml).post(t, h), http.StatusOK, "success")
		require.Empty(t, w.handovers, name)
		require.Len(t, w.quarantine, 1, name)
		require.Equal(t, "unreadable", w.quarantine[0].Reason, name)
		require.Equal(t, g.Keys[0].ID, w.quarantine[0].KeyID, "so that it can be opened again")
	}
}
