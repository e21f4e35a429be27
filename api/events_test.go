package api_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/api"
	"wxdesk/internal/conversation"
)

// desk follows the event stream, without a network: what is written to it is there at once.
type desk struct {
	*httptest.ResponseRecorder
	mu    sync.Mutex
	leave context.CancelFunc
	ended chan struct{}
	stuck chan struct{} // while not nil and open, writing to it blocks
}

func (l *desk) Write(b []byte) (int, error) {
	if l.stuck != nil {
		<-l.stuck
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ResponseRecorder.Write(b)
}

func (l *desk) WriteString(s string) (int, error) { return l.Write([]byte(s)) }

// heard is what the desk has received: for each event its kind and, where it has one, its number.
func (l *desk) heard() (events []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for block := range strings.SplitSeq(l.Body.String(), "\n\n") {
		kind, data := "", ""
		for line := range strings.SplitSeq(block, "\n") {
			if rest, ok := strings.CutPrefix(line, "event: "); ok {
				kind = rest
			}
			if rest, ok := strings.CutPrefix(line, "data: "); ok {
				data = rest
			}
		}
		if _, n, ok := strings.Cut(data, `"n":`); ok {
			n, _, _ = strings.Cut(strings.TrimRight(n, "}"), ",")
			kind += " " + n
		}
		if kind != "" {
			events = append(events, kind)
		}
	}
	return events
}

// lastID is the last id that the desk has received, with or without an event.
func (l *desk) lastID() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := l.Body.String()
	_, rest, _ := strings.Cut(text[max(0, strings.LastIndex(text, "id: ")):], "id: ")
	id, _, _ := strings.Cut(rest, "\n")
	return id
}

// running starts the API's work beside the handler, in a bubble of synctest, until the test ends.
func running(t *testing.T, w *world) (http.Handler, context.CancelFunc) {
	t.Helper()
	return runningAPI(t, api.New(w.config()))
}

func runningAPI(t *testing.T, a *api.API) (http.Handler, context.CancelFunc) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		a.Run(ctx)
	}()
	t.Cleanup(func() { stop(); <-done })
	synctest.Wait()
	return a.Handler(), stop
}

// listen opens an event stream with the token of a role.
func listen(t *testing.T, h http.Handler, role, lastID string) *desk {
	t.Helper()
	l := &desk{ResponseRecorder: httptest.NewRecorder(), ended: make(chan struct{})}
	follow(t, h, role, lastID, l)
	synctest.Wait()
	return l
}

func follow(t *testing.T, h http.Handler, role, lastID string, l *desk) {
	t.Helper()
	ctx, leave := context.WithCancel(context.Background())
	l.leave = leave
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/v1/events", nil)
	r.Header.Set("Authorization", "Bearer "+role)
	if lastID != "" {
		r.Header.Set("Last-Event-ID", lastID)
	}
	go func() {
		defer close(l.ended)
		h.ServeHTTP(l, r)
	}()
	t.Cleanup(func() { leave(); <-l.ended })
}

// numbered is something that an agent is told, with a number.
func numbered(n int, agent conversation.AgentID) conversation.Told {
	return conversation.Told{Kind: "message", Conversation: convA, AgentID: agent, Body: fmt.Appendf(nil, `{"n":%d}`, n)}
}

func TestEvents_tellIDsAndStates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		h, _ := running(t, w)
		l := listen(t, h, "agent", "")
		w.feed.tell(conversation.Told{Kind: "offer", Conversation: convA, QueueID: queueA, AgentID: agentA, Body: []byte(`{"assignment_id":"x"}`)})
		synctest.Wait()
		require.Equal(t, "text/event-stream", l.Header().Get("Content-Type"))
		require.Equal(t, "no-store", l.Header().Get("Cache-Control"))
		want := fmt.Sprintf("event: offer\ndata: {%s,%s,%s,%s,%s}\nid: ", `"agent_id":"`+agentA+`"`, `"assignment_id":"x"`,
			`"at":"`+time.Now().UTC().Format(time.RFC3339Nano)+`"`, `"conversation_id":"`+convA+`"`, `"queue_id":"`+queueA+`"`)
		require.Contains(t, l.Body.String(), want)
	})
}

