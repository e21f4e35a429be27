package bench_test

import (
	"flag"
	"slices"
	"testing"
	"time"
)

// benchRounds is how many rounds a comparison has. A comparison measures ratios within one run: wxdesk, and the bare Temporal server below
// it doing the same kind of work with nothing in it. Rounds alternate, and the median of their ratios is reported, so that a busy machine
// slows both.
//
// A metric whose unit ends in ":min" or ":max" is the bar of the metric before the colon. `make bench` puts the two side by side.
var benchRounds = flag.Int("bench.rounds", 7, "rounds of each side of a comparison")

// rival is what ours is compared with.
type rival struct {
	name    string
	atLeast float64 // the bar: our speed ÷ its speed
	round   func() measured
}

// compare runs rounds of ours and of the others in turn, after one of each that does not count. Each round does so many things. Beside
// the speeds it reports the processor time that one thing costs on this machine, in all processes: where a round keeps all processors
// busy, their ratio says the same, and other work on the machine does not change it.
func compare(b *testing.B, perRound int, what string, ours func() measured, others ...rival) {
	b.Helper()
	sides := append([]rival{{name: what, round: ours}}, others...)
	speeds, used := make([][]float64, len(sides)), make([][]float64, len(sides))
	whose := make([]map[string]time.Duration, len(sides))
	for i := range sides {
		sides[i].round()
		whose[i] = map[string]time.Duration{}
	}
	round := func() {
		for i, side := range sides {
			all := side.round()
			used[i] = append(used[i], milliseconds(all.sum())/float64(perRound))
			for name, spent := range all.used {
				whose[i][name] += spent
			}
			speeds[i] = append(speeds[i], float64(perRound)/all.took.Seconds())
		}
	}
	for b.Loop() {
		round()
	}
	for len(speeds[0]) < *benchRounds {
		round()
	}
	b.ReportMetric(0, "ns/op")
	for i, side := range sides {
		b.ReportMetric(median(speeds[i]), side.name+"/s")
		b.ReportMetric(median(used[i]), side.name+"-cpu-ms")
		for name, spent := range whose[i] {
			if each := milliseconds(spent) / float64(perRound*len(speeds[i])); each >= 0.05 {
				b.Logf("%s: %.2f ms of processor time in %s", side.name, each, name)
			}
		}
	}
	for i, o := range others {
		ratios := make([]float64, len(speeds[0]))
		for n := range ratios {
			ratios[n] = speeds[0][n] / speeds[i+1][n]
		}
		reportWithBar(b, "ratio-to-"+o.name, median(ratios), atLeast(o.atLeast))
	}
}

// barLimit is the bar of a metric.
type barLimit struct {
	suffix string
	value  float64
}

func atLeast(value float64) barLimit { return barLimit{":min", value} }

func atMost(value float64) barLimit { return barLimit{":max", value} }

// reportWithBar reports a metric and its bar.
func reportWithBar(b *testing.B, unit string, value float64, l barLimit) {
	b.ReportMetric(value, unit)
	b.ReportMetric(l.value, unit+l.suffix)
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
