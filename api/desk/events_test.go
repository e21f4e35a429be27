package desk_test

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
	"wxdesk/api/apitest"
	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/feed"
)

// numbered is something that an agent is told, with a number.
func numbered(n int, agent conversation.AgentID) feed.Event {
	return feed.Event{Kind: "message", Conversation: apitest.ConvA, AgentID: agent, Body: fmt.Appendf(nil, `{"n":%d}`, n)}
}

// DSK-3
func TestEvents_tellIDsAndStates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := apitest.NewWorld()
		h, _ := apitest.Run(t, w)
		l := apitest.OpenStream(t, h, "agent", "")
		w.Feed.Publish(feed.Event{Kind: "offer", Conversation: apitest.ConvA, QueueID: apitest.QueueA, AgentID: apitest.AgentA, Body: []byte(`{"assignment_id":"x"}`)})
		synctest.Wait()
		require.Equal(t, "text/event-stream", l.Header().Get("Content-Type"))
		require.Equal(t, "no-store", l.Header().Get("Cache-Control"))
		want := fmt.Sprintf("event: offer\ndata: {%s,%s,%s,%s,%s}\nid: ", `"agent_id":"`+apitest.AgentA+`"`, `"assignment_id":"x"`,
			`"at":"`+time.Now().UTC().Format(time.RFC3339Nano)+`"`, `"conversation_id":"`+apitest.ConvA+`"`, `"queue_id":"`+apitest.QueueA+`"`)
		require.Contains(t, l.Body.String(), want)
	})
}

// S5, SUP-6
func TestEvents_onlyWhatTheAgentMaySee(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := apitest.NewWorld()
		w.Feed.Join(apitest.AgentA, apitest.QueueA)
		h, _ := apitest.Run(t, w)
		agent, boss := apitest.OpenStream(t, h, "agent", ""), apitest.OpenStream(t, h, "supervisor", "")
		inQueue := feed.Event{Kind: "conversation", QueueID: apitest.QueueA, Body: []byte(`{"n":2}`)}
		elsewhere := feed.Event{Kind: "conversation", QueueID: apitest.AccountB, Body: []byte(`{"n":4}`)}
		alert := feed.Event{Kind: "alert", QueueID: apitest.QueueA, Body: []byte(`{"n":5}`)}
		foreign := numbered(6, apitest.AgentA)
		foreign.Tenant = "another"
		nobodys := feed.Event{Kind: "conversation", Body: []byte(`{"n":7}`)}
		w.Feed.Publish(numbered(1, apitest.AgentA), inQueue, numbered(3, apitest.AgentB), elsewhere, alert, foreign, nobodys)
		synctest.Wait()
		require.Equal(t, []string{"message 1", "conversation 2"}, agent.Heard())
		require.Equal(t, []string{"message 1", "conversation 2", "message 3", "conversation 4", "alert 5", "conversation 7"}, boss.Heard())
	})
}

// Of a message's key only who sent the message is told, also while others listen.
func TestEvents_keyOnlyForItsSender(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := apitest.NewWorld()
		h, _ := apitest.Run(t, w)
		agent, boss := apitest.OpenStream(t, h, "agent", ""), apitest.OpenStream(t, h, "supervisor", "")
		w.Feed.Publish(feed.Event{
			Kind: "message", Conversation: apitest.ConvA, AgentID: apitest.AgentA, Body: []byte(`{"n":1,"key":"my-key","key_of":"token-of-agent"}`),
		})
		synctest.Wait()
		require.Contains(t, agent.Body.String(), `"key":"my-key"`)
		require.Equal(t, []string{"message 1"}, boss.Heard())
		for _, told := range []string{agent.Body.String(), boss.Body.String()} {
			require.NotContains(t, told, "key_of")
			require.NotContains(t, told, "token-of-agent")
		}
		require.NotContains(t, boss.Body.String(), "my-key")
	})
}

func TestEvents_resumeWithoutGapOrDouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := apitest.NewWorld()
		h, _ := apitest.Run(t, w)
		var all []string
		cursor, n := "", 0
		for range 20 {
			l := apitest.OpenStream(t, h, "agent", cursor)
			for range 3 {
				n++
				w.Feed.Publish(numbered(n, apitest.AgentA), numbered(-n, apitest.AgentB))
				synctest.Wait()
			}
			l.Leave()
			<-l.Ended
			all = append(all, l.Heard()...)
			cursor = l.LastID()
			for range 2 { // while nobody listens
				n++
				w.Feed.Publish(numbered(n, apitest.AgentA))
			}
			synctest.Wait()
		}
		last := apitest.OpenStream(t, h, "agent", cursor)
		all = append(all, last.Heard()...)
		require.Len(t, all, n)
		for i, event := range all {
			require.Equal(t, fmt.Sprint("message ", i+1), event)
		}
	})
}

// A process that dies between its commit and the notice costs others a second.
func TestEvents_arriveWithoutANotification(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := apitest.NewWorld()
		h, _ := apitest.Run(t, w)
		l := apitest.OpenStream(t, h, "agent", "")
		w.Feed.Mu.Lock()
		w.Feed.Add(numbered(1, apitest.AgentA))
		w.Feed.Mu.Unlock()
		time.Sleep(time.Second)
		synctest.Wait()
		require.Equal(t, []string{"message 1"}, l.Heard())
	})
}

func TestEvents_resumeReadsMoreThanOneBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := apitest.NewWorld()
		h, _ := apitest.Run(t, w)
		l := apitest.OpenStream(t, h, "supervisor", "")
		l.Leave()
		<-l.Ended
		for n := range 1201 {
			w.Feed.Publish(numbered(n, apitest.AgentB))
		}
		synctest.Wait()
		require.Len(t, apitest.OpenStream(t, h, "supervisor", l.LastID()).Heard(), 1201)
	})
}

func TestEvents_resetOnAnUnknownCursor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := apitest.NewWorld()
		w.Feed.Publish(numbered(1, apitest.AgentA))
		h, _ := apitest.Run(t, w)
		first := apitest.OpenStream(t, h, "agent", "")
		good := first.LastID()
		require.NotEmpty(t, good)
		for name, cursor := range map[string]string{"made up": "abc", "changed": apitest.Flip(good, 8*20), "too long": strings.Repeat("A", 5000)} {
			l := apitest.OpenStream(t, h, "agent", cursor)
			require.Equal(t, []string{"reset"}, l.Heard(), name)
			w.Feed.Publish(numbered(2, apitest.AgentA))
			synctest.Wait()
			require.Equal(t, []string{"reset", "message 2"}, l.Heard(), "the stream goes on from now")
		}
		w.OnAuthenticate = func([32]byte) (access.Principal, error) {
			return access.Principal{Tenant: "another", TokenID: "t", Role: access.RoleAdmin}, nil
		}
		require.Equal(t, []string{"reset"}, apitest.OpenStream(t, h, "admin", good).Heard(), "of another tenant")
	})
}

func TestEvents_cursorExpiresAfterItsStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := apitest.NewWorld()
		h, _ := apitest.Run(t, w)
		l := apitest.OpenStream(t, h, "agent", "")
		old := l.LastID()
		w.Feed.Publish(numbered(1, apitest.AgentA))
		time.Sleep(4 * time.Minute) // of the bubble's clock
		require.Equal(t, []string{"message 1"}, apitest.OpenStream(t, h, "agent", old).Heard())
		time.Sleep(2 * time.Minute)
		require.Equal(t, []string{"reset"}, apitest.OpenStream(t, h, "agent", old).Heard(), "five minutes are over")
		require.Equal(t, []string{"message 1"}, l.Heard())
		require.Empty(t, apitest.OpenStream(t, h, "agent", l.LastID()).Heard(), "heartbeats renew it")
	})
}

