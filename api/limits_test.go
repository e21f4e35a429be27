package api_test

import (
	"bufio"
	"context"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"wxdesk/api"
	"wxdesk/internal/conversation"
	"wxdesk/internal/wechat"
)

// gauges reads wxdesk_limit_used and wxdesk_limit_max.
type gauges struct {
	*metric.ManualReader
	meters *metric.MeterProvider
}

func newGauges() gauges {
	reader := metric.NewManualReader()
	return gauges{reader, metric.NewMeterProvider(metric.WithReader(reader))}
}

// measured is a handler of the world whose limits are measured.
func (g gauges) measured(w *world) *api.API {
	cfg := w.config()
	cfg.Meters = g.meters
	return api.New(cfg)
}

// points are a gauge's values by limit.
func (g gauges) points(t *testing.T, name string) map[string]int64 {
	t.Helper()
	var metrics metricdata.ResourceMetrics
	require.NoError(t, g.Collect(t.Context(), &metrics))
	values := map[string]int64{}
	for _, scope := range metrics.ScopeMetrics {
		for _, m := range scope.Metrics {
			if gauge, ok := m.Data.(metricdata.Gauge[int64]); ok && m.Name == name {
				for _, point := range gauge.DataPoints {
					limit, _ := point.Attributes.Value("limit")
					values[limit.AsString()] = point.Value
				}
			}
		}
	}
	return values
}

// requireUsed checks how much of each limit is used; of those that are not named, nothing is.
func (g gauges) requireUsed(t *testing.T, want map[string]int64) {
	t.Helper()
	used := g.points(t, "wxdesk_limit_used")
	require.NotEmpty(t, used)
	maps.DeleteFunc(used, func(_ string, n int64) bool { return n == 0 })
	require.Equal(t, want, used)
}

func TestLimits_theMostOfEach(t *testing.T) {
	t.Parallel()
	g := newGauges()
	_, err := api.NewServer("127.0.0.1:0", g.measured(newWorld()).Handler(), 4096, g.meters)
	require.NoError(t, err)
	most := g.points(t, "wxdesk_limit_max")
	require.Equal(t, map[string]int64{
		"connections": 4096, "callbacks": 512, "large-callback-bytes": 32 << 20, "account-lookups": 8, "new-account-lookups": 8,
		"streams-of-a-token": 20, "requests-of-a-token": 8, "wrong-tokens-of-a-network": 200, "wrong-ids-of-a-token": 100,
	}, most)
	g.requireUsed(t, map[string]int64{})

	text, err := os.ReadFile("../docs/operations.md")
	require.NoError(t, err)
	for _, limit := range slices.Sorted(maps.Keys(most)) {
		require.True(t, strings.Contains(string(text), "`"+limit+"`"), "the table of limits lacks %s", limit)
	}
}

func TestLimits_callbacksUnderWay(t *testing.T) {
	t.Parallel()
	inFakeTime(t, func(t *testing.T) {
		w, gate, g := newWorld(), newGate(t, wechat.ModeSafe), newGauges()
		gate.in(w)
		h, taken := g.measured(w).Handler(), make(chan struct{})
		w.write = func(context.Context, conversation.Handover) error { <-taken; return nil }
		var posts sync.WaitGroup
		for i := range 3 {
			cb := gate.says(from(i))
			cb.query.Del("openid")
			posts.Go(func() { within46(t, h, cb, http.StatusOK, "success") })
		}
		synctest.Wait()
		g.requireUsed(t, map[string]int64{"callbacks": 3})
		close(taken)
		posts.Wait()
		g.requireUsed(t, map[string]int64{})
	})
}

func TestLimits_roomForLargeCallbacks(t *testing.T) {
	t.Parallel()
	inFakeTime(t, func(t *testing.T) {
		w, gate, g := newWorld(), newGate(t, wechat.ModeSafe), newGauges()
		gate.in(w)
		h := g.measured(w).Handler()
		cb, begun, rest, end := largeCallback(gate, 1)
		var post sync.WaitGroup
		post.Go(func() {
			requireText(t, postChunked(t, h, cb, io.MultiReader(strings.NewReader(begun), rest)), http.StatusOK, "success")
		})
		synctest.Wait()
		g.requireUsed(t, map[string]int64{"large-callback-bytes": 256 << 10})
		end()
		post.Wait()
		g.requireUsed(t, map[string]int64{})
	})
}

func TestLimits_accountLookUps(t *testing.T) {
	t.Parallel()
	inFakeTime(t, func(t *testing.T) {
		w, gate, g := newWorld(), newGate(t, wechat.ModeSafe), newGauges()
		gate.in(w)
		h, find, found := g.measured(w).Handler(), w.door, make(chan struct{})
		within46(t, h, gate.says(message("hi")), http.StatusOK, "success")
		time.Sleep(3 * time.Second) // fake: what is known of the account is too old
		w.answerDoors(func(ctx context.Context, id conversation.AccountID) (conversation.Door, error) {
			<-found
			return find(ctx, id)
		})
		madeUp := gate.says(message("hi"))
		madeUp.account = uuid.NewString()
		var posts sync.WaitGroup
		posts.Go(func() { within46(t, h, gate.says(message("hi")), http.StatusOK, "success") })
		posts.Go(func() { within46(t, h, madeUp, http.StatusNotFound, "") })
		synctest.Wait()
		g.requireUsed(t, map[string]int64{"account-lookups": 1, "new-account-lookups": 1})
		close(found)
		posts.Wait()
		g.requireUsed(t, map[string]int64{})
	})
}

func TestLimits_streamsOfTheTokenWithMost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, g := newWorld(), newGauges()
		h, _ := runningAPI(t, g.measured(w))
		agent, first, second := listen(t, h, "agent", ""), listen(t, h, "supervisor", ""), listen(t, h, "supervisor", "")
		g.requireUsed(t, map[string]int64{"streams-of-a-token": 2})
		for _, l := range []*desk{agent, first, second} {
			l.leave()
			<-l.ended
		}
		g.requireUsed(t, map[string]int64{})
	})
}

func TestLimits_triesOfWhoeverIsNearest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, g := newWorld(), newGauges()
		h := g.measured(w).Handler()
		askFrom(t, h, "192.0.2.1:1", uuid.NewString(), "/v1/conversations")
		for range 2 {
			askFrom(t, h, "192.0.3.1:1", uuid.NewString(), "/v1/conversations")
			askFrom(t, h, "192.0.2.1:1", "agent", "/v1/conversations/"+uuid.NewString())
		}
		g.requireUsed(t, map[string]int64{"wrong-tokens-of-a-network": 2, "wrong-ids-of-a-token": 2})
		time.Sleep(time.Minute) // fake: they may try again
		g.requireUsed(t, map[string]int64{})
	})
}

func TestLimits_connections(t *testing.T) {
	t.Parallel()
	g, closed := newGauges(), make(chan struct{}, 1)
	addr := serveMeasured(t, newWorld().handler(), 16, g.meters, func(s *http.Server) {
		track := s.ConnState
		s.ConnState = func(c net.Conn, state http.ConnState) {
			track(c, state)
			if state == http.StateClosed {
				closed <- struct{}{}
			}
		}
	})
	conn := connect(t, addr)
	_, err := io.WriteString(conn, "GET /v1/accounts HTTP/1.1\r\nHost: x\r\n\r\n")
	require.NoError(t, err)
	_, err = bufio.NewReader(conn).ReadString('\n')
	require.NoError(t, err)
	g.requireUsed(t, map[string]int64{"connections": 1})
	require.NoError(t, conn.Close())
	<-closed
	g.requireUsed(t, map[string]int64{})
}
