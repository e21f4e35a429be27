package wxapi_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/secret"
	"wxdesk/internal/simulator"
	"wxdesk/internal/wechat"
	"wxdesk/internal/wechat/wxapi"
)

// simulated is the simulator behind HTTP, which shares no code with the client: one account, whose server accepts every
// callback, and one customer, who has written to it.
type simulated struct {
	t      *testing.T
	http   *httptest.Server
	of     wechat.Credentials
	client *wxapi.Client // fetches its access token from the simulator
	asked  string        // the MsgId of what the customer wrote
}

func newSimulated(t *testing.T) *simulated {
	t.Helper()
	sim, err := simulator.New(simulator.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, sim.Close()) })
	s := &simulated{t: t, http: serves(t, sim.Handler())}
	var made struct {
		AppID     wechat.AppID `json:"app_id"`
		AppSecret string       `json:"app_secret"`
	}
	s.control("POST", "accounts", object{"callback_url": serves(t, says(wechat.Success)).URL + "/wechat/a"}, &made)
	s.of = wechat.Credentials{AccountID: "acc", AppID: made.AppID, AppSecret: secret.New(made.AppSecret)}
	s.control("PATCH", "settings", object{"window_messages": 1000}, nil)
	s.control("POST", s.account("followers"), object{"openid": customer, "quiet": true}, nil)
	s.asked = s.does(object{"text": "hello"})
	s.client = wxapi.New(s.http.URL, httpClient(t), &store{})
	return s
}

func serves(t *testing.T, h http.Handler) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server
}

// object is a JSON object.
type object map[string]any

func (s *simulated) account(rest string) string { return "accounts/" + string(s.of.AppID) + "/" + rest }

func (s *simulated) follower(rest string) string {
	return s.account("followers/" + string(customer) + rest)
}

// control makes a call of the control API and reads the answer into out, unless that is nil.
func (s *simulated) control(method, path string, body object, out any) {
	s.t.Helper()
	text, err := json.Marshal(body)
	require.NoError(s.t, err)
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.http.URL+"/_sim/"+path, bytes.NewReader(text))
	require.NoError(s.t, err)
	resp, err := s.http.Client().Do(r)
	require.NoError(s.t, err)
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	require.NoError(s.t, err)
	require.Less(s.t, resp.StatusCode, 300, "%s %s: %s", method, path, answer)
	if out != nil {
		require.NoError(s.t, json.Unmarshal(answer, out))
	}
}

// does lets the customer do something that the account's server accepts, and returns its MsgId.
func (s *simulated) does(act object) (msgID string) {
	s.t.Helper()
	msgID, verdict := s.tells(act)
	require.Equal(s.t, "accepted", verdict)
	return msgID
}

// tells lets the customer do something, and returns its MsgId and what became of telling the account's server.
func (s *simulated) tells(act object) (msgID, verdict string) {
	s.t.Helper()
	var told struct {
		MsgID   string `json:"msg_id"`
		Verdict string `json:"verdict"`
	}
	s.control("POST", s.follower("/say?wait=true"), act, &told)
	return told.MsgID, told.Verdict
}

// shown is an item on the customer's screen.
type shown struct {
	From      string            `json:"from"`
	Kind      string            `json:"kind"`
	Text      string            `json:"text"`
	Fields    map[string]string `json:"fields"`
	As        string            `json:"as"`
	AI        bool              `json:"ai"`
	InReplyTo string            `json:"in_reply_to"`
}

// screen is what the customer sees: the items, and whether somebody is writing.
func (s *simulated) screen() (items []shown, typing bool) {
	s.t.Helper()
	var screen struct {
		Items  []shown `json:"items"`
		Typing bool    `json:"typing"`
	}
	s.control("GET", s.follower("/screen"), nil, &screen)
	return screen.Items, screen.Typing
}

// last is the newest item.
func (s *simulated) last() shown {
	s.t.Helper()
	items, _ := s.screen()
	return items[len(items)-1]
}

// fault lets the next call of a path get an errcode.
func (s *simulated) fault(code wechat.ErrCode, op string) {
	s.t.Helper()
	s.control("POST", "faults", object{"kind": "errcode", "errcode": code, "path": "/cgi-bin/" + op}, nil)
}
