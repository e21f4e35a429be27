package e2e_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A harness that finds nothing proves something only if it finds what is there. Each promise is broken on purpose, in the
// running system, and the same judge that TestChaos asks must say which one.
func TestChaos_catches(t *testing.T) { // alone: WeChat's patience is real time
	r := newRig(t)
	const lines = 4
	r.teach(lines)
	for _, sabotage := range []struct {
		name    string
		breaks  string
		meddle  func(s *spoiler) // before anybody writes
		corrupt func(s *spoiler) // after all is quiet
	}{
		{name: "nothing where nothing is wrong"},
		{name: "a message that is acknowledged and lost", breaks: "R1", meddle: func(s *spoiler) { s.swallow() }},
		{name: "a message that is taken twice", breaks: "R4", meddle: func(s *spoiler) { s.record() }, corrupt: func(s *spoiler) {
			s.exec(`delete from receipts where conversation_id = any($1::uuid[])`)
			s.endRuns()
			s.repeat()
		}},
		{name: "a message that nobody answers", breaks: "R4", corrupt: func(s *spoiler) {
			s.exec(`update messages set turn_id = gen_random_uuid() where conversation_id = any($1::uuid[]) and turn_id is not null`)
		}},
		{name: "messages in another order", breaks: "R5", corrupt: func(s *spoiler) { s.swap("customer") }},
		{name: "answers in another order", breaks: "R13", corrupt: func(s *spoiler) { s.swap("bot") }},
		{name: "an answer that is left under way", breaks: "R10", corrupt: func(s *spoiler) {
			s.exec(`update deliveries set status = 'sending', updated_at = now() where conversation_id = any($1::uuid[])`)
		}},
		{name: "an answer that arrives twice", breaks: "R11", corrupt: func(s *spoiler) { s.send("answer to 00000") }},
		{name: "an answer that nobody gave", breaks: "R11", corrupt: func(s *spoiler) { s.send("out of the blue") }},
		{name: "an answer that is called sent and is not", breaks: "R11", meddle: func(s *spoiler) {
			s.r.simulator(http.MethodPost, "/faults", map[string]any{"kind": "errcode", "errcode": 45015, "app_id": demoAppID}, nil)
		}, corrupt: func(s *spoiler) {
			s.exec(`update deliveries set status = 'sent' where conversation_id = any($1::uuid[])`)
		}},
		{name: "two conversations of one customer", breaks: "R6", corrupt: func(s *spoiler) {
			s.run(`drop index conversations_one_open`)
			s.exec(`insert into conversations (tenant, id, account_id, customer_id, workflow_id, state, holder)
				select tenant, gen_random_uuid(), account_id, customer_id, workflow_id, state, holder from conversations where id = any($1::uuid[])`)
		}},
		{name: "a line that its run has forgotten", breaks: "R27", corrupt: func(s *spoiler) {
			s.exec(`update messages set wants_answer = true where conversation_id = any($1::uuid[]) and author = 'customer' and seq = (
				select max(seq) from messages where conversation_id = any($1::uuid[]) and author = 'customer')`)
		}},
		{name: "a message that nobody sends", breaks: "R27", corrupt: func(s *spoiler) {
			s.exec(`update deliveries set status = 'queued' where conversation_id = any($1::uuid[])`)
		}},
		{name: "a wish to end that its run is not told", breaks: "R27", corrupt: func(s *spoiler) {
			s.exec(`update conversations set ending = 'closed-by-agent' where id = any($1::uuid[])`)
		}},
		{name: "a hand-over that its run is not told", breaks: "R27", corrupt: func(s *spoiler) {
			s.exec(`update conversations set hand_over = 'bot-escalated' where id = any($1::uuid[])`)
		}},
		{name: "a conversation that has ended behind its run's back", breaks: "R25", corrupt: func(s *spoiler) {
			s.exec(`update conversations set state = 'closed', closed_at = now() where id = any($1::uuid[])`)
		}},
	} {
		t.Run(sabotage.name, func(t *testing.T) { // one after the other: they share the system
			defer r.during(t)()
			s := &spoiler{t: t, r: r}
			r.front.lie = nil
			if sabotage.meddle != nil {
				sabotage.meddle(s)
			}
			s.l = r.writes(1, lines, lines)
			s.l.wait()
			s.l.settles(5 * time.Second)
			if sabotage.corrupt != nil {
				sabotage.corrupt(s)
			}
			broken := s.l.verdict()
			switch sabotage.breaks { // what one defect leaves owed stays so, and is no concern of the next
			case "":
				broken = append(broken, r.owes(time.Minute, s.conversations()[0].ID)...)
			case "R27":
				broken = append(broken, r.owes(0, s.conversations()[0].ID)...) // at once: the sweep would repair it
			}
			if sabotage.breaks == "R25" {
				out, err := r.reconcile("0s")
				require.Error(t, err)
				require.Contains(t, out, "a run is open, and no conversation of it is")
				return
			}
			if sabotage.breaks == "" {
				require.Empty(t, broken)
				return
			}
			require.Contains(t, which(broken), sabotage.breaks, "%v", broken)
		})
	}
}

