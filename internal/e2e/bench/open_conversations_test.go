package bench_test

import (
	"flag"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/e2e/harness"
)

var benchOpen = flag.Int("bench.open", 3000, "conversations that BenchmarkOpen_manyConversations holds open")

// BenchmarkOpen_manyConversations holds many conversations open, each answered once by the FAQ, and compares with a thousand: how long
// a callback takes to be acknowledged, with nothing else going on, and what the processors do while nobody writes. The worker keeps to
// its memory. It tells what an open conversation takes in Temporal's history and in both databases. docs/scale.md quotes it with
// -bench.open 100000.
func BenchmarkOpen_manyConversations(b *testing.B) {
	const few = 1000
	s, _, worker := startBench(b)
	h := &openSystem{System: s, b: b, account: harness.NewCallbackAccount(s), db: s.Database()}
	h.openUntil(few)
	young := h.measure()
	h.openUntil(*benchOpen)
	old := h.measure()
	for b.Loop() { // what is measured was measured above
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(*benchOpen), "open")
	b.ReportMetric(float64(h.open-few)/h.took.Seconds(), "opened/s")
	reportWithBar(b, "ack-p99-to-a-thousand's", old.acknowledged.Seconds()/young.acknowledged.Seconds(), atMost(2))
	b.ReportMetric(milliseconds(young.acknowledged), "ack-p99-ms-at-1000")
	b.ReportMetric(milliseconds(old.acknowledged), "ack-p99-ms")
	b.ReportMetric(young.idle, "idle-cores-at-1000")
	b.ReportMetric(old.idle, "idle-cores")
	reportWithBar(b, "worker-MB", float64(harness.PeakMemory(b, worker.PID())>>20), atMost(512))
	events, bytes := h.historySize()
	b.ReportMetric(events, "events")
	b.ReportMetric(bytes, "history-B")
	b.ReportMetric(float64(old.postgres-young.postgres)/float64(h.open-few), "postgres-B")
	b.ReportMetric(float64(old.temporal-young.temporal)/float64(h.open-few), "temporal-B")
}

// openSystem is a system that holds conversations open.
type openSystem struct {
	*harness.System
	b       *testing.B
	account *harness.CallbackAccount
	db      *sqlx.DB
	open    int
	more    int           // messages that known customers have written: they are answered too
	took    time.Duration // to open those after the first thousand
}

// openCosts is what open conversations cost.
type openCosts struct {
	acknowledged       time.Duration // 99 of 100 callbacks, at most
	idle               float64       // processors that were busy
	postgres, temporal int64         // bytes of the databases
}

// openUntil has customers write who have never written, until so many conversations are open and answered. It never runs far ahead of the
// answers: what waits would cost the server more than what goes on.
func (h *openSystem) openUntil(until int) {
	h.b.Helper()
	const ahead = 4 * harness.Senders
	began := time.Now()
	for first := h.open; first < until; first += harness.Senders {
		var sending sync.WaitGroup
		for n := first; n < min(first+harness.Senders, until); n++ {
			l := h.account.NewCallback(n)
			sending.Go(func() {
				c := h.account.NewSender()
				defer c.Close()
				c.Post(l)
			})
		}
		sending.Wait()
		h.waitForAnswers(first - ahead)
	}
	h.open = until
	h.waitForAnswers(until)
	h.took = time.Since(began)
	h.b.Logf("%d open after %s", until, h.took.Round(time.Second))
}

// waitForAnswers waits until so many customers have the answer to their first message, and to the others.
func (h *openSystem) waitForAnswers(n int) {
	h.b.Helper()
	h.PollEvery(500*time.Millisecond, 10*time.Minute, "each has its answer", func() bool {
		var sent int
		err := h.db.QueryRow(`select count(*) from deliveries where status = 'sent'`).Scan(&sent)
		return err == nil && sent >= n+h.more
	})
}

// measure looks at the system for a minute while nobody writes, and then has known customers write one after the other.
func (h *openSystem) measure() (m openCosts) {
	h.b.Helper()
	const quiet, callbacks = time.Minute, 500
	before := processorTime(h.b)
	<-time.After(quiet)
	used := processorTimeSince(h.b, before)
	delete(used, "benchmark")
	for name, spent := range used {
		h.b.Logf("%d open, nobody writes: %.1f %% of a processor in %s", h.open, 100*spent.Seconds()/quiet.Seconds(), name)
		m.idle += spent.Seconds() / quiet.Seconds()
	}
	took := make([]time.Duration, 0, callbacks)
	c := h.account.NewSender()
	for n := range callbacks {
		l := h.account.NewCallback(n * (h.open / callbacks))
		began := time.Now()
		c.Post(l)
		took = append(took, time.Since(began))
	}
	h.more += callbacks
	m.acknowledged = harness.Quantile(took, 0.99)
	require.NoError(h.b, h.db.GetContext(h.b.Context(), &m.postgres, `select pg_database_size(current_database())`))
	require.NoError(h.b, filepath.WalkDir(filepath.Join(h.Dir, ".wxdesk"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasPrefix(filepath.Base(path), "temporal.") {
			return err
		}
		info, err := d.Info()
		m.temporal += info.Size()
		return err
	}))
	return m
}

// historySize returns the median events and bytes in the history of a run that has answered once.
func (h *openSystem) historySize() (events, bytes float64) {
	h.b.Helper()
	temporal := h.TemporalClient()
	var ids []string
	require.NoError(h.b, h.db.SelectContext(h.b.Context(), &ids, `select workflow_id from conversations order by id desc limit 100`))
	var lengths, sizes []float64
	for _, id := range ids {
		described, err := temporal.DescribeWorkflow(h.b.Context(), id, "")
		require.NoError(h.b, err)
		info := described.RawResponse.GetWorkflowExecutionInfo()
		lengths, sizes = append(lengths, float64(info.GetHistoryLength())), append(sizes, float64(info.GetHistorySizeBytes()))
	}
	return median(lengths), median(sizes)
}
