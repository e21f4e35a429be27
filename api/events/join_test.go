package events_test

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/api"
	"wxdesk/api/apitest"
)

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
