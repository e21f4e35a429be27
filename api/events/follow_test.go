package events_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/api/apitest"
	"wxdesk/internal/feed"
)

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