// stalled opens a stream whose client takes nothing until the returned function is called.
func stalled(t *testing.T, h http.Handler, role string) (l *apitest.EventStream, resume func()) {
	t.Helper()
	l = &apitest.EventStream{ResponseRecorder: httptest.NewRecorder(), Ended: make(chan struct{}), Stuck: make(chan struct{})}
	apitest.OpenStreamOn(t, h, role, "", l)
	close(l.Stuck)
	synctest.Wait()
	stuck := make(chan struct{})
	l.Stuck = stuck
	return l, func() { close(stuck); synctest.Wait() }
}

func TestEvents_catchUpAfterAStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := apitest.NewWorld()
		h, _ := apitest.Run(t, w)
		quick := apitest.OpenStream(t, h, "supervisor", "")
		slow, resume := stalled(t, h, "agent")
		const told = 2000
		for n := range told {
			w.Feed.Publish(numbered(n+1, apitest.AgentA), numbered(-n, apitest.AgentB))
			synctest.Wait()
		}
		require.Len(t, quick.Heard(), 2*told, "nobody else has to wait")
		resume()
		w.Feed.Publish(numbered(told+1, apitest.AgentA))
		synctest.Wait()
		heard := slow.Heard()
		require.Len(t, heard, told+1)
		for i, event := range heard {
			require.Equal(t, fmt.Sprint("message ", i+1), event)
		}
	})
}

// A stream that replays what it has missed holds up nobody else, however long its reads take.
func TestEvents_slowReplayDelaysNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := apitest.NewWorld()
		var slow atomic.Bool
		read := make(chan struct{})
		w.Feed.OnFeed = func(after feed.Position) {
			if after.ID == 1 && slow.Load() {
				<-read
			}
		}
		h, _ := apitest.Run(t, w)
		gone, other := apitest.OpenStream(t, h, "agent", ""), apitest.OpenStream(t, h, "supervisor", "")
		w.Feed.Publish(numbered(1, apitest.AgentA))
		synctest.Wait()
		gone.Leave()
		<-gone.Ended
		w.Feed.Publish(numbered(2, apitest.AgentA))
		synctest.Wait()

		slow.Store(true)
		again := apitest.OpenStream(t, h, "agent", gone.LastID())
		w.Feed.Publish(numbered(3, apitest.AgentA))
		synctest.Wait()
		late := apitest.OpenStream(t, h, "supervisor", "")
		w.Feed.Publish(numbered(4, apitest.AgentA))
		synctest.Wait()
		require.Empty(t, again.Heard(), "it still reads")
		require.Equal(t, []string{"message 1", "message 2", "message 3", "message 4"}, other.Heard())
		require.Equal(t, []string{"message 4"}, late.Heard())
		close(read)
		synctest.Wait()
		require.Equal(t, []string{"message 2", "message 3", "message 4"}, again.Heard())
	})
}

func TestEvents_manyAtOnceReachEveryStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := apitest.NewWorld()
		h, _ := apitest.Run(t, w)
		var desks []*apitest.EventStream
		for range 20 {
			desks = append(desks, apitest.OpenStream(t, h, "supervisor", ""))
		}
		var rows []feed.Event
		for n := range 5000 { // as after a transaction that has held the feed up
			rows = append(rows, numbered(n, apitest.AgentA))
		}
		w.Feed.Publish(rows...)
		synctest.Wait()
		for _, desk := range desks {
			require.Len(t, desk.Heard(), 5000)
		}
	})
}

func TestEvents_resetAfterStallAndQueueChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := apitest.NewWorld()
		h, _ := apitest.Run(t, w)
		slow, resume := stalled(t, h, "agent")
		for n := range 600 {
			w.Feed.Publish(numbered(n, apitest.AgentA))
			synctest.Wait()
		}
		w.Feed.Join(apitest.AgentA, apitest.QueueA)
		w.Feed.Publish(feed.Event{Kind: "presence", AgentID: apitest.AgentA})
		synctest.Wait()
		resume()
		w.Feed.Publish(feed.Event{Kind: "conversation", QueueID: apitest.QueueA, Body: []byte(`{"n":1}`)})
		synctest.Wait()
		heard := slow.Heard()
		require.Equal(t, []string{"reset", "conversation 1"}, heard[len(heard)-2:])
	})
}

func TestEvents_resetWhereQueuesHaveChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := apitest.NewWorld()
		h, _ := apitest.Run(t, w)
		l := apitest.OpenStream(t, h, "agent", "")
		w.Feed.Join(apitest.AgentA, apitest.QueueA)
		w.Feed.Publish(feed.Event{Kind: "presence", AgentID: apitest.AgentA})
		synctest.Wait()
		w.Feed.Publish(feed.Event{Kind: "conversation", QueueID: apitest.QueueA, Body: []byte(`{"n":1}`)})
		synctest.Wait()
		require.Equal(t, []string{"presence", "reset", "conversation 1"}, l.Heard())

		w.Feed.Join(apitest.AgentA) // and nobody tells
		time.Sleep(11 * time.Second)
		w.Feed.Publish(feed.Event{Kind: "conversation", QueueID: apitest.QueueA, Body: []byte(`{"n":2}`)})
		synctest.Wait()
		require.Equal(t, []string{"presence", "reset", "conversation 1", "reset"}, l.Heard())
	})
}

func TestEvents_resetAfterARestore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := apitest.NewWorld()
		h, _ := apitest.Run(t, w)
		l := apitest.OpenStream(t, h, "agent", "")
		w.Feed.Mu.Lock()
		w.Feed.Restored++
		w.Feed.Mu.Unlock()
		<-l.Ended
		require.Equal(t, []string{"reset"}, l.Heard())
		time.Sleep(time.Second)
		require.Equal(t, []string{"reset"}, apitest.OpenStream(t, h, "agent", l.LastID()).Heard())
	})
}

// S9
func TestEvents_endASecondAfterRevocation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := apitest.NewWorld()
		h, _ := apitest.Run(t, w)
		token := w.OnAuthenticate
		var mu sync.Mutex
		revoked := false
		w.OnAuthenticate = func(hash [32]byte) (access.Principal, error) {
			mu.Lock()
			defer mu.Unlock()
			if revoked {
				return access.Principal{}, conversation.ErrNotFound
			}
			return token(hash)
		}
		l := apitest.OpenStream(t, h, "agent", "")
		time.Sleep(time.Minute + time.Second)
		mu.Lock()
		revoked = true
		mu.Unlock()
		start := time.Now()
		<-l.Ended
		require.LessOrEqual(t, time.Since(start), time.Second)
	})
}

func TestEvents_twentyStreamsForAToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := apitest.Run(t, apitest.NewWorld())
		first := apitest.OpenStream(t, h, "supervisor", "")
		for range 19 {
			apitest.OpenStream(t, h, "supervisor", "")
		}
		apitest.RequireProblem(t, apitest.Call(t, h, "supervisor", http.MethodGet, "/v1/events", ""), http.StatusTooManyRequests, "too-many-streams")
		require.Equal(t, http.StatusOK, apitest.OpenStream(t, h, "agent", "").Code, "another token has its own")
		first.Leave()
		<-first.Ended
		require.Equal(t, "text/event-stream", apitest.OpenStream(t, h, "supervisor", "").Header().Get("Content-Type"))
	})
}

func TestEvents_goOnWhileTokensCannotBeLookedUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := apitest.NewWorld()
		h, _ := apitest.Run(t, w)
		token, away := w.OnAuthenticate, atomic.Bool{}
		w.OnAuthenticate = func(hash [32]byte) (access.Principal, error) {
			if away.Load() {
				return access.Principal{}, errors.New("the server is away")
			}
			return token(hash)
		}
		l := apitest.OpenStream(t, h, "agent", "")
		away.Store(true)
		time.Sleep(time.Minute)
		select {
		case <-l.Ended:
			t.Fatal("the stream ended")
		default:
		}
	})
}

