package apitest

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/wechat"
)

// Callback is a request from WeChat before it is sent; tests spoil it first.
type Callback struct {
	Account string
	Query   url.Values
	Body    string
	Header  http.Header
}

// Sign signs the callback again after a test has changed timestamp or nonce.
func (cb *Callback) Sign(encrypt string) {
	timestamp, nonce := cb.Query.Get("timestamp"), cb.Query.Get("nonce")
	cb.Query.Set("signature", wechat.Signature(TokenA, timestamp, nonce))
	cb.Query.Set("msg_signature", wechat.Signature(TokenA, timestamp, nonce, encrypt))
}

// Encrypt is the Encrypt text of a callback's body.
func (cb Callback) Encrypt(t *testing.T) string {
	t.Helper()
	envelope, err := wechat.ReadEnvelope([]byte(cb.Body))
	require.NoError(t, err)
	return string(envelope.Encrypt)
}

func (cb Callback) Post(t *testing.T, h http.Handler) *httptest.ResponseRecorder {
	t.Helper()
	return cb.PostIn(t.Context(), h)
}

func (cb Callback) PostIn(ctx context.Context, h http.Handler) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/wechat/"+cb.Account+"?"+cb.Query.Encode(), strings.NewReader(cb.Body))
	for name, values := range cb.Header {
		r.Header[name] = values
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// RequireText checks an answer of the callback endpoint.
func RequireText(t *testing.T, w *httptest.ResponseRecorder, status int, body string) {
	t.Helper()
	require.Equal(t, status, w.Code, w.Body.String())
	require.Equal(t, body, w.Body.String())
	require.Equal(t, "text/plain; charset=utf-8", w.Header().Get("Content-Type"))
	require.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"))
}

// RequireNothingKept checks that a refused callback left no trace.
func RequireNothingKept(t *testing.T, w *World) {
	t.Helper()
	w.Mu.Lock()
	defer w.Mu.Unlock()
	require.Empty(t, w.Received)
	require.Empty(t, w.Events)
	require.Empty(t, w.Quarantined)
}

// Raw is a callback as it goes over the wire, with the headers that a test says, the length included.
func (cb Callback) Raw(method, headers, body string) string {
	return method + " /wechat/" + cb.Account + "?" + cb.Query.Encode() + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n" + body
}

// LargeCallback is a callback whose body comes through a pipe: half of it at once.
func LargeCallback(g WeChat, customer int) (cb Callback, begun string, rest io.Reader, end func()) {
	cb = g.Says(TextOf(customer))
	cb.Query.Del("openid")
	cb.Body += strings.Repeat(" ", 200<<10-len(cb.Body))
	reader, writer := io.Pipe()
	half := len(cb.Body) / 2
	return cb, cb.Body[:half], reader, func() {
		_, _ = io.WriteString(writer, cb.Body[half:])
		_ = writer.Close()
	}
}

// PostChunked sends a callback's body in chunks, so that it may become 256 KiB.
func PostChunked(t *testing.T, h http.Handler, cb Callback, body io.Reader) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/wechat/"+AccountA+"?"+cb.Query.Encode(), body)
	r.ContentLength = -1
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, r)
	return answer
}

// CheckServerURL asks as WeChat does when the server URL is entered; change spoils the request first.
func CheckServerURL(g WeChat, h http.Handler, change func(cb *Callback)) *httptest.ResponseRecorder {
	cb := g.SignedPlain("")
	cb.Query.Del("openid")
	cb.Query.Set("echostr", "8273645510294837465")
	change(&cb)
	r := httptest.NewRequestWithContext(g.T.Context(), http.MethodGet, "/wechat/"+cb.Account+"?"+cb.Query.Encode(), nil)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}
