package promises_test

import (
	"fmt"
	"net/http"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/e2e/chaos"
	"wxdesk/internal/e2e/harness"
)

// R2, R3, R11, R14, R18
// One fault at a time, under load, in the system of two APIs and two workers. They share a system, one after the other.
func TestPromises(t *testing.T) { // alone: WeChat's patience is real time
	r := chaos.NewRig(t)
	lines := harness.Sized(20, 200)
	r.TeachAnswers(lines)
	kept := func(t *testing.T, l *chaos.Load) {
		t.Helper()
		l.AllowUntil(len(l.Customers) * lines)
		l.WaitForEnd()
		require.True(t, l.WaitUntilQuiet(2*time.Minute), "all is quiet")
		require.Empty(t, l.Judge())
	}

	t.Run("R2 a single crash costs no message", func(t *testing.T) {
		defer r.During(t)()
		for _, name := range []string{"api", "worker", "temporal", "postgres"} {
			l := r.StartLoad(5, lines, 5*lines/3)
			l.WaitForLines(5 * lines / 3)
			pid, died := r.PID(name), time.Now()
			r.Crash(name)
			l.AllowUntil(5 * lines)
			r.WaitFor(10*time.Second, "it is ready again after "+name, func() bool {
				return r.Ready() && r.PID(name) > 0 && r.PID(name) != pid
			})
			t.Logf("%s: ready after %s", name, time.Since(died).Round(100*time.Millisecond))
			kept(t, l)
			require.Zero(t, l.GaveUp.Load(), "given up by WeChat after %s was killed", name)
		}
	})

	t.Run("R3 a callback is answered in time whatever stalls", func(t *testing.T) {
		defer r.During(t)()
		r.Balancer.TakeDurations()
		kept(t, r.StartLoad(5, lines, 0))
		calm := r.Balancer.TakeDurations()
		t.Logf("nothing stalls: %s", harness.DurationSummary(calm))
		for _, name := range []string{"temporal", "postgres", "worker"} {
			l := r.StartLoad(5, lines, 5*lines/3)
			l.WaitForLines(5 * lines / 3)
			r.Balancer.TakeDurations()
			goOn := r.Stall(name)
			l.AllowUntil(5 * lines)
			<-time.After(harness.Sized(6*time.Second, time.Minute))
			goOn()
			kept(t, l)
			took := r.Balancer.TakeDurations()
			t.Logf("%s stalls: %s, %d given up by WeChat", name, harness.DurationSummary(took), l.GaveUp.Load())
			require.Less(t, slices.Max(took), 4600*time.Millisecond, "while %s was stalled", name)
		}
	})

	t.Run("R11 an answer that may have arrived is not sent again", func(t *testing.T) {
		defer r.During(t)()
		loseAnswers(t, r, lines, kept)
	})

	t.Run("R14 a poison message stops nobody else", func(t *testing.T) {
		defer r.During(t)()
		calm := r.StartLoad(5, lines, 0)
		kept(t, calm)
		quiet := calm.AnswerDelays()
		before := r.QueryNumber(`select count(*) from quarantine`)
		l := r.StartLoad(5, lines, 5*lines)
		poisoner := r.NewCustomer()
		poison := max(5*lines/100, 2)
		for n := range poison {
			r.CallSimulator(http.MethodPost, poisoner.Path()+"/say?wait=true", map[string]any{
				"kind": "raw", "xml": fmt.Sprintf("<xml><ToUserName>x</ToUserName><MsgType>text</MsgType><MsgId>%d</MsgId>", n),
			}, nil)
		}
		kept(t, l)
		require.Equal(t, poison, r.QueryNumber(`select count(*) from quarantine`)-before, "all of it is in quarantine")
		among := l.AnswerDelays()
		t.Logf("answered within: %s; among poison %s", harness.DurationSummary(quiet), harness.DurationSummary(among))
		// Twice as long is the promise. Few answers say little about the 99th of a hundred: a small run asks that nobody is stuck.
		require.Less(t, harness.Quantile(among, 0.99), harness.Bound(30*time.Second, max(2*harness.Quantile(quiet, 0.99), time.Second)))
	})

	t.Run("R18 a restart loses nothing and is not noticed", func(t *testing.T) {
		defer r.During(t)()
		rounds := harness.Sized(1, 5)
		r.Balancer.RetryBroken.Store(true)
		failed := r.Balancer.Failed.Load()
		l := r.StartLoad(5, lines, 0)
		steps := 4 * rounds
		for n := range steps {
			l.AllowUntil(5 * lines * (n + 1) / (steps + 1))
			l.WaitForLines(5 * lines * n / (steps + 1))
			name, asked := []string{"api", "the second api", "worker", "the second worker"}[n%4], time.Now()
			switch n % 4 {
			case 0, 2:
				pid := r.PID(name)
				require.NoError(t, syscall.Kill(pid, syscall.SIGTERM))
				r.WaitFor(15*time.Second, name+" ends", func() bool { return syscall.Kill(pid, 0) != nil })
				t.Logf("%s ended after %s", name, time.Since(asked).Round(10*time.Millisecond))
				r.WaitFor(15*time.Second, name+" is back", func() bool {
					return r.Ready() && r.PID(name) > 0 && r.PID(name) != pid
				})
			case 1:
				restartProcess(r, r.SecondAPI, "public listener", name)
			case 3:
				restartProcess(r, r.SecondWorker, "polling", name)
			}
		}
		kept(t, l)
		require.Zero(t, l.GaveUp.Load(), "given up by WeChat")
		require.Zero(t, r.Balancer.Failed.Load()-failed, "answers of 500 and above")
	})

	out, err := r.Reconcile("20s")
	require.NoError(t, err, "R25: %s", out)
}

// restartProcess ends a process of the second pair by SIGTERM and waits until its successor is at work.
func restartProcess(r *chaos.Rig, k *chaos.KeptProcess, word, name string) {
	r.T.Helper()
	starts, asked := k.CountInLog(word), time.Now()
	pid := k.PID()
	k.Signal(syscall.SIGTERM)
	r.WaitFor(15*time.Second, name+" ends", func() bool { return syscall.Kill(pid, 0) != nil })
	r.T.Logf("%s ended after %s", name, time.Since(asked).Round(10*time.Millisecond))
	r.WaitFor(15*time.Second, name+" is back", func() bool { return k.CountInLog(word) > starts })
}
