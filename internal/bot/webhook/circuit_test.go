package webhook_test

import (
	"cmp"
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/bot"
	"wxdesk/internal/bot/webhook"
)

// program is somebody's bot: it answers as it is told, and counts the questions that reach it.
type program struct {
	status int
	body   string // with 200; "" for a fine one
	header []string
	asked  atomic.Int64
}

func (p *program) RoundTrip(*http.Request) (*http.Response, error) {
	p.asked.Add(1)
	if p.status != http.StatusOK {
		return response(p.status, "", p.header...), nil
	}
	return response(http.StatusOK, cmp.Or(p.body, fine)), nil
}

// failed asks w and reports whether that failed.
func failed(t *testing.T, w webhook.Connector, q bot.Question) bool {
	t.Helper()
	begun := time.Now()
	_, err := w.Answer(t.Context(), q)
	require.LessOrEqual(t, time.Since(begun), 8*time.Second, "with the hand-over behind it a customer waits ten")
	return err != nil
}

// leftAlone reports whether w fails at once without asking the bot.
func leftAlone(t *testing.T, w webhook.Connector, p *program, q bot.Question) bool {
	t.Helper()
	asked, begun := p.asked.Load(), time.Now()
	return failed(t, w, q) && p.asked.Load() == asked && time.Since(begun) == 0
}

func connect(transport http.RoundTripper) webhook.Connector {
	return webhook.New(&http.Client{Transport: transport})
}

// B02
func TestCircuit_opensAfterFiveFailures(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &program{status: http.StatusNotFound}
		w, q := connect(p), question("https://bot.example/")
		for range 4 {
			require.True(t, failed(t, w, q))
		}
		p.status = http.StatusOK
		require.False(t, failed(t, w, q), "only failures in a row count")
		p.status = http.StatusNotFound
		for range 5 {
			require.True(t, failed(t, w, q))
		}
		require.EqualValues(t, 10, p.asked.Load())
		require.True(t, leftAlone(t, w, p, q))

		other := q
		other.Bot.ID = "55555555-5555-7555-8555-555555555555"
		require.False(t, leftAlone(t, w, p, other), "another bot is asked")
		mended := q
		mended.Bot.Version++
		require.False(t, leftAlone(t, w, p, mended), "and so is one that was changed")

		for _, pause := range []time.Duration{5, 10, 20, 30, 30} { // seconds
			time.Sleep(pause*time.Second - 1) // fake
			require.True(t, leftAlone(t, w, p, q), "after %d s less a moment", pause)
			time.Sleep(time.Nanosecond) // fake
			require.False(t, leftAlone(t, w, p, q), "after %d s one question is the probe", pause)
			require.True(t, leftAlone(t, w, p, q), "which has failed")
		}
		time.Sleep(30 * time.Second) // fake
		p.status = http.StatusOK
		require.False(t, failed(t, w, q), "the probe succeeds")
		p.status = http.StatusNotFound
		for range 5 {
			require.False(t, leftAlone(t, w, p, q), "it counts from the beginning")
		}
		require.True(t, leftAlone(t, w, p, q))
	})
}

// B02
func TestCircuit_heedsRetryAfterThirtySeconds(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusTooManyRequests, http.StatusServiceUnavailable} {
		synctest.Test(t, func(t *testing.T) {
			p := &program{status: status, header: []string{"Retry-After", "86400"}}
			w, q := connect(p), question("https://bot.example/")
			require.True(t, failed(t, w, q))
			require.EqualValues(t, 1, p.asked.Load())
			require.True(t, leftAlone(t, w, p, q))
			time.Sleep(30*time.Second - 1) // fake
			require.True(t, leftAlone(t, w, p, q))
			p.status = http.StatusOK
			time.Sleep(time.Nanosecond) // fake
			require.False(t, failed(t, w, q))
		})
	}
}

// gate is a bot that thinks until the test lets it go on.
type gate struct {
	program
	open chan struct{}
}

func (g *gate) RoundTrip(r *http.Request) (*http.Response, error) {
	if g.open != nil {
		select {
		case <-g.open:
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	return g.program.RoundTrip(r)
}

// B02
func TestCircuit_sendsOneProbe(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &gate{program: program{status: http.StatusNotFound}}
		w, q := connect(g), question("https://bot.example/")
		for range 5 {
			require.True(t, failed(t, w, q))
		}
		time.Sleep(5 * time.Second) // fake

		left, leave := context.WithCancel(t.Context())
		g.open = make(chan struct{})
		probe := make(chan error, 1)
		ask := func(ctx context.Context) {
			_, err := w.Answer(ctx, q)
			probe <- err
		}
		go ask(left)
		synctest.Wait()
		require.True(t, leftAlone(t, w, &g.program, q), "while the probe is under way")
		leave()
		require.Error(t, <-probe)

		g.status = http.StatusOK
		go ask(t.Context())
		synctest.Wait()
		require.True(t, leftAlone(t, w, &g.program, q), "a probe that nobody waited for makes room for another")
		close(g.open)
		require.NoError(t, <-probe)
		require.False(t, failed(t, w, q))
	})
}

// B01, B02
func TestCircuit_silenceCountsAsFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &gate{open: make(chan struct{})}
		w, q := connect(g), question("https://bot.example/")
		for range 5 {
			patience, cancel := context.WithTimeout(t.Context(), 8*time.Second) // as Ask has it
			_, err := w.Answer(patience, q)
			cancel()
			require.Error(t, err)
		}
		require.True(t, leftAlone(t, w, &g.program, q))
	})
}

// B02, B03
func TestCircuit_customerCannotOpenIt(t *testing.T) {
	t.Parallel()
	for body, opens := range map[string]bool{
		"<html>":                      true,
		"{}":                          false,
		`{"messages":[{"text":" "}]}`: false,
		`{"messages":[{"text":"` + webhookSecret + `"}]}`:             false,
		`{"messages":[{"text":"` + strings.Repeat("x", 9000) + `"}]}`: false,
	} {
		p := &program{status: http.StatusOK, body: body}
		w, q := connect(p), question("https://bot.example/")
		for range 5 {
			require.True(t, failed(t, w, q))
		}
		_, err := w.Answer(t.Context(), q)
		require.Error(t, err)
		require.Equal(t, opens, p.asked.Load() == 5, body)
	}
}

func TestCircuit_lateFailureDoesNotProlongIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &gate{program: program{status: http.StatusNotFound}, open: make(chan struct{})}
		w, q := connect(g), question("https://bot.example/")
		done := make(chan struct{})
		for range 9 {
			go func() {
				_, _ = w.Answer(t.Context(), q) // fails
				done <- struct{}{}
			}()
		}
		synctest.Wait()
		close(g.open)
		for range 9 {
			<-done
		}
		require.True(t, leftAlone(t, w, &g.program, q))
		time.Sleep(5 * time.Second) // fake
		require.False(t, leftAlone(t, w, &g.program, q))
	})
}
