package bench_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"wxdesk/internal/devstack"
	"wxdesk/internal/e2e/harness"
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
	"own-bot": {{local, other, local}},                 // an answer of a webhook bot
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
	own.RegisterActivityWithOptions(e.doNothing, activity.RegisterOptions{Name: "does"})
	others := sdkworker.New(c, "bare-other", sdkworker.Options{DisableWorkflowWorker: true})
	others.RegisterActivityWithOptions(e.doNothing, activity.RegisterOptions{Name: "does"})
	for _, w := range []sdkworker.Worker{own, others} {
		require.NoError(tb, w.Start())
		tb.Cleanup(w.Stop)
	}
	return e
}

// doNothing is the activity of each step. After the last step for a signal it tells the sender.
func (e *bareEngine) doNothing(_ context.Context, customer int, last bool) error {
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

// signal signals a workflow of the shape, which is started where there is none, and waits until all steps are done.
func (e *bareEngine) signal(name, id string, customer int) {
	_, err := e.c.SignalWithStartWorkflow(context.Background(), id, "bare", e.payload,
		client.StartWorkflowOptions{TaskQueue: "bare"}, "Bare", name, customer)
	if err != nil {
		e.tb.Error(err)
		return
	}
	waitForStep(e.tb, e.done[customer])
}

// runAnswers has so many senders signal each of their customers' workflows in turn, one after the other.
func (e *bareEngine) runAnswers(name string, senders, each int) measured {
	customers := len(e.done) / senders
	return runTogether(e.tb, senders, func(sender int) {
		for n := range each {
			customer := sender*customers + n%customers
			e.signal(name, "bare-"+name+"/"+strconv.Itoa(customer), customer)
		}
	})
}

// runAssignments has so many senders begin new workflows, as many as there are customers, and signal each a second time.
func (e *bareEngine) runAssignments(senders int) measured {
	e.bursts++
	next := make(chan int, len(e.done))
	for i := range e.done {
		next <- i
	}
	close(next)
	return runTogether(e.tb, senders, func(int) {
		for customer := range next {
			id := fmt.Sprintf("bare-assign/%d/%d", e.bursts, customer)
			e.signal("assign", id, customer)
			e.signal("assign", id, customer)
		}
	})
}

// measureTrips measures from a signal to its activity, one after the other.
func (e *bareEngine) measureTrips(n int) (all []time.Duration) {
	for i := range n {
		began := time.Now()
		customer := i % len(e.done)
		e.signal("trip", "bare-trip/"+strconv.Itoa(customer), customer)
		all = append(all, time.Since(began))
	}
	return all
}

func waitForStep(tb testing.TB, done <-chan struct{}) {
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
			all := e.runRound(name, senders, of)
			if round == 0 {
				continue // it does not count
			}
			speeds[name] = append(speeds[name], float64(senders*of)/all.took.Seconds())
			used[name] = append(used[name], milliseconds(all.sum())/float64(senders*of))
		}
		if single := e.measureTrips(50); round > 0 {
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
	b.ReportMetric(milliseconds(harness.Quantile(trips, 0.5)), "trip-p50-ms")
	b.ReportMetric(milliseconds(harness.Quantile(trips, 0.99)), "trip-p99-ms")
}

// runRound has each customer served once in a shape.
func (e *bareEngine) runRound(name string, senders, of int) measured {
	if name == "assign" {
		return e.runAssignments(senders)
	}
	return e.runAnswers(name, senders, of)
}
