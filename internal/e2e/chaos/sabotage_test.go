package chaos_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/e2e/chaos"
	"wxdesk/internal/e2e/harness"
)

// saboteur breaks on purpose what the product keeps whole, for one load.
type saboteur struct {
	t    *testing.T
	r    *chaos.Rig
	l    *chaos.Load
	path string // of a recorded callback
	body []byte
}

// swallow acknowledges one callback in place of the API, which never gets it.
func (s *saboteur) swallow() {
	n := 0
	s.r.Balancer.Intercept = func(*http.Request, []byte) bool { n++; return n == 2 }
}

// record keeps a copy of the first callback.
func (s *saboteur) record() {
	s.r.Balancer.Intercept = func(r *http.Request, body []byte) bool {
		if s.body == nil {
			s.path, s.body = r.URL.String(), body
		}
		return false
	}
}

// repeat posts the recorded callback again.
func (s *saboteur) repeat() {
	resp, err := http.Post("http://"+s.r.HTTPAddr+s.path, "text/xml", bytes.NewReader(s.body))
	require.NoError(s.t, err)
	defer resp.Body.Close() //nolint:errcheck // nothing is read
	require.Equal(s.t, http.StatusOK, resp.StatusCode)
	s.r.WaitFor(30*time.Second, "the repeat is in the transcript", func() bool { return len(s.conversations()) == 2 })
}

func (s *saboteur) conversations() []harness.Conversation { return s.l.Customers[0].Conversations() }

// execForConversation runs a statement about the load's conversations.
func (s *saboteur) execForConversation(statement string) {
	s.t.Helper()
	s.exec(statement, "{"+s.conversations()[0].ID+"}")
}

func (s *saboteur) exec(statement string, args ...any) {
	s.t.Helper()
	_, err := s.r.Database().ExecContext(s.t.Context(), statement, args...)
	require.NoError(s.t, err)
}

// swap exchanges the first two messages of an author.
func (s *saboteur) swap(author string) {
	s.t.Helper()
	var first, second int
	db, conversation := s.r.Database(), s.conversations()[0].ID
	require.NoError(s.t, db.QueryRow(`select min(seq), min(seq) filter (where seq > first) from (
		select seq, min(seq) over () as first from messages where conversation_id = $1 and author = $2) l`, conversation, author).Scan(&first, &second))
	for _, change := range [][2]int{{first, -1}, {second, first}, {-1, second}} {
		s.exec(`update messages set seq = $3 where conversation_id = $1 and seq = $2`, conversation, change[0], change[1])
	}
}

// endRuns ends the customer's run, which remembers what it has seen.
func (s *saboteur) endRuns() {
	s.t.Helper()
	var id string
	require.NoError(s.t, s.r.Database().QueryRow(`select workflow_id from conversations where id = $1`, s.conversations()[0].ID).Scan(&id))
	require.NoError(s.t, s.r.TemporalClient().TerminateWorkflow(s.t.Context(), id, "", "to forget what it has seen"))
}

// send sends a text past the product.
func (s *saboteur) send(text string) {
	s.t.Helper()
	var at struct {
		AppSecret string `json:"app_secret"`
	}
	s.r.CallSimulator(http.MethodGet, "/accounts/"+harness.DemoAppID, nil, &at)
	var token struct {
		AccessToken string `json:"access_token"`
	}
	s.post("/cgi-bin/stable_token", map[string]any{"grant_type": "client_credential", "appid": harness.DemoAppID, "secret": at.AppSecret}, &token)
	var sent struct{ ErrCode int }
	s.post("/cgi-bin/message/custom/send?access_token="+token.AccessToken, map[string]any{
		"touser": s.l.Customers[0].OpenID, "msgtype": "text", "text": map[string]string{"content": text},
	}, &sent)
	require.Zero(s.t, sent.ErrCode)
}

func (s *saboteur) post(path string, in, out any) {
	s.t.Helper()
	status, body := s.r.Call(http.MethodPost, "http://"+s.r.SimulatorAddr+path, nil, in)
	require.Equal(s.t, http.StatusOK, status)
	require.NoErrorf(s.t, json.Unmarshal(body, out), "%s", body)
}
