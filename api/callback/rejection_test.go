package callback_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/api/apitest"
	"wxdesk/internal/secret"
	"wxdesk/internal/wechat"
)

// C03, C04, C05, C09
func TestEndpoint_refusesMalformedQueries(t *testing.T) {
	t.Parallel()
	g := apitest.NewWeChat(t, wechat.ModeSafe)
	for name, spoil := range map[string]func(cb *apitest.Callback){
		"C03 no signatures":        func(cb *apitest.Callback) { cb.Query.Del("signature"); cb.Query.Del("msg_signature") },
		"C03 no timestamp":         func(cb *apitest.Callback) { cb.Query.Del("timestamp") },
		"C03 no nonce":             func(cb *apitest.Callback) { cb.Query.Del("nonce") },
		"C04 nonce twice":          func(cb *apitest.Callback) { cb.Query.Add("nonce", apitest.Nonce) },
		"C04 openid twice":         func(cb *apitest.Callback) { cb.Query.Add("openid", apitest.Customer) },
		"C04 something else twice": func(cb *apitest.Callback) { cb.Query["x"] = []string{"1", "2"} },
		"C05 empty":                func(cb *apitest.Callback) { cb.Query.Set("timestamp", "") },
		"C05 letters":              func(cb *apitest.Callback) { cb.Query.Set("timestamp", "abc") },
		"C05 negative":             func(cb *apitest.Callback) { cb.Query.Set("timestamp", "-1") },
		"C05 exponent":             func(cb *apitest.Callback) { cb.Query.Set("timestamp", "1e9") },
		"C05 plus":                 func(cb *apitest.Callback) { cb.Query.Set("timestamp", "+180000000") },
		"C05 9 digits":             func(cb *apitest.Callback) { cb.Query.Set("timestamp", "180000000") },
		"C05 11 digits":            func(cb *apitest.Callback) { cb.Query.Set("timestamp", "18000000000") },
		"C05 19 digits":            func(cb *apitest.Callback) { cb.Query.Set("timestamp", "1800000000000000000") },
		"C05 full width":           func(cb *apitest.Callback) { cb.Query.Set("timestamp", "１８００００００００") },
		"C05 space":                func(cb *apitest.Callback) { cb.Query.Set("timestamp", " 180000000") },
		"C09 boundary moved right": func(cb *apitest.Callback) { move(cb, 1) },
		"C09 boundary moved left":  func(cb *apitest.Callback) { move(cb, -1) },
	} {
		t.Run(name, func(t *testing.T) {
			w := apitest.NewWorld()
			h := g.In(w)
			cb := g.Says(apitest.TextMessage("hi"))
			spoil(&cb)
			apitest.RequireText(t, cb.Post(t, h), http.StatusBadRequest, "")
			apitest.RequireNothingKept(t, w)
		})
	}
}

// What strangers send by the thousand is counted, and logged only now and then. Other reasons keep their lines.
func TestEndpoint_floodDoesNotFillTheLog(t *testing.T) {
	t.Parallel()
	apitest.InFakeTime(t, func(t *testing.T) {
		w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
		h := g.In(w)
		forged := g.Says(apitest.TextMessage("hi"))
		forged.Query.Set("msg_signature", strings.Repeat("0", 40))
		flood := func() (lines int) {
			for range 500 {
				forged.Post(t, h)
			}
			return strings.Count(w.Logged(), `"reason":"signature"`)
		}
		require.Equal(t, 50, flood())
		time.Sleep(time.Second) // fake
		require.Equal(t, 60, flood())
		odd := g.Says(apitest.TextMessage("hi"))
		odd.Query.Del("nonce")
		odd.Post(t, h)
		require.Contains(t, w.Logged(), `"reason":"query"`)
	})
}

// move moves digits between timestamp and nonce, which leaves the concatenation, and so the signature, as it was.
func move(cb *apitest.Callback, digits int) {
	joined := cb.Query.Get("timestamp") + cb.Query.Get("nonce")
	cb.Query.Set("timestamp", joined[:10+digits])
	cb.Query.Set("nonce", joined[10+digits:])
}