func TestS5_theStreamTellsEachItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.feed.join(agentA, queueA)
		h, _ := running(t, w)
		agent, boss := listen(t, h, "agent", ""), listen(t, h, "supervisor", "")
		inQueue := conversation.Told{Kind: "conversation", QueueID: queueA, Body: []byte(`{"n":2}`)}
		elsewhere := conversation.Told{Kind: "conversation", QueueID: accountB, Body: []byte(`{"n":4}`)}
		alert := conversation.Told{Kind: "alert", QueueID: queueA, Body: []byte(`{"n":5}`)}
		foreign := numbered(6, agentA)
		foreign.Tenant = "another"
		nobodys := conversation.Told{Kind: "conversation", Body: []byte(`{"n":7}`)}
		w.feed.tell(numbered(1, agentA), inQueue, numbered(3, agentB), elsewhere, alert, foreign, nobodys)
		synctest.Wait()
		require.Equal(t, []string{"message 1", "conversation 2"}, agent.heard())
		require.Equal(t, []string{"message 1", "conversation 2", "message 3", "conversation 4", "alert 5", "conversation 7"}, boss.heard())
	})
}

func TestEvents_goOnWhereAnotherStreamBrokeOffWithoutGapOrDouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		h, _ := running(t, w)
		var all []string
		cursor, n := "", 0
		for range 20 {
			l := listen(t, h, "agent", cursor)
			for range 3 {
				n++
				w.feed.tell(numbered(n, agentA), numbered(-n, agentB))
				synctest.Wait()
			}
			l.leave()
			<-l.ended
			all = append(all, l.heard()...)
			cursor = l.lastID()
			for range 2 { // while nobody listens
				n++
				w.feed.tell(numbered(n, agentA))
			}
			synctest.Wait()
		}
		last := listen(t, h, "agent", cursor)
		all = append(all, last.heard()...)
		require.Len(t, all, n)
		for i, event := range all {
			require.Equal(t, fmt.Sprint("message ", i+1), event)
		}
	})
}

// A6: a process that dies between its commit and the notice costs others a second.
func TestEvents_comeWithoutANotice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		h, _ := running(t, w)
		l := listen(t, h, "agent", "")
		w.feed.mu.Lock()
		w.feed.add(numbered(1, agentA))
		w.feed.mu.Unlock()
		time.Sleep(time.Second)
		synctest.Wait()
		require.Equal(t, []string{"message 1"}, l.heard())
	})
}

func TestEvents_resumeReadsMoreThanOneBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		h, _ := running(t, w)
		l := listen(t, h, "supervisor", "")
		l.leave()
		<-l.ended
		for n := range 1201 {
			w.feed.tell(numbered(n, agentB))
		}
		synctest.Wait()
		require.Len(t, listen(t, h, "supervisor", l.lastID()).heard(), 1201)
	})
}

func TestEvents_resetWhereTheCursorLeadsNowhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.feed.tell(numbered(1, agentA))
		h, _ := running(t, w)
		first := listen(t, h, "agent", "")
		good := first.lastID()
		require.NotEmpty(t, good)
		for name, cursor := range map[string]string{"made up": "abc", "changed": flip(good, 8*20), "too long": strings.Repeat("A", 5000)} {
			l := listen(t, h, "agent", cursor)
			require.Equal(t, []string{"reset"}, l.heard(), name)
			w.feed.tell(numbered(2, agentA))
			synctest.Wait()
			require.Equal(t, []string{"reset", "message 2"}, l.heard(), "the stream goes on from now")
		}
		w.token = func([32]byte) (conversation.Principal, error) {
			return conversation.Principal{Tenant: "another", TokenID: "t", Role: conversation.RoleAdmin}, nil
		}
		require.Equal(t, []string{"reset"}, listen(t, h, "admin", good).heard(), "of another tenant")
	})
}

func TestEvents_aCursorExpiresButNotWhileItsStreamIsOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		h, _ := running(t, w)
		l := listen(t, h, "agent", "")
		old := l.lastID()
		w.feed.tell(numbered(1, agentA))
		time.Sleep(4 * time.Minute) // of the bubble's clock
		require.Equal(t, []string{"message 1"}, listen(t, h, "agent", old).heard())
		time.Sleep(2 * time.Minute)
		require.Equal(t, []string{"reset"}, listen(t, h, "agent", old).heard(), "five minutes are over")
		require.Equal(t, []string{"message 1"}, l.heard())
		require.Empty(t, listen(t, h, "agent", l.lastID()).heard(), "heartbeats renew it")
	})
}

// stalled opens a stream whose client takes nothing until the returned function is called.
func stalled(t *testing.T, h http.Handler, role string) (l *desk, resume func()) {
	t.Helper()
	l = &desk{ResponseRecorder: httptest.NewRecorder(), ended: make(chan struct{}), stuck: make(chan struct{})}
	follow(t, h, role, "", l)
	close(l.stuck)
	synctest.Wait()
	stuck := make(chan struct{})
	l.stuck = stuck
	return l, func() { close(stuck); synctest.Wait() }
}

