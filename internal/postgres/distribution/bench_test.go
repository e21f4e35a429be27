package distribution_test

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/postgres/postgrestest"
)

func BenchmarkDistribute_1000agents_10000waiting(b *testing.B) { benchmarkDistribute(b, 1000, 10_000) }

// QUE-8
func BenchmarkDistribute_5000agents_20000waiting(b *testing.B) { benchmarkDistribute(b, 5000, 20_000) }

// benchmarkDistribute measures batches on a floor that has worked before, and whose agents are all free again whenever nobody has
// room any more. Beside the clock it tells the processor time of a batch, of this process and of Postgres's, which says more if
// a machine has other work.
func benchmarkDistribute(b *testing.B, agents, waiting int) {
	f := postgrestest.NewFloor(b)
	f.Agents(b, agents, 2)
	f.Arrive(b, waiting)
	m := newMeasured(b, f, f.Ledger)
	b.ResetTimer()
	for b.Loop() {
		m.batch(b)
	}
	m.report(b)
}

// QUE-8
// BenchmarkDistribute_withHistory measures batches of a contact centre with a past beside those of one without, in alternating
// rounds: 2,000 assignments of the past, two capacity profiles and two conversations put aside for each agent, and ten rules of the
// queue's own, of which the last one holds.
func BenchmarkDistribute_withHistory(b *testing.B) {
	const agents, waiting, rounds, batches = 1000, 10_000, 5, 12
	empty, old := postgrestest.NewFloor(b), postgrestest.NewFloor(b)
	for _, f := range []*postgrestest.Floor{empty, old} {
		f.Agents(b, agents, 2)
	}
	db := withHistory(old, b)
	empty.Arrive(b, waiting)
	old.Arrive(b, waiting)
	old.Exec(b, `update work_items set demand = 'd' || to_char(since, 'SS')::int % 5,
		attributes = jsonb_build_object('kind', to_char(since, 'SS')::int % 5) where state = 'waiting'`)
	plain, past := newMeasured(b, empty, empty.Ledger), newMeasured(b, old, db)
	b.ResetTimer()
	for b.Loop() {
		var speeds, ratios []float64
		for range rounds {
			bare, speed := plain.round(b, batches), past.round(b, batches)
			speeds, ratios = append(speeds, speed), append(ratios, speed/bare)
		}
		slices.Sort(speeds)
		slices.Sort(ratios)
		atLeast(b, "assignments/s", speeds[rounds/2], 300)
		atLeast(b, "ratio-to-empty", ratios[rounds/2], 0.8)
	}
}

// atLeast reports a metric and its bar; see the Makefile.
func atLeast(b *testing.B, unit string, value, bar float64) {
	b.Helper()
	b.ReportMetric(value, unit)
	b.ReportMetric(bar, unit+":min")
}

// withHistory gives agents a past, and the default queue rules of its own.
func withHistory(f *postgrestest.Floor, b *testing.B) *postgrestest.Ledger {
	b.Helper()
	f.PutsAside(b)
	began := time.Now()
	past(f, b, 2000)
	b.Logf("two million assignments of the past made in %s", time.Since(began).Round(time.Second))
	return f.Assigns(b, postgrestest.TenRules(b))
}

// measured is a floor whose batches are measured.
type measured struct {
	*postgrestest.Floor
	db      *postgrestest.Ledger
	servers []int // processes of Postgres
	batches []time.Duration
	spent   time.Duration // by processors
	given   int
}

// newMeasured distributes until nobody has room, and frees all.
func newMeasured(b *testing.B, f *postgrestest.Floor, db *postgrestest.Ledger) *measured {
	b.Helper()
	m := &measured{Floor: f, db: db}
	require.Positive(b, m.MustDistribute(b, db))
	m.again(b)
	require.NoError(b, f.Raw.Select(&m.servers, `select pid from pg_stat_activity where datname = current_database()`))
	return m
}

// again frees all agents, and has everything wait again but what is put aside.
func (m *measured) again(b *testing.B) {
	b.Helper()
	m.Exec(b, `update assignments a set state = 'ended', ended_at = now() from conversations c
		where a.ended_at is null and c.tenant = a.tenant and c.id = a.conversation_id and c.state <> 'waiting'`)
	m.Exec(b, `update work_items i set state = 'waiting' from conversations c
		where i.state <> 'waiting' and c.tenant = i.tenant and c.id = i.conversation_id and c.state <> 'waiting'`)
	m.Exec(b, `update conversations set state = 'open' where state = 'active'`)
	m.Exec(b, `update agents set presence = 'available'`)
	m.Exec(b, `vacuum analyze`)
}

// batch measures a batch. If nobody has room any more, it frees all.
func (m *measured) batch(b *testing.B) {
	b.Helper()
	before, began := processorTime(m.servers), time.Now()
	done, err := m.db.Distribute(b.Context(), postgrestest.Tenant)
	m.batches = append(m.batches, time.Since(began))
	m.spent += processorTime(m.servers) - before
	require.NoError(b, err)
	if m.given += done.Assigned; done.Again {
		return
	}
	b.StopTimer()
	m.again(b)
	b.StartTimer()
}

// round measures some batches, and returns the assignments of a second.
func (m *measured) round(b *testing.B, batches int) float64 {
	b.Helper()
	given, from := m.given, len(m.batches)
	for range batches {
		m.batch(b)
	}
	var took time.Duration
	for _, d := range m.batches[from:] {
		took += d
	}
	return float64(m.given-given) / took.Seconds()
}

func (m *measured) report(b *testing.B) {
	b.Helper()
	slices.Sort(m.batches)
	var took time.Duration
	for _, d := range m.batches {
		took += d
	}
	b.ReportMetric(float64(m.given)/took.Seconds(), "assignments/s")
	b.ReportMetric(float64(m.batches[len(m.batches)*99/100].Microseconds())/1000, "p99-ms/batch")
	b.ReportMetric(float64(m.spent.Microseconds())/1000/float64(len(m.batches)), "cpu-ms/batch")
}

// processorTime is what this process and others on this machine have used so far, the others where Linux tells it.
func processorTime(others []int) time.Duration {
	var self syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &self) // never fails for oneself
	sum := time.Duration(self.Utime.Nano() + self.Stime.Nano())
	for _, pid := range others {
		text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/schedstat", pid))
		used, _, _ := strings.Cut(string(text), " ")
		ns, _ := strconv.ParseInt(used, 10, 64)
		sum += time.Duration(ns)
	}
	return sum
}
