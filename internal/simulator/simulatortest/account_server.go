package simulatortest

import (
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"

	"wxdesk/internal/simulator/envelope"
)

// AccountServer is the account's side: it opens callbacks, remembers them, and answers as told.
type AccountServer struct {
	URL string

	mu     sync.Mutex
	got    []Received
	answer func(Received) (status int, body string)
}

// Received is one callback as it came.
type Received struct {
	Query   url.Values
	Header  http.Header
	Body    string
	Safe    bool   // msg_signature and cipher are right under the present key and AppID
	Inner   string // the document, from the ciphertext if there is one
	Message Message
	N       int             // how many came before
	Gone    <-chan struct{} // closed when WeChat has closed the connection
}

// Message is what a document says.
type Message struct {
	ToUserName, FromUserName, MsgType, Content, Event, EventKey, Encrypt string
	CreateTime                                                           int64
	MsgID                                                                int64 `xml:"MsgId"`
}

func newAccountServer(t *testing.T) *AccountServer {
	t.Helper()
	a := &AccountServer{answer: func(Received) (int, string) { return 200, "success" }}
	srv := httptest.NewServer(a)
	t.Cleanup(srv.Close)
	a.URL = srv.URL + "/wechat/1?tenant=a"
	return a
}

// Answers says how callbacks are answered from now on.
func (a *AccountServer) Answers(f func(Received) (int, string)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.answer = f
}

// Received returns the callbacks that have come.
func (a *AccountServer) Received() []Received {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]Received{}, a.got...)
}

// ServeHTTP takes one callback.
func (a *AccountServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	in := Received{Query: r.URL.Query(), Header: r.Header, Body: string(body), Gone: r.Context().Done()}
	in.Header.Set("Connection", map[bool]string{true: "close"}[r.Close])
	in.open()
	answer := a.take(&in)
	status, text := answer(in)
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)
}

// take remembers a callback and returns how to answer it.
func (a *AccountServer) take(in *Received) func(Received) (int, string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	in.N = len(a.got)
	a.got = append(a.got, *in)
	return a.answer
}

func (in *Received) open() {
	in.Inner = in.Body
	_ = xml.Unmarshal([]byte(in.Body), &in.Message)
	encrypt := in.Message.Encrypt
	if encrypt == "" {
		return
	}
	key, _ := envelope.ParseKey(AESKey)
	inner, id, err := envelope.Unseal(key, encrypt)
	in.Safe = in.Signed() && err == nil && id == AppID
	if in.Safe {
		in.Inner = string(inner)
		_ = xml.Unmarshal(inner, &in.Message)
	}
}

// Signed reports whether msg_signature is right.
func (in *Received) Signed() bool {
	return envelope.Sign(Token, in.Query.Get("timestamp"), in.Query.Get("nonce"), in.Message.Encrypt) == in.Query.Get("msg_signature")
}