func TestEvents_catchUpAfterAStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		h, _ := running(t, w)
		quick := listen(t, h, "supervisor", "")
		slow, resume := stalled(t, h, "agent")
		const told = 2000
		for n := range told {
			w.feed.tell(numbered(n+1, agentA), numbered(-n, agentB))
			synctest.Wait()
		}
		require.Len(t, quick.heard(), 2*told, "nobody else has to wait")
		resume()
		w.feed.tell(numbered(told+1, agentA))
		synctest.Wait()
		heard := slow.heard()
		require.Len(t, heard, told+1)
		for i, event := range heard {
			require.Equal(t, fmt.Sprint("message ", i+1), event)
		}
	})
}

func TestEvents_manyAtOnceCutNobodyOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		h, _ := running(t, w)
		var desks []*desk
		for range 20 {
			desks = append(desks, listen(t, h, "supervisor", ""))
		}
		var rows []conversation.Told
		for n := range 5000 { // as after a transaction that has held the feed up
			rows = append(rows, numbered(n, agentA))
		}
		w.feed.tell(rows...)
		synctest.Wait()
		for _, desk := range desks {
			require.Len(t, desk.heard(), 5000)
		}
	})
}

func TestEvents_resetAfterAStallWhereQueuesHaveChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		h, _ := running(t, w)
		slow, resume := stalled(t, h, "agent")
		for n := range 600 {
			w.feed.tell(numbered(n, agentA))
			synctest.Wait()
		}
		w.feed.join(agentA, queueA)
		w.feed.tell(conversation.Told{Kind: "presence", AgentID: agentA})
		synctest.Wait()
		resume()
		w.feed.tell(conversation.Told{Kind: "conversation", QueueID: queueA, Body: []byte(`{"n":1}`)})
		synctest.Wait()
		heard := slow.heard()
		require.Equal(t, []string{"reset", "conversation 1"}, heard[len(heard)-2:])
	})
}

func TestEvents_resetWhereQueuesHaveChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		h, _ := running(t, w)
		l := listen(t, h, "agent", "")
		w.feed.join(agentA, queueA)
		w.feed.tell(conversation.Told{Kind: "presence", AgentID: agentA})
		synctest.Wait()
		w.feed.tell(conversation.Told{Kind: "conversation", QueueID: queueA, Body: []byte(`{"n":1}`)})
		synctest.Wait()
		require.Equal(t, []string{"presence", "reset", "conversation 1"}, l.heard())

		w.feed.join(agentA) // and nobody tells
		time.Sleep(11 * time.Second)
		w.feed.tell(conversation.Told{Kind: "conversation", QueueID: queueA, Body: []byte(`{"n":2}`)})
		synctest.Wait()
		require.Equal(t, []string{"presence", "reset", "conversation 1", "reset"}, l.heard())
	})
}

func TestEvents_afterARestoreEveryDeskReadsAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		h, _ := running(t, w)
		l := listen(t, h, "agent", "")
		w.feed.mu.Lock()
		w.feed.restored++
		w.feed.mu.Unlock()
		<-l.ended
		require.Equal(t, []string{"reset"}, l.heard())
		time.Sleep(time.Second)
		require.Equal(t, []string{"reset"}, listen(t, h, "agent", l.lastID()).heard())
	})
}

// S9
func TestEvents_endASecondAfterRevocation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		h, _ := running(t, w)
		token := w.token
		var mu sync.Mutex
		revoked := false
		w.token = func(hash [32]byte) (conversation.Principal, error) {
			mu.Lock()
			defer mu.Unlock()
			if revoked {
				return conversation.Principal{}, conversation.ErrNotFound
			}
			return token(hash)
		}
		l := listen(t, h, "agent", "")
		time.Sleep(time.Minute + time.Second)
		mu.Lock()
		revoked = true
		mu.Unlock()
		start := time.Now()
		<-l.ended
		require.LessOrEqual(t, time.Since(start), time.Second)
	})
}

func TestEvents_twentyStreamsForAToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := running(t, newWorld())
		first := listen(t, h, "supervisor", "")
		for range 19 {
			listen(t, h, "supervisor", "")
		}
		requireProblem(t, call(t, h, "supervisor", http.MethodGet, "/v1/events", ""), http.StatusTooManyRequests, "too-many-streams")
		require.Equal(t, http.StatusOK, listen(t, h, "agent", "").Code, "another token has its own")
		first.leave()
		<-first.ended
		require.Equal(t, "text/event-stream", listen(t, h, "supervisor", "").Header().Get("Content-Type"))
	})
}

