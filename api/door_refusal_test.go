package api_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/secret"
	"wxdesk/internal/wechat"
)

func TestBad_C03_C09_querySpoiled(t *testing.T) {
	t.Parallel()
	g := newGate(t, wechat.ModeSafe)
	for name, spoil := range map[string]func(cb *callback){
		"C03 no signatures":        func(cb *callback) { cb.query.Del("signature"); cb.query.Del("msg_signature") },
		"C03 no timestamp":         func(cb *callback) { cb.query.Del("timestamp") },
		"C03 no nonce":             func(cb *callback) { cb.query.Del("nonce") },
		"C04 nonce twice":          func(cb *callback) { cb.query.Add("nonce", nonce) },
		"C04 openid twice":         func(cb *callback) { cb.query.Add("openid", customer) },
		"C04 something else twice": func(cb *callback) { cb.query["x"] = []string{"1", "2"} },
		"C05 empty":                func(cb *callback) { cb.query.Set("timestamp", "") },
		"C05 letters":              func(cb *callback) { cb.query.Set("timestamp", "abc") },
		"C05 negative":             func(cb *callback) { cb.query.Set("timestamp", "-1") },
		"C05 exponent":             func(cb *callback) { cb.query.Set("timestamp", "1e9") },
		"C05 plus":                 func(cb *callback) { cb.query.Set("timestamp", "+180000000") },
		"C05 9 digits":             func(cb *callback) { cb.query.Set("timestamp", "180000000") },
		"C05 11 digits":            func(cb *callback) { cb.query.Set("timestamp", "18000000000") },
		"C05 19 digits":            func(cb *callback) { cb.query.Set("timestamp", "1800000000000000000") },
		"C05 full width":           func(cb *callback) { cb.query.Set("timestamp", "１８００００００００") },
		"C05 space":                func(cb *callback) { cb.query.Set("timestamp", " 180000000") },
		"C09 boundary moved right": func(cb *callback) { move(cb, 1) },
		"C09 boundary moved left":  func(cb *callback) { move(cb, -1) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			h := g.in(w)
			cb := g.says(message("hi"))
			spoil(&cb)
			requireText(t, cb.post(t, h), http.StatusBadRequest, "")
			requireNothingKept(t, w)
		})
	}
}

// What strangers send by the thousand is counted, and logged only now and then. Other reasons keep their lines.
func TestDoor_aFloodDoesNotFillTheLog(t *testing.T) {
	t.Parallel()
	inFakeTime(t, func(t *testing.T) {
		w, g := newWorld(), newGate(t, wechat.ModeSafe)
		h := g.in(w)
		forged := g.says(message("hi"))
		forged.query.Set("msg_signature", strings.Repeat("0", 40))
		flood := func() (lines int) {
			for range 500 {
				forged.post(t, h)
			}
			return strings.Count(w.logged(), `"reason":"signature"`)
		}
		require.Equal(t, 50, flood())
		time.Sleep(time.Second) // fake
		require.Equal(t, 60, flood())
		odd := g.says(message("hi"))
		odd.query.Del("nonce")
		odd.post(t, h)
		require.Contains(t, w.logged(), `"reason":"query"`)
	})
}

// move moves digits between timestamp and nonce, which leaves the concatenation, and so the signature, as it was.
func move(cb *callback, digits int) {
	joined := cb.query.Get("timestamp") + cb.query.Get("nonce")
	cb.query.Set("timestamp", joined[:10+digits])
	cb.query.Set("nonce", joined[10+digits:])
}

