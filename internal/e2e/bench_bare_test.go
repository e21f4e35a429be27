package e2e_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"wxdesk/internal/devstack"
)

// step is an activity with nothing in it, and how it is run.
type step int

const (
	local step = iota // a local activity
	eager             // an activity of the workflow's own worker, which comes with the answer to the workflow task
	other             // an activity on a task queue of its own
)

// shape is what a bare workflow does for each signal; after the last signal it begins again.
type shape [][]step

// The shapes with which wxdesk is compared. Each names what it is the bare form of.
var shapes = map[string]shape{
	"old":     {{local, eager, other}},                 // an answer of the FAQ in three workflow tasks
	"new":     {{local, local, local}},                 // an answer of the FAQ in one workflow task
	"own-bot": {{local, other, local}},                 // an answer of a bot of one's own
	"assign":  {{local, local, local, local}, {local}}, // a new conversation and its assignment
	"trip":    {{other}},                               // a signal and the activity that follows from it
}

// bareEngine runs workflows of these shapes on a Temporal server, in this process.
type bareEngine struct {
	tb      testing.TB
	c       client.Client
	payload []byte          // of each signal; as large as a callback
	done    []chan struct{} // by customer: the last step for a signal was done
	bursts  int             // of new workflows so far
}

func newBareEngine(tb testing.TB, c client.Client, customers, size int) *bareEngine {
	tb.Helper()
	e := &bareEngine{tb: tb, c: c, payload: bytes.Repeat([]byte("x"), size), done: make([]chan struct{}, customers)}
	for i := range e.done {
		e.done[i] = make(chan struct{}, 1)
	}
	own := sdkworker.New(c, "bare", sdkworker.Options{})
	own.RegisterWorkflowWithOptions(bareWorkflow, workflow.RegisterOptions{Name: "Bare"})
	own.RegisterActivityWithOptions(e.does, activity.RegisterOptions{Name: "does"})
	others := sdkworker.New(c, "bare-other", sdkworker.Options{DisableWorkflowWorker: true})
	others.RegisterActivityWithOptions(e.does, activity.RegisterOptions{Name: "does"})
	for _, w := range []sdkworker.Worker{own, others} {
		require.NoError(tb, w.Start())
		tb.Cleanup(w.Stop)
	}
	return e
}

// does nothing, and after the last step of a signal says so.
func (e *bareEngine) does(_ context.Context, customer int, last bool) error {
	if last {
		e.done[customer] <- struct{}{}
	}
	return nil
}

// bareWorkflow goes through the steps of a shape, signal by signal.
func bareWorkflow(ctx workflow.Context, name string, customer int) error {
	ctx = workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{StartToCloseTimeout: time.Second})
	on := func(queue string) workflow.Context {
		return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{TaskQueue: queue, StartToCloseTimeout: 9 * time.Second})
	}
	signals := workflow.GetSignalChannel(ctx, "bare")
	for n := 0; ; n++ {
		var payload []byte
		signals.Receive(ctx, &payload)
		steps := shapes[name][n%len(shapes[name])]
		for i, s := range steps {
			var done workflow.Future
			last := i == len(steps)-1
			switch s {
			case local:
				done = workflow.ExecuteLocalActivity(ctx, "does", customer, last)
			case eager:
				done = workflow.ExecuteActivity(on("bare"), "does", customer, last)
			case other:
				done = workflow.ExecuteActivity(on("bare-other"), "does", customer, last)
			}
			if err := done.Get(ctx, nil); err != nil {
				return err
			}
		}
	}
}

// signals signals a workflow of the shape, which is started where there is none, and waits until all steps are done.
func (e *bareEngine) signals(name, id string, customer int) {
	_, err := e.c.SignalWithStartWorkflow(context.Background(), id, "bare", e.payload,
		client.StartWorkflowOptions{TaskQueue: "bare"}, "Bare", name, customer)
	if err != nil {
		e.tb.Error(err)
		return
	}
	waitFor(e.tb, e.done[customer])
}

// answers has so many senders signal each of their customers' workflows in turn, one after the other.
func (e *bareEngine) answers(name string, senders, each int) span {
	customers := len(e.done) / senders
	return together(e.tb, senders, func(sender int) {
		for n := range each {
			customer := sender*customers + n%customers
			e.signals(name, "bare-"+name+"/"+strconv.Itoa(customer), customer)
		}
	})
}

// assigns has so many senders begin new workflows, as many as there are customers, and signal each a second time.
func (e *bareEngine) assigns(senders int) span {
	e.bursts++
	next := make(chan int, len(e.done))
	for i := range e.done {
		next <- i
	}
	close(next)
	return together(e.tb, senders, func(int) {
		for customer := range next {
			id := fmt.Sprintf("bare-assign/%d/%d", e.bursts, customer)
			e.signals("assign", id, customer)
			e.signals("assign", id, customer)
		}
	})
}

// trips measures from a signal to its activity, one after the other.
func (e *bareEngine) trips(n int) (all []time.Duration) {
	for i := range n {
		began := time.Now()
		customer := i % len(e.done)
		e.signals("trip", "bare-trip/"+strconv.Itoa(customer), customer)
		all = append(all, time.Since(began))
	}
	return all
}