func TestEvents_goOnWhileTokensCannotBeLookedUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		h, _ := running(t, w)
		token, away := w.token, atomic.Bool{}
		w.token = func(hash [32]byte) (conversation.Principal, error) {
			if away.Load() {
				return conversation.Principal{}, errors.New("the server is away")
			}
			return token(hash)
		}
		l := listen(t, h, "agent", "")
		away.Store(true)
		time.Sleep(time.Minute)
		select {
		case <-l.ended:
			t.Fatal("the stream ended")
		default:
		}
	})
}

func TestEvents_onlyForWhoMayAndOnlyWhileTheFeedIsRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		h, stop := running(t, w)
		requireProblem(t, call(t, h, "agent", http.MethodGet, "/v1/events?access_token=agent", ""), http.StatusUnprocessableEntity, "invalid")
		requireProblem(t, call(t, h, "", http.MethodGet, "/v1/events?access_token=agent", ""), http.StatusUnauthorized, "unauthenticated")
		l := listen(t, h, "agent", "")
		stop()
		<-l.ended
		require.Equal(t, []string{"reset"}, l.heard(), "a process that stops sends its desks elsewhere")
		requireProblem(t, call(t, h, "agent", http.MethodGet, "/v1/events", ""), http.StatusServiceUnavailable, "unavailable")
	})
}

func TestConnections_agentIsThereWhileStreamIsOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		h, _ := running(t, w)
		listen(t, h, "supervisor", "")
		require.Zero(t, w.agents.connected(), "only agents are connected")
		one, two := listen(t, h, "agent", ""), listen(t, h, "agent", "")
		require.Equal(t, 2, w.agents.connected())
		require.Equal(t, []string{"token-of-agent", "token-of-agent"}, w.agents.tokens(), "the ledger asks whether they still count")
		one.leave()
		<-one.ended
		require.Empty(t, w.agents.haveLost())
		two.leave()
		<-two.ended
		require.Zero(t, w.agents.connected())
		require.Equal(t, []conversation.AgentID{agentA}, w.agents.haveLost())
	})
}

func TestConnections_beatMendsWhatDiffers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		h, _ := running(t, w)
		listen(t, h, "agent", "")
		w.agents.forget() // this process was silent, and another one dropped it
		stray := conversation.AgentConnection{ID: "left behind", Tenant: conversation.DefaultTenant, AgentID: agentB}
		require.NoError(t, w.agents.Connect(t.Context(), "", stray))
		time.Sleep(6 * time.Second)
		require.Equal(t, 1, w.agents.connected())
		require.Equal(t, []conversation.AgentID{agentB}, w.agents.haveLost())
		w.agents.mu.Lock()
		defer w.agents.mu.Unlock()
		require.Equal(t, 2, w.agents.dropped, "every beat drops the silent processes")
	})
}

func TestConnections_disabledAgentIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.agents.refuse = conversation.ErrNotFound
		h, _ := running(t, w)
		requireProblem(t, call(t, h, "agent", http.MethodGet, "/v1/events", ""), http.StatusForbidden, "forbidden")
	})
}

func TestEvents_overARealConnectionComeAtOnceAndOutliveEveryDeadline(t *testing.T) {
	t.Parallel()
	w := newWorld()
	a := api.New(w.config())
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		a.Run(ctx)
	}()
	defer func() { stop(); <-done }()
	addr := serve(t, a.Handler(), quickBothWays)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr+"/v1/events", nil)
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer agent")
	var answer *http.Response
	require.Eventually(t, func() bool {
		if answer, err = http.DefaultClient.Do(r); err != nil {
			return false
		}
		if answer.StatusCode != http.StatusOK {
			_ = answer.Body.Close()
		}
		return answer.StatusCode == http.StatusOK
	}, 10*time.Second, 10*time.Millisecond)
	defer http.DefaultClient.CloseIdleConnections()
	defer answer.Body.Close()
	lines := bufio.NewScanner(answer.Body)
	for n := range 4 { // over more than the deadlines, of half a second to read and a little more to write
		if n > 0 {
			<-time.After(300 * time.Millisecond)
		}
		w.feed.tell(numbered(n, agentA))
		for lines.Scan() && !strings.HasPrefix(lines.Text(), "data: ") {
		}
		require.Contains(t, lines.Text(), fmt.Sprint(`"n":`, n))
	}
}