func TestBad_C12_C18_notAuthentic(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(g gate, cb *callback){
		"C12 upper case":         func(_ gate, cb *callback) { setSignature(cb, strings.ToUpper) },
		"C12 39 characters":      func(_ gate, cb *callback) { setSignature(cb, func(s string) string { return s[:39] }) },
		"C12 41 characters":      func(_ gate, cb *callback) { setSignature(cb, func(s string) string { return s + "0" }) },
		"C12 empty":              func(_ gate, cb *callback) { setSignature(cb, func(string) string { return "" }) },
		"C12 a prefix":           func(_ gate, cb *callback) { setSignature(cb, func(s string) string { return s[:8] }) },
		"C13 only signature":     func(_ gate, cb *callback) { cb.query.Del("msg_signature") },
		"C13 wrong beside right": func(_ gate, cb *callback) { cb.query.Set("msg_signature", cb.query.Get("signature")) },
		"C14 raw":                func(_ gate, cb *callback) { cb.query.Set("encrypt_type", "raw") },
		"C14 absent":             func(_ gate, cb *callback) { cb.query.Del("encrypt_type") },
		"C14 plain body":         func(_ gate, cb *callback) { cb.body = message("hi"); cb.query.Del("encrypt_type") },
		"C14 plain body as aes":  func(_ gate, cb *callback) { cb.body = message("hi") },
		"C18 openid of another":  func(_ gate, cb *callback) { cb.query.Set("openid", "oXXXXbbbbccccddddeeeeffff-_1") },
		"X13 other account": func(g gate, cb *callback) {
			*cb = g.says(strings.Replace(message("hi"), string(originalA), "gh_0000000000bb", 1))
		},
		"K08 other AppID": func(g gate, cb *callback) { *cb = g.foreign("wx00000000000000bb") },
		"K08 longer":      func(g gate, cb *callback) { *cb = g.foreign(appA + "a") },
		"K08 with NUL":    func(g gate, cb *callback) { *cb = g.foreign(appA + "\x00") },
		"K08 look-alike":  func(g gate, cb *callback) { *cb = g.foreign("wx00000000000000аа") },
		"K03 not base64": func(_ gate, cb *callback) {
			cb.body = strings.Replace(cb.body, "<Encrypt><![CDATA[", "<Encrypt><![CDATA[!", 1)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, g := newWorld(), newGate(t, wechat.ModeSafe)
			h := g.in(w)
			cb := g.says(message("hi"))
			spoil(g, &cb)
			requireText(t, cb.post(t, h), http.StatusForbidden, "")
			requireNothingKept(t, w)
		})
	}
}

func setSignature(cb *callback, change func(string) string) {
	cb.query.Set("msg_signature", change(cb.query.Get("msg_signature")))
}

// foreign is a callback that opens with the account's key but names another AppID.
func (g gate) foreign(app wechat.AppID) callback {
	encrypt, err := newCipher(g.t, keyA, app).Seal([]byte(message("hi")))
	require.NoError(g.t, err)
	return g.signed(string(encrypt))
}

func TestBad_C12_plainAccountsChooseTheirSignatureToo(t *testing.T) {
	t.Parallel()
	w, g := newWorld(), newGate(t, wechat.ModePlain)
	h := g.in(w)
	wrong := g.says(message("hi"))
	wrong.query.Set("signature", strings.Repeat("0", 40))
	requireText(t, wrong.post(t, h), http.StatusForbidden, "")

	encrypted := g.says(message("hi"))
	encrypted.query.Set("encrypt_type", "aes")
	encrypted.query.Set("msg_signature", wechat.Signature(tokenA, encrypted.query.Get("timestamp"), nonce, ""))
	requireText(t, encrypted.post(t, h), http.StatusForbidden, "")
	requireNothingKept(t, w)
}

func TestBad_C16_C26_whatIsNoAccountLooksTheSame(t *testing.T) {
	t.Parallel()
	w, g := newWorld(), newGate(t, wechat.ModeSafe)
	h := g.in(w)
	cb := g.says(message("hi"))
	paths := []string{
		"/wechat/" + accountB, // unknown or disabled: the port knows only one word for both
		"/wechat/1", "/wechat/", "/wechat//", "/wechat/..", "/wechat/%2e%2e", "/wechat/%2e%2e/wechat/" + accountA,
		"/wechat//" + accountA, "/wechat/" + accountA + "/", "/wechat/x/../" + accountA,
		"/wechat/" + strings.ToUpper(accountA), "/wechat/%30" + accountA[1:], "/%77echat/" + accountA, "/wechat/" + accountA + "%2f", "/wechat/" + accountA + "%00",
		"/wechat/" + strings.Repeat("a", 10_000),
	}
	for _, path := range paths {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path+"?"+cb.query.Encode(), strings.NewReader(cb.body))
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, r)
		requireText(t, answer, http.StatusNotFound, "")
		require.Empty(t, answer.Header().Get("Location"), path)
	}
	for _, path := range []string{"/WeChat/" + accountA, "//wechat/" + accountA, "/wechat", "/" + accountA} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path+"?"+cb.query.Encode(), strings.NewReader(cb.body))
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, r)
		requireProblem(t, answer, http.StatusNotFound, "not-found")
	}
	requireNothingKept(t, w)
}

