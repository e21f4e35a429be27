package simulator_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/simulator"
	"wxdesk/internal/simulator/envelope"
)

const (
	appID      = "wx0123456789abcdef"
	secret     = "0123456789abcdef0123456789abcdef"
	originalID = "gh_0123456789ab"
	token      = "spamtest"
	aesKey     = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	olderKey   = "AdiqDDDvUNCeE1ZW5XJmjf9fqNBJpGBs4vL4cHKmHBS"
	openID     = "oCustomer-000000000000000001"
)

// world is a simulator with one account, one quiet follower, and the account's server.
type world struct {
	t      *testing.T
	sim    *simulator.Simulator
	url    string
	server *accountServer
}

// newWorld starts one with the patience of a test: the next request starts 30 ms after one that failed.
func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldWith(t, simulator.Options{})
}

// newStillWorld has a wall clock that stands still, so that only the control API moves time.
func newStillWorld(t *testing.T) *world {
	t.Helper()
	now := time.Now()
	return newWorldWith(t, simulator.Options{Now: func() time.Time { return now }})
}

func newWorldWith(t *testing.T, o simulator.Options) *world {
	t.Helper()
	w := openWorld(t, o)
	w.furnish(t)
	return w
}

func openWorld(t *testing.T, o simulator.Options) *world {
	t.Helper()
	sim, err := simulator.New(o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, sim.Close()) })
	srv := httptest.NewServer(sim.Handler())
	t.Cleanup(srv.Close)
	return &world{t: t, sim: sim, url: srv.URL}
}

func (w *world) path(rest string) string { return "/_sim/accounts/" + appID + "/" + rest }

// do makes a call, wants the status, and gives the JSON of the answer.
func (w *world) do(method, path, body string, status int) map[string]any {
	w.t.Helper()
	answer := w.try(method, path, body)
	require.NoError(w.t, answer.err)
	require.Equal(w.t, status, answer.status, "%s %s: %s", method, path, answer.text)
	return answer.json
}

// answer is what a call gave.
type answer struct {
	status int
	text   []byte
	json   map[string]any
	err    error
}

// try makes a call and judges nothing, so that any goroutine may use it.
func (w *world) try(method, path, body string) answer {
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.url+path, bytes.NewReader([]byte(body)))
	if err != nil {
		return answer{err: err}
	}
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		return answer{err: err}
	}
	defer func() { _ = got.Body.Close() }()
	a := answer{status: got.StatusCode}
	if a.text, a.err = io.ReadAll(got.Body); a.err == nil {
		a.err = json.Unmarshal(a.text, &a.json)
	}
	return a
}

// say lets the customer write and waits for WeChat's verdict.
func (w *world) say(text string) (verdict string, attempts int) {
	w.t.Helper()
	return w.act(`{"text":` + strconv.Quote(text) + `}`)
}

func (w *world) act(body string) (verdict string, attempts int) {
	w.t.Helper()
	out := w.do("POST", w.path("followers/"+openID+"/say?wait=true"), body, 200)
	return out["verdict"].(string), int(out["attempts"].(float64))
}

type item struct {
	N                                  int
	From, Channel, Kind, Text, Verdict string
	MsgID                              string `json:"msg_id"`
	InReplyTo                          string `json:"in_reply_to"`
	Fields                             map[string]string
	Picture, As                        string
	AI                                 bool
	Attempts                           int
}

func (w *world) screen() []item {
	w.t.Helper()
	return get[item](w, w.path("followers/"+openID+"/screen"))
}

// heard is what the customer sees that is not its own.
func (w *world) heard() []string {
	w.t.Helper()
	texts := []string{}
	for _, it := range w.screen() {
		if it.From != "customer" {
			texts = append(texts, it.Channel+": "+it.Text)
		}
	}
	return texts
}

type attempt struct {
	N, Attempt, Status    int
	MsgID                 string `json:"msg_id"`
	Kind, Verdict, Reason string
	Copy                  bool
	At                    time.Time
	Faults                []string
	TookMS                int64 `json:"took_ms"`
}

func (w *world) attempts() []attempt {
	w.t.Helper()
	return get[attempt](w, w.path("callbacks"))
}

func get[T any](w *world, path string) []T {
	w.t.Helper()
	text, err := json.Marshal(w.do("GET", path, "", 200)["items"])
	require.NoError(w.t, err)
	var items []T
	require.NoError(w.t, json.Unmarshal(text, &items))
	return items
}

// eventually polls a visible fact.
func eventually(t *testing.T, fact func() bool, what string) {
	t.Helper()
	require.Eventually(t, fact, 30*time.Second, 5*time.Millisecond, what)
}