// A21
func TestEvents_needATokenAndARunningFeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := apitest.NewWorld()
		h, stop := apitest.Run(t, w)
		apitest.RequireProblem(t, apitest.Call(t, h, "agent", http.MethodGet, "/v1/events?access_token=agent", ""), http.StatusUnprocessableEntity, "invalid")
		apitest.RequireProblem(t, apitest.Call(t, h, "", http.MethodGet, "/v1/events?access_token=agent", ""), http.StatusUnauthorized, "unauthenticated")
		l := apitest.OpenStream(t, h, "agent", "")
		stop()
		<-l.Ended
		require.Equal(t, []string{"reset"}, l.Heard(), "a process that stops sends its desks elsewhere")
		apitest.RequireProblem(t, apitest.Call(t, h, "agent", http.MethodGet, "/v1/events", ""), http.StatusServiceUnavailable, "unavailable")
	})
}

func TestConnections_agentIsThereWhileStreamIsOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := apitest.NewWorld()
		h, _ := apitest.Run(t, w)
		apitest.OpenStream(t, h, "supervisor", "")
		require.Zero(t, w.Agents.Connected(), "only agents are connected")
		one, two := apitest.OpenStream(t, h, "agent", ""), apitest.OpenStream(t, h, "agent", "")
		require.Equal(t, 2, w.Agents.Connected())
		require.Equal(t, []string{"token-of-agent", "token-of-agent"}, w.Agents.Tokens(), "the ledger asks whether they still count")
		one.Leave()
		<-one.Ended
		require.Empty(t, w.Agents.HaveLost())
		two.Leave()
		<-two.Ended
		require.Zero(t, w.Agents.Connected())
		require.Equal(t, []conversation.AgentID{apitest.AgentA}, w.Agents.HaveLost())
	})
}

func TestConnections_heartbeatRepairsDifferences(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := apitest.NewWorld()
		h, _ := apitest.Run(t, w)
		apitest.OpenStream(t, h, "agent", "")
		w.Agents.Forget() // this process was silent, and another one dropped it
		stray := feed.Connection{ID: "left behind", Tenant: conversation.DefaultTenant, AgentID: apitest.AgentB}
		require.NoError(t, w.Agents.Connect(t.Context(), "", stray))
		time.Sleep(6 * time.Second)
		require.Equal(t, 1, w.Agents.Connected())
		require.Equal(t, []conversation.AgentID{apitest.AgentB}, w.Agents.HaveLost())
		w.Agents.Mu.Lock()
		defer w.Agents.Mu.Unlock()
		require.Equal(t, 2, w.Agents.Dropped, "every beat drops the silent processes")
	})
}

func TestConnections_disabledAgentIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := apitest.NewWorld()
		w.Agents.Refuse = conversation.ErrNotFound
		h, _ := apitest.Run(t, w)
		apitest.RequireProblem(t, apitest.Call(t, h, "agent", http.MethodGet, "/v1/events", ""), http.StatusForbidden, "forbidden")
	})
}

func TestEvents_outliveTheServerDeadlines(t *testing.T) {
	t.Parallel()
	w := apitest.NewWorld()
	a := api.New(w.Config())
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		a.Run(ctx)
	}()
	defer func() { stop(); <-done }()
	addr := apitest.Serve(t, a.Handler(), apitest.QuickBothWays)
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
		w.Feed.Publish(numbered(n, apitest.AgentA))
		for lines.Scan() && !strings.HasPrefix(lines.Text(), "data: ") {
		}
		require.Contains(t, lines.Text(), fmt.Sprint(`"n":`, n))
	}
}