func TestBad_C17_aCallbackOfAnotherAccount(t *testing.T) {
	t.Parallel()
	w, a := newWorld(), newGate(t, wechat.ModeSafe)
	b := newGate(t, wechat.ModeSafe)
	b.ID, b.AppID, b.Tokens = accountB, "wx00000000000000bb", []secret.Value{secret.New("tokenOfB")}
	h := b.in(w)
	cb := a.says(message("hi"))
	cb.account = accountB
	requireText(t, cb.post(t, h), http.StatusForbidden, "")
	requireNothingKept(t, w)
}

func TestBad_C19_C20_C22_bodies(t *testing.T) {
	t.Parallel()
	w, g := newWorld(), newGate(t, wechat.ModeSafe)
	h := g.in(w)

	empty := g.says(message("hi"))
	empty.body = ""
	requireText(t, empty.post(t, h), http.StatusBadRequest, "")

	large := g.says(message("hi"))
	large.body += strings.Repeat(" ", 256<<10)
	requireText(t, large.post(t, h), http.StatusRequestEntityTooLarge, "")

	zipped := g.says(message("hi"))
	zipped.header.Set("Content-Encoding", "gzip")
	requireText(t, zipped.post(t, h), http.StatusUnsupportedMediaType, "")
	requireNothingKept(t, w)

	allowed := g.says(message("hi"))
	allowed.body += strings.Repeat(" ", 256<<10-len(allowed.body))
	requireText(t, allowed.post(t, h), http.StatusOK, "success")
}

func TestBad_C20_ofAnEndlessBodyNotMoreThanTheLimitIsRead(t *testing.T) {
	t.Parallel()
	w, g := newWorld(), newGate(t, wechat.ModeSafe)
	h := g.in(w)
	cb := g.says(message("hi"))
	body := &endless{}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/wechat/"+accountA+"?"+cb.query.Encode(), body)
	r.ContentLength = -1
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, r)
	requireText(t, answer, http.StatusRequestEntityTooLarge, "")
	require.Equal(t, "close", answer.Header().Get("Connection"))
	require.LessOrEqual(t, body.read, 256<<10+1) // the one more tells that there is more
}

type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	e.read += len(p)
	return len(p), nil
}

func TestBad_C25_otherMethods(t *testing.T) {
	t.Parallel()
	g := newGate(t, wechat.ModeSafe)
	h := g.in(newWorld())
	for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodTrace, http.MethodHead, http.MethodConnect, http.MethodPatch, http.MethodOptions} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/wechat/"+accountA, nil)
		r.Method = method
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, r)
		requireText(t, answer, http.StatusMethodNotAllowed, "")
		require.Equal(t, "GET, POST", answer.Header().Get("Allow"))
	}
}

func TestBad_C27_forwardedHeadersAreIgnored(t *testing.T) {
	t.Parallel()
	w, g := newWorld(), newGate(t, wechat.ModeSafe)
	h := g.in(w)
	cb := g.says(message("hi"))
	cb.query.Set("msg_signature", strings.Repeat("0", 40))
	for _, name := range []string{"X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "X-Forwarded-Prefix"} {
		cb.header.Set(name, "203.0.113.77")
	}
	requireText(t, cb.post(t, h), http.StatusForbidden, "")
	require.NotContains(t, w.logged(), "203.0.113.77")
}