// span is how long something took, and the processor time that it used meanwhile in this process and all that it has started.
type span struct {
	took time.Duration
	used map[string]time.Duration // by process
}

// together runs all senders at once.
func together(tb testing.TB, senders int, send func(sender int)) span {
	tb.Helper()
	var all sync.WaitGroup
	before, began := processorTime(tb), time.Now()
	for sender := range senders {
		all.Go(func() { send(sender) })
	}
	all.Wait()
	took := time.Since(began)
	return span{took, usedSince(tb, before)}
}

func waitFor(tb testing.TB, done <-chan struct{}) {
	select {
	case <-done:
	case <-time.After(time.Minute):
		tb.Error("no answer within a minute")
	}
}

// BenchmarkBare measures the bare shapes alone, in alternating rounds, on a Temporal server as `wxdesk dev` runs it: what there is to
// be had, with nothing of wxdesk in it. The processor time of one is that of the server and of this process, which says more where a
// machine has other work.
func BenchmarkBare(b *testing.B) {
	const senders, of = 64, 4
	server, err := devstack.StartTemporal(b.Context(), devstack.TemporalOptions{DBFile: filepath.Join(b.TempDir(), "temporal.db")})
	require.NoError(b, err)
	b.Cleanup(func() { _ = server.Stop() })
	c, err := client.Dial(client.Options{
		HostPort: server.Address(), Logger: sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)),
		ConnectionOptions: client.ConnectionOptions{GrpcCompression: &client.GrpcCompressionNone{}},
	})
	require.NoError(b, err)
	b.Cleanup(c.Close)
	e := newBareEngine(b, c, senders*of, 1024)
	names := []string{"old", "new", "own-bot", "assign"}
	speeds, used := map[string][]float64{}, map[string][]float64{}
	var newToOld []float64
	var trips []time.Duration
	for round := range *benchRounds + 1 {
		for _, name := range names {
			all := e.round(name, senders, of)
			if round == 0 {
				continue // it does not count
			}
			speeds[name] = append(speeds[name], float64(senders*of)/all.took.Seconds())
			used[name] = append(used[name], milliseconds(all.sum())/float64(senders*of))
		}
		if single := e.trips(50); round > 0 {
			trips = append(trips, single...)
			newToOld = append(newToOld, speeds["new"][round-1]/speeds["old"][round-1])
		}
	}
	for b.Loop() { // what is measured was measured above
	}
	b.ReportMetric(0, "ns/op")
	for _, name := range names {
		b.ReportMetric(median(speeds[name]), name+"/s")
		b.ReportMetric(median(used[name]), name+"-cpu-ms")
	}
	b.ReportMetric(median(newToOld), "new-to-old")
	b.ReportMetric(milliseconds(quantile(trips, 0.5)), "trip-p50-ms")
	b.ReportMetric(milliseconds(quantile(trips, 0.99)), "trip-p99-ms")
}

// round has each customer served once in a shape.
func (e *bareEngine) round(name string, senders, of int) span {
	if name == "assign" {
		return e.assigns(senders)
	}
	return e.answers(name, senders, of)
}

// processorTime is what this process and all that it has started have used so far, at all levels, by what they are: postgres, temporal-dev,
// "wxdesk api". What has ended counts for what had started it.
func processorTime(tb testing.TB) map[string]time.Duration {
	tb.Helper()
	const tick = 10 * time.Millisecond // 100 a second, on every Linux
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	require.NoError(tb, err)
	parent, used := map[int]int{}, map[int]time.Duration{}
	for _, file := range stats {
		stat, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		// pid (name) state ppid … utime stime cutime cstime …, with the last four from the 12th field on; the name may hold anything
		end := strings.LastIndexByte(string(stat), ')')
		fields := strings.Fields(string(stat[end+1:]))
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		require.NoError(tb, err)
		parent[pid], err = strconv.Atoi(fields[1])
		require.NoError(tb, err)
		for _, field := range fields[11:15] {
			ticks, err := strconv.Atoi(field)
			require.NoError(tb, err)
			used[pid] += time.Duration(ticks) * tick
		}
	}
	sum := map[string]time.Duration{}
	for pid := range used {
		for at := pid; at != 0; at = parent[at] {
			if at == os.Getpid() {
				sum[processName(pid)] += used[pid]
				break
			}
		}
	}
	return sum
}

// processName is the program of a process, and of wxdesk the sub-command.
func processName(pid int) string {
	if pid == os.Getpid() {
		return "benchmark"
	}
	line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)) // empty where it has ended
	args := strings.Split(string(line), "\x00")
	if name := filepath.Base(args[0]); name != "wxdesk" || len(args) < 2 {
		name, _, _ = strings.Cut(name, ":") // postgres: user database …
		return name
	}
	return "wxdesk " + args[1]
}

// usedSince is the processor time since an earlier reading.
func usedSince(tb testing.TB, before map[string]time.Duration) map[string]time.Duration {
	tb.Helper()
	used := processorTime(tb)
	for name := range used {
		used[name] -= before[name]
	}
	return used
}

// sum is the processor time of all.
func (s span) sum() (all time.Duration) {
	for _, used := range s.used {
		all += used
	}
	return all
}