// C12, C13, C14, C18, K03, K08, X13
func TestEndpoint_refusesForgedCallbacks(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(g apitest.WeChat, cb *apitest.Callback){
		"C12 upper case": func(_ apitest.WeChat, cb *apitest.Callback) { setSignature(cb, strings.ToUpper) },
		"C12 39 characters": func(_ apitest.WeChat, cb *apitest.Callback) {
			setSignature(cb, func(s string) string { return s[:39] })
		},
		"C12 41 characters": func(_ apitest.WeChat, cb *apitest.Callback) {
			setSignature(cb, func(s string) string { return s + "0" })
		},
		"C12 empty":              func(_ apitest.WeChat, cb *apitest.Callback) { setSignature(cb, func(string) string { return "" }) },
		"C12 a prefix":           func(_ apitest.WeChat, cb *apitest.Callback) { setSignature(cb, func(s string) string { return s[:8] }) },
		"C13 only signature":     func(_ apitest.WeChat, cb *apitest.Callback) { cb.Query.Del("msg_signature") },
		"C13 wrong beside right": func(_ apitest.WeChat, cb *apitest.Callback) { cb.Query.Set("msg_signature", cb.Query.Get("signature")) },
		"C14 raw":                func(_ apitest.WeChat, cb *apitest.Callback) { cb.Query.Set("encrypt_type", "raw") },
		"C14 absent":             func(_ apitest.WeChat, cb *apitest.Callback) { cb.Query.Del("encrypt_type") },
		"C14 plain body": func(_ apitest.WeChat, cb *apitest.Callback) {
			cb.Body = apitest.TextMessage("hi")
			cb.Query.Del("encrypt_type")
		},
		"C14 plain body as aes": func(_ apitest.WeChat, cb *apitest.Callback) { cb.Body = apitest.TextMessage("hi") },
		"C18 openid of another": func(_ apitest.WeChat, cb *apitest.Callback) { cb.Query.Set("openid", "oXXXXbbbbccccddddeeeeffff-_1") },
		"X13 other account": func(g apitest.WeChat, cb *apitest.Callback) {
			*cb = g.Says(strings.Replace(apitest.TextMessage("hi"), string(apitest.OriginalA), "gh_0000000000bb", 1))
		},
		"K08 other AppID": func(g apitest.WeChat, cb *apitest.Callback) { *cb = g.Foreign("wx00000000000000bb") },
		"K08 longer":      func(g apitest.WeChat, cb *apitest.Callback) { *cb = g.Foreign(apitest.AppA + "a") },
		"K08 with NUL":    func(g apitest.WeChat, cb *apitest.Callback) { *cb = g.Foreign(apitest.AppA + "\x00") },
		"K08 look-alike":  func(g apitest.WeChat, cb *apitest.Callback) { *cb = g.Foreign("wx00000000000000аа") },
		"K03 not base64": func(_ apitest.WeChat, cb *apitest.Callback) {
			cb.Body = strings.Replace(cb.Body, "<Encrypt><![CDATA[", "<Encrypt><![CDATA[!", 1)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
			h := g.In(w)
			cb := g.Says(apitest.TextMessage("hi"))
			spoil(g, &cb)
			apitest.RequireText(t, cb.Post(t, h), http.StatusForbidden, "")
			apitest.RequireNothingKept(t, w)
		})
	}
}

func setSignature(cb *apitest.Callback, change func(string) string) {
	cb.Query.Set("msg_signature", change(cb.Query.Get("msg_signature")))
}

// C12
func TestEndpoint_plainModeChecksItsSignature(t *testing.T) {
	t.Parallel()
	w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModePlain)
	h := g.In(w)
	wrong := g.Says(apitest.TextMessage("hi"))
	wrong.Query.Set("signature", strings.Repeat("0", 40))
	apitest.RequireText(t, wrong.Post(t, h), http.StatusForbidden, "")

	encrypted := g.Says(apitest.TextMessage("hi"))
	encrypted.Query.Set("encrypt_type", "aes")
	encrypted.Query.Set("msg_signature", wechat.Signature(apitest.TokenA, encrypted.Query.Get("timestamp"), apitest.Nonce, ""))
	apitest.RequireText(t, encrypted.Post(t, h), http.StatusForbidden, "")
	apitest.RequireNothingKept(t, w)
}

