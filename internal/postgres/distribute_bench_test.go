package postgres_test

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
)

func BenchmarkDistribute_1000agents_10000waiting(b *testing.B) { benchmarkDistribute(b, 1000, 10_000) }

func BenchmarkDistribute_5000agents_20000waiting(b *testing.B) { benchmarkDistribute(b, 5000, 20_000) }

// benchmarkDistribute measures batches on a floor that has worked before, and whose agents are all free again whenever nobody has
// room any more. Beside the clock it tells the processor time of a batch, of this process and of Postgres's, which says more where
// a machine has other work.
func benchmarkDistribute(b *testing.B, agents, waiting int) {
	f := newFloor(b)
	f.agents(b, agents, 2)
	f.arrive(b, waiting)
	again := func() {
		f.exec(b, `update assignments set state = 'ended', ended_at = now() where ended_at is null`)
		f.exec(b, `update work_items set state = 'waiting'`)
		f.exec(b, `update conversations set state = 'open'`)
		f.exec(b, `update agents set presence = 'available'`)
		f.exec(b, `vacuum analyze`)
	}
	for more := true; more; {
		done, err := f.Distribute(b.Context(), tenant)
		require.NoError(b, err)
		more = done.Again
	}
	again()
	var servers []int
	require.NoError(b, f.raw.Select(&servers, `select pid from pg_stat_activity where datname = current_database()`))
	var batches []time.Duration
	var spent time.Duration
	given := 0
	b.ResetTimer()
	for b.Loop() {
		before, began := processorTime(servers), time.Now()
		done, err := f.Distribute(b.Context(), tenant)
		batches = append(batches, time.Since(began))
		spent += processorTime(servers) - before
		require.NoError(b, err)
		if given += done.Assigned; done.Again {
			continue
		}
		b.StopTimer()
		again()
		b.StartTimer()
	}
	slices.Sort(batches)
	b.ReportMetric(float64(given)/b.Elapsed().Seconds(), "assignments/s")
	b.ReportMetric(float64(batches[len(batches)*99/100].Microseconds())/1000, "p99-ms/batch")
	b.ReportMetric(float64(spent.Microseconds())/1000/float64(len(batches)), "cpu-ms/batch")
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
