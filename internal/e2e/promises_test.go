package e2e_test

import (
	"flag"
	"fmt"
	"net/http"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// share is how far to go from the small numbers of `make check` to those that the promises name: `make promises SHARE=0.1`.
var share = flag.Float64("share", 0, "share of the promises' full numbers, from 0 (small) to 1 (full)")

// sized is a number of a run.
func sized[T int | time.Duration](small, full T) T {
	return small + T(*share*float64(full-small))
}

// inFull reports whether the numbers are the full ones.
func inFull() bool { return *share >= 1 }

// bound is what a run may come to: loose, as all kinds of work go on beside a short run, unless the numbers are the full ones.
func bound(loose, promised time.Duration) time.Duration {
	if !inFull() {
		return loose
	}
	return promised
}

// One fault at a time, under load, in the system of two APIs and two workers. They share a system, one after the other.
func TestPromises(t *testing.T) { // alone: WeChat's patience is real time
	r := newRig(t)
	lines := sized(20, 200)
	r.teach(lines)
	kept := func(t *testing.T, l *load) {
		t.Helper()
		l.allowUntil(len(l.people) * lines)
		l.wait()
		require.True(t, l.settles(2*time.Minute), "all is quiet")
		require.Empty(t, l.verdict())
	}

	t.Run("R2 a single crash costs no message", func(t *testing.T) {
		defer r.during(t)()
		for _, name := range []string{"api", "worker", "temporal", "postgres"} {
			l := r.writes(5, lines, 5*lines/3)
			l.reaches(5 * lines / 3)
			pid, died := r.pid(name), time.Now()
			r.crash(name)
			l.allowUntil(5 * lines)
			r.until(10*time.Second, "it is ready again after "+name, func() bool {
				return r.ready() && r.pid(name) > 0 && r.pid(name) != pid
			})
			t.Logf("%s: ready after %s", name, time.Since(died).Round(100*time.Millisecond))
			kept(t, l)
			require.Zero(t, l.gaveUp.Load(), "given up by WeChat after %s was killed", name)
		}
	})

	t.Run("R3 a callback is answered in time whatever stalls", func(t *testing.T) {
		defer r.during(t)()
		r.front.clock()
		kept(t, r.writes(5, lines, 0))
		calm := r.front.clock()
		t.Logf("nothing stalls: %s", quantiles(calm))
		for _, name := range []string{"temporal", "postgres", "worker"} {
			l := r.writes(5, lines, 5*lines/3)
			l.reaches(5 * lines / 3)
			r.front.clock()
			goOn := r.stall(name)
			l.allowUntil(5 * lines)
			<-time.After(sized(6*time.Second, time.Minute))
			goOn()
			kept(t, l)
			took := r.front.clock()
			t.Logf("%s stalls: %s, %d given up by WeChat", name, quantiles(took), l.gaveUp.Load())
			require.Less(t, slices.Max(took), 4600*time.Millisecond, "while %s was stalled", name)
		}
	})

	t.Run("R11 an answer that may have arrived is not sent again", func(t *testing.T) {
		defer r.during(t)()
		r.losesAnswers(t, lines, kept)
	})

	t.Run("R14 a poison message stops nobody else", func(t *testing.T) {
		defer r.during(t)()
		calm := r.writes(5, lines, 0)
		kept(t, calm)
		quiet := calm.answeredWithin()
		before := r.asks(`select count(*) from quarantine`)
		l := r.writes(5, lines, 5*lines)
		poisoner := r.follower()
		poison := max(5*lines/100, 2)
		for n := range poison {
			r.simulator(http.MethodPost, poisoner.path()+"/say?wait=true", map[string]any{
				"kind": "raw", "xml": fmt.Sprintf("<xml><ToUserName>x</ToUserName><MsgType>text</MsgType><MsgId>%d</MsgId>", n),
			}, nil)
		}
		kept(t, l)
		require.Equal(t, poison, r.asks(`select count(*) from quarantine`)-before, "all of it is in quarantine")
		among := l.answeredWithin()
		t.Logf("answered within: %s; among poison %s", quantiles(quiet), quantiles(among))
		// Twice as long is the promise. Few answers say little about the 99th of a hundred: a small run asks that nobody is stuck.
		require.Less(t, quantile(among, 0.99), bound(30*time.Second, max(2*quantile(quiet, 0.99), time.Second)))
	})

	t.Run("R18 a restart loses nothing and is not noticed", func(t *testing.T) {
		defer r.during(t)()
		rounds := sized(1, 5)
		r.front.persists.Store(true)
		failed := r.front.failed.Load()
		l := r.writes(5, lines, 0)
		steps := 4 * rounds
		for n := range steps {
			l.allowUntil(5 * lines * (n + 1) / (steps + 1))
			l.reaches(5 * lines * n / (steps + 1))
			name, asked := []string{"api", "the second api", "worker", "the second worker"}[n%4], time.Now()
			switch n % 4 {
			case 0, 2:
				pid := r.pid(name)
				require.NoError(t, syscall.Kill(pid, syscall.SIGTERM))
				r.until(15*time.Second, name+" ends", func() bool { return syscall.Kill(pid, 0) != nil })
				t.Logf("%s ended after %s", name, time.Since(asked).Round(10*time.Millisecond))
				r.until(15*time.Second, name+" is back", func() bool {
					return r.ready() && r.pid(name) > 0 && r.pid(name) != pid
				})
			case 1:
				r.restarts(r.api2, "public listener", name)
			case 3:
				r.restarts(r.worker2, "polling", name)
			}
		}
		kept(t, l)
		require.Zero(t, l.gaveUp.Load(), "given up by WeChat")
		require.Zero(t, r.front.failed.Load()-failed, "answers of 500 and above")
	})

	out, err := r.reconcile("20s")
	require.NoError(t, err, "R25: %s", out)
}

// during lets a subtest fail by itself, and returns how the test goes on.
func (r *rig) during(t *testing.T) (after func()) {
	whole := r.t
	r.t = t
	return func() { r.t = whole }
}

// ready reports whether the API calls itself ready, and is there to say so.
func (s *system) ready() bool {
	client := http.Client{Timeout: 2500 * time.Millisecond}
	resp, err := client.Get("http://" + s.ops + "/readyz")
	if err != nil {
		return false
	}
	defer resp.Body.Close() //nolint:errcheck // nothing is read
	return resp.StatusCode == http.StatusOK
}

// restarts ends a process of the second pair by SIGTERM and waits until another is at work.
func (r *rig) restarts(k *kept, word, name string) {
	r.t.Helper()
	starts, asked := k.count(word), time.Now()
	pid := k.pid()
	k.signal(syscall.SIGTERM)
	r.until(15*time.Second, name+" ends", func() bool { return syscall.Kill(pid, 0) != nil })
	r.t.Logf("%s ended after %s", name, time.Since(asked).Round(10*time.Millisecond))
	r.until(15*time.Second, name+" is back", func() bool { return k.count(word) > starts })
}

func quantile(all []time.Duration, q float64) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[int(float64(len(sorted)-1)*q)]
}

func quantiles(all []time.Duration) string {
	return fmt.Sprintf("median %s, p99 %s, longest %s of %d", quantile(all, 0.5).Round(time.Millisecond),
		quantile(all, 0.99).Round(time.Millisecond), slices.Max(all).Round(time.Millisecond), len(all))
}
