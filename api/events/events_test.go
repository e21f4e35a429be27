package events_test

import (
	"fmt"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/api/apitest"
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

func TestEvents_readGoesToTheReaderAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := apitest.NewWorld()
		h, _ := apitest.Run(t, w)
		agent, boss := apitest.OpenStream(t, h, "agent", ""), apitest.OpenStream(t, h, "supervisor", "")
		narrowed := map[string]*apitest.EventStream{"?only=mine": nil, "?only=board": nil, "?only=conversation:" + apitest.ConvA: nil, "?only=conversation:" + apitest.ConvB: nil}
		for only := range narrowed {
			narrowed[only] = &apitest.EventStream{ResponseRecorder: httptest.NewRecorder(), Query: only, Ended: make(chan struct{})}
			apitest.OpenStreamOn(t, h, "agent", "", narrowed[only])
		}
		synctest.Wait()
		w.Feed.Publish(feed.Event{Kind: "read", Conversation: apitest.ConvA, Body: []byte(`{"n":1,"reader":"` + apitest.AgentA + `"}`)})
		synctest.Wait()
		require.Equal(t, []string{"read 1"}, agent.Heard())
		require.Empty(t, boss.Heard())
		require.NotContains(t, agent.Body.String(), "reader")
		for only, l := range narrowed {
			require.Equal(t, only != "?only=conversation:"+apitest.ConvB, len(l.Heard()) == 1, only)
		}
	})
}

// H17: a desk that is open hears of other names.
func TestEvents_settingsAreForEverybody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := apitest.NewWorld()
		h, _ := apitest.Run(t, w)
		agent, boss := apitest.OpenStream(t, h, "agent", ""), apitest.OpenStream(t, h, "supervisor", "")
		foreign := feed.Event{Kind: "settings", Tenant: "another"}
		w.Feed.Publish(feed.Event{Kind: "settings", Body: []byte(`{"n":1}`)}, foreign)
		synctest.Wait()
		require.Equal(t, []string{"settings 1"}, agent.Heard())
		require.Equal(t, []string{"settings 1"}, boss.Heard())
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