// accessToken fetches one.
func (w *world) accessToken() string {
	w.t.Helper()
	out := w.do("POST", "/cgi-bin/stable_token", fmt.Sprintf(`{"grant_type":"client_credential","appid":%q,"secret":%q}`, appID, secret), 200)
	require.Contains(w.t, out, "access_token")
	return out["access_token"].(string)
}

// send writes to the customer as the account and gives the errcode.
func (w *world) send(accessToken, text string) int {
	w.t.Helper()
	var content bytes.Buffer
	e := json.NewEncoder(&content)
	e.SetEscapeHTML(false)
	require.NoError(w.t, e.Encode(text))
	return w.sendBody(accessToken, `{"touser":"`+openID+`","msgtype":"text","text":{"content":`+content.String()+`}}`)
}

func (w *world) sendBody(accessToken, body string) int {
	w.t.Helper()
	out := w.do("POST", "/cgi-bin/message/custom/send?access_token="+url.QueryEscape(accessToken), body, 200)
	return int(out["errcode"].(float64))
}

// accountServer is the account's side: it opens callbacks, remembers them, and answers as told.
type accountServer struct {
	url string

	mu     sync.Mutex
	got    []received
	answer func(received) (status int, body string)
}

// received is one callback as it came.
type received struct {
	query   url.Values
	header  http.Header
	body    string
	safe    bool   // msg_signature and cipher are right under the present key and AppID
	inner   string // the document, from the ciphertext if there is one
	message message
	n       int // how many came before
	gone    <-chan struct{}
}

type message struct {
	ToUserName, FromUserName, MsgType, Content, Event, EventKey, Encrypt string
	CreateTime                                                           int64
	MsgID                                                                int64 `xml:"MsgId"`
}

func newAccountServer(t *testing.T) *accountServer {
	a := &accountServer{answer: func(received) (int, string) { return 200, "success" }}
	srv := httptest.NewServer(a)
	t.Cleanup(srv.Close)
	a.url = srv.URL + "/wechat/1?tenant=a"
	return a
}

func (a *accountServer) answers(f func(received) (int, string)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.answer = f
}

func (a *accountServer) received() []received {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]received{}, a.got...)
}

func (a *accountServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	in := received{query: r.URL.Query(), header: r.Header, body: string(body), gone: r.Context().Done()}
	in.header.Set("Connection", map[bool]string{true: "close"}[r.Close])
	in.open()
	a.mu.Lock()
	in.n = len(a.got)
	a.got = append(a.got, in)
	answer := a.answer
	a.mu.Unlock()
	status, text := answer(in)
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)
}

func (in *received) open() {
	in.inner = in.body
	_ = xml.Unmarshal([]byte(in.body), &in.message)
	if encrypt := in.message.Encrypt; encrypt != "" {
		key, _ := envelope.ParseKey(aesKey)
		inner, id, err := envelope.Unseal(key, encrypt)
		signed := envelope.Sign(token, in.query.Get("timestamp"), in.query.Get("nonce"), encrypt) == in.query.Get("msg_signature")
		in.safe = signed && err == nil && id == appID
		if in.safe {
			in.inner = string(inner)
			_ = xml.Unmarshal(inner, &in.message)
		}
	}
}

// textReply is a correct passive reply, before encryption.
func textReply(content string) string {
	return fmt.Sprintf("<xml><ToUserName><![CDATA[%s]]></ToUserName><FromUserName><![CDATA[%s]]></FromUserName><CreateTime>1700000000</CreateTime>"+
		"<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[%s]]></Content></xml>", openID, originalID, content)
}

// wrapped encrypts a reply and signs it.
func wrapped(reply string) string { return wrap(reply, token, aesKey, appID) }

func wrap(reply, token, encodingKey, id string) string {
	key, err := envelope.ParseKey(encodingKey)
	if err != nil {
		panic(err)
	}
	return wrapper(envelope.Seal(key, [16]byte([]byte("0123456789abcdef")), []byte(reply), id), token, "1700000001", "12345")
}

func wrapper(encrypt, token, timestamp, nonce string) string {
	return fmt.Sprintf("<xml><Encrypt><![CDATA[%s]]></Encrypt><MsgSignature><![CDATA[%s]]></MsgSignature><TimeStamp>%s</TimeStamp><Nonce><![CDATA[%s]]></Nonce></xml>",
		encrypt, envelope.Sign(token, timestamp, nonce, encrypt), timestamp, nonce)
}

func keys(q url.Values) []string { return slices.Sorted(maps.Keys(q)) }

func serve(t *testing.T, h http.Handler) string {
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv.URL
}
