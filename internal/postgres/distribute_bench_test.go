package postgres_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func BenchmarkDistribute_1000agents_10000waiting(b *testing.B) { benchmarkDistribute(b, 1000, 10_000) }

func BenchmarkDistribute_5000agents_20000waiting(b *testing.B) { benchmarkDistribute(b, 5000, 20_000) }

// benchmarkDistribute measures batches with a fresh floor whenever nobody has room any more.
func benchmarkDistribute(b *testing.B, agents, waiting int) {
	f := newFloor(b)
	f.agents(b, agents, 2)
	f.arrive(b, waiting)
	f.exec(b, `analyze`)
	var batches []time.Duration
	given := 0
	b.ResetTimer()
	for b.Loop() {
		began := time.Now()
		done, err := f.Distribute(b.Context(), tenant)
		batches = append(batches, time.Since(began))
		require.NoError(b, err)
		if given += done.Assigned; done.Again {
			continue
		}
		b.StopTimer()
		f.exec(b, `delete from assignments`)
		f.exec(b, `update work_items set state = 'waiting'`)
		f.exec(b, `update conversations set state = 'open'`)
		f.exec(b, `update agents set presence = 'available'`)
		f.exec(b, `vacuum analyze`)
		b.StartTimer()
	}
	slices.Sort(batches)
	b.ReportMetric(float64(given)/b.Elapsed().Seconds(), "assignments/s")
	b.ReportMetric(float64(batches[len(batches)*99/100].Microseconds())/1000, "p99-ms/batch")
}