// C16, C26
func TestEndpoint_wrongPathsLookTheSame(t *testing.T) {
	t.Parallel()
	w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
	h := g.In(w)
	cb := g.Says(apitest.TextMessage("hi"))
	paths := []string{
		"/wechat/" + apitest.AccountB, // unknown or disabled: the port knows only one word for both
		"/wechat/1", "/wechat/", "/wechat//", "/wechat/..", "/wechat/%2e%2e", "/wechat/%2e%2e/wechat/" + apitest.AccountA,
		"/wechat//" + apitest.AccountA, "/wechat/" + apitest.AccountA + "/", "/wechat/x/../" + apitest.AccountA,
		"/wechat/" + strings.ToUpper(apitest.AccountA), "/wechat/%30" + apitest.AccountA[1:], "/%77echat/" + apitest.AccountA, "/wechat/" + apitest.AccountA + "%2f", "/wechat/" + apitest.AccountA + "%00",
		"/wechat/" + strings.Repeat("a", 10_000),
	}
	for _, path := range paths {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path+"?"+cb.Query.Encode(), strings.NewReader(cb.Body))
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, r)
		apitest.RequireText(t, answer, http.StatusNotFound, "")
		require.Empty(t, answer.Header().Get("Location"), path)
	}
	for _, path := range []string{"/WeChat/" + apitest.AccountA, "//wechat/" + apitest.AccountA, "/wechat", "/" + apitest.AccountA} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path+"?"+cb.Query.Encode(), strings.NewReader(cb.Body))
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, r)
		apitest.RequireProblem(t, answer, http.StatusNotFound, "not-found")
	}
	apitest.RequireNothingKept(t, w)
}

// C17
func TestEndpoint_refusesAnotherAccountsCallback(t *testing.T) {
	t.Parallel()
	w, a := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
	b := apitest.NewWeChat(t, wechat.ModeSafe)
	b.ID, b.AppID, b.Tokens = apitest.AccountB, "wx00000000000000bb", []secret.Value{secret.New("tokenOfB")}
	h := b.In(w)
	cb := a.Says(apitest.TextMessage("hi"))
	cb.Account = apitest.AccountB
	apitest.RequireText(t, cb.Post(t, h), http.StatusForbidden, "")
	apitest.RequireNothingKept(t, w)
}

// C19, C20, C22
func TestEndpoint_refusesEmptyLargeAndZipped(t *testing.T) {
	t.Parallel()
	w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
	h := g.In(w)

	empty := g.Says(apitest.TextMessage("hi"))
	empty.Body = ""
	apitest.RequireText(t, empty.Post(t, h), http.StatusBadRequest, "")

	large := g.Says(apitest.TextMessage("hi"))
	large.Body += strings.Repeat(" ", 256<<10)
	apitest.RequireText(t, large.Post(t, h), http.StatusRequestEntityTooLarge, "")

	zipped := g.Says(apitest.TextMessage("hi"))
	zipped.Header.Set("Content-Encoding", "gzip")
	apitest.RequireText(t, zipped.Post(t, h), http.StatusUnsupportedMediaType, "")
	apitest.RequireNothingKept(t, w)

	allowed := g.Says(apitest.TextMessage("hi"))
	allowed.Body += strings.Repeat(" ", 256<<10-len(allowed.Body))
	apitest.RequireText(t, allowed.Post(t, h), http.StatusOK, "success")
}

// C20
func TestEndpoint_stopsReadingAtTheLimit(t *testing.T) {
	t.Parallel()
	w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
	h := g.In(w)
	cb := g.Says(apitest.TextMessage("hi"))
	body := &endless{}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/wechat/"+apitest.AccountA+"?"+cb.Query.Encode(), body)
	r.ContentLength = -1
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, r)
	apitest.RequireText(t, answer, http.StatusRequestEntityTooLarge, "")
	require.Equal(t, "close", answer.Header().Get("Connection"))
	require.LessOrEqual(t, body.read, 256<<10+1) // the one more tells that there is more
}

type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	e.read += len(p)
	return len(p), nil
}

// C25
func TestEndpoint_refusesOtherMethods(t *testing.T) {
	t.Parallel()
	g := apitest.NewWeChat(t, wechat.ModeSafe)
	h := g.In(apitest.NewWorld())
	for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodTrace, http.MethodHead, http.MethodConnect, http.MethodPatch, http.MethodOptions} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/wechat/"+apitest.AccountA, nil)
		r.Method = method
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, r)
		apitest.RequireText(t, answer, http.StatusMethodNotAllowed, "")
		require.Equal(t, "GET, POST", answer.Header().Get("Allow"))
	}
}

// C27
func TestEndpoint_ignoresForwardedHeaders(t *testing.T) {
	t.Parallel()
	w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
	h := g.In(w)
	cb := g.Says(apitest.TextMessage("hi"))
	cb.Query.Set("msg_signature", strings.Repeat("0", 40))
	for _, name := range []string{"X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "X-Forwarded-Prefix"} {
		cb.Header.Set(name, "203.0.113.77")
	}
	apitest.RequireText(t, cb.Post(t, h), http.StatusForbidden, "")
	require.NotContains(t, w.Logged(), "203.0.113.77")
}