// spoiler breaks what the product keeps whole, for one load.
type spoiler struct {
	t    *testing.T
	r    *rig
	l    *load
	path string // of a recorded callback
	body []byte
}

// swallow answers one callback in the product's name and keeps it.
func (s *spoiler) swallow() {
	n := 0
	s.r.front.lie = func(*http.Request, []byte) bool { n++; return n == 2 }
}

// record and repeat let a callback come again.
func (s *spoiler) record() {
	s.r.front.lie = func(r *http.Request, body []byte) bool {
		if s.body == nil {
			s.path, s.body = r.URL.String(), body
		}
		return false
	}
}

func (s *spoiler) repeat() {
	resp, err := http.Post("http://"+s.r.http+s.path, "text/xml", bytes.NewReader(s.body))
	require.NoError(s.t, err)
	defer resp.Body.Close() //nolint:errcheck // nothing is read
	require.Equal(s.t, http.StatusOK, resp.StatusCode)
	s.r.until(30*time.Second, "the repeat is in the transcript", func() bool { return len(s.conversations()) == 2 })
}

func (s *spoiler) conversations() []conversationView { return s.l.people[0].conversations() }

// exec runs a statement about the load's conversations.
func (s *spoiler) exec(statement string) {
	s.t.Helper()
	s.run(statement, "{"+s.conversations()[0].ID+"}")
}

func (s *spoiler) run(statement string, args ...any) {
	s.t.Helper()
	_, err := s.r.database().ExecContext(s.t.Context(), statement, args...)
	require.NoError(s.t, err)
}

// swap exchanges the first two lines of an author.
func (s *spoiler) swap(author string) {
	s.t.Helper()
	var first, second int
	db, conversation := s.r.database(), s.conversations()[0].ID
	require.NoError(s.t, db.QueryRow(`select min(seq), min(seq) filter (where seq > first) from (
		select seq, min(seq) over () as first from messages where conversation_id = $1 and author = $2) l`, conversation, author).Scan(&first, &second))
	for _, change := range [][2]int{{first, -1}, {second, first}, {-1, second}} {
		s.run(`update messages set seq = $3 where conversation_id = $1 and seq = $2`, conversation, change[0], change[1])
	}
}

// endRuns ends the customer's run, which remembers what it has seen.
func (s *spoiler) endRuns() {
	s.t.Helper()
	var id string
	require.NoError(s.t, s.r.database().QueryRow(`select workflow_id from conversations where id = $1`, s.conversations()[0].ID).Scan(&id))
	require.NoError(s.t, s.r.temporalClient().TerminateWorkflow(s.t.Context(), id, "", "to forget what it has seen"))
}

// send sends a text past the product.
func (s *spoiler) send(text string) {
	s.t.Helper()
	var at struct {
		AppSecret string `json:"app_secret"`
	}
	s.r.simulator(http.MethodGet, "/accounts/"+demoAppID, nil, &at)
	var token struct {
		AccessToken string `json:"access_token"`
	}
	s.post("/cgi-bin/stable_token", map[string]any{"grant_type": "client_credential", "appid": demoAppID, "secret": at.AppSecret}, &token)
	var sent struct{ ErrCode int }
	s.post("/cgi-bin/message/custom/send?access_token="+token.AccessToken, map[string]any{
		"touser": s.l.people[0].openID, "msgtype": "text", "text": map[string]string{"content": text},
	}, &sent)
	require.Zero(s.t, sent.ErrCode)
}

func (s *spoiler) post(path string, in, out any) {
	s.t.Helper()
	status, body := s.r.call(http.MethodPost, "http://"+s.r.sim+path, nil, in)
	require.Equal(s.t, http.StatusOK, status)
	require.NoErrorf(s.t, json.Unmarshal(body, out), "%s", body)
}
