package telemetry_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/telemetry"
)

func ready(checks ...telemetry.Check) http.Handler {
	return telemetry.OpsRoutes(quiet(telemetry.OpsOptions{Checks: checks}))
}

func TestReady_withNothingToWaitFor(t *testing.T) {
	t.Parallel()
	require.Equal(t, http.StatusOK, ask(t, ready(), http.MethodGet, "/readyz").Code)
}

func TestReady_followsItsChecksWithinASecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var down atomic.Bool
		asked := 0
		var log strings.Builder
		o := quiet(telemetry.OpsOptions{Checks: []telemetry.Check{
			{Name: "postgres", Ask: func(context.Context) error { return nil }},
			{Name: "temporal", Ask: func(context.Context) error {
				asked++
				if down.Load() {
					return errors.New("connection refused")
				}
				return nil
			}},
		}})
		o.Log = telemetry.NewLogger(&log, telemetry.LogOptions{Text: true})
		routes := telemetry.OpsRoutes(o)
		status := func() string { return ask(t, routes, http.MethodGet, "/readyz").Body.String() }

		require.Equal(t, "ok\n", status())
		down.Store(true)
		require.Equal(t, "ok\n", status(), "the answer is kept for a moment")
		time.Sleep(time.Second)
		require.Equal(t, "not ready: temporal\n", status())
		time.Sleep(time.Second)
		require.Equal(t, "not ready: temporal\n", status())
		down.Store(false)
		time.Sleep(time.Second)
		require.Equal(t, "ok\n", status())
		synctest.Wait()

		require.Equal(t, 4, asked)
		require.Equal(t, 1, strings.Count(log.String(), `msg="not ready" service=wxdesk check=temporal error="connection refused"`))
		require.Equal(t, 1, strings.Count(log.String(), `msg="ready again" service=wxdesk check=temporal`))
	})
}

func TestReady_hangingCheckIsNamedAndAskedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release, asked := make(chan struct{}), 0
		routes := ready(
			telemetry.Check{Name: "postgres", Ask: func(context.Context) error { return nil }},
			telemetry.Check{Name: "temporal", Ask: func(context.Context) error { asked++; <-release; return nil }},
		)
		began := time.Now()
		for range 5 {
			answer := ask(t, routes, http.MethodGet, "/readyz")
			require.Equal(t, http.StatusServiceUnavailable, answer.Code)
			require.Equal(t, "not ready: temporal\n", answer.Body.String())
		}
		require.Equal(t, 2*time.Second, time.Since(began), "the first waits, the others know")

		close(release)
		synctest.Wait()
		time.Sleep(time.Second)
		require.Equal(t, http.StatusOK, ask(t, routes, http.MethodGet, "/readyz").Code)
		require.Equal(t, 2, asked)
	})
}

func TestReady_checkIsCanceledAfterTwoSeconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		routes := ready(telemetry.Check{Name: "postgres", Ask: func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		}})
		began := time.Now()
		require.Equal(t, http.StatusServiceUnavailable, ask(t, routes, http.MethodGet, "/readyz").Code)
		require.Equal(t, 2*time.Second, time.Since(began))
		synctest.Wait()
	})
}

func TestReady_concurrentRequestsShareOneCheck(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var asked, good atomic.Int64
		routes := ready(telemetry.Check{Name: "postgres", Ask: func(context.Context) error {
			asked.Add(1)
			time.Sleep(100 * time.Millisecond)
			return nil
		}})
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				if ask(t, routes, http.MethodGet, "/readyz").Code == http.StatusOK {
					good.Add(1)
				}
			})
		}
		all.Wait()
		require.EqualValues(t, 1, asked.Load())
		require.EqualValues(t, 100, good.Load())
	})
}
