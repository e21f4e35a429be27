package chaos_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/e2e/chaos"
)

// The numbers of `make chaos`; those of `make check` are small.
var (
	chaosSeeds     = flag.Int("chaos.seeds", 3, "how many runs")
	chaosFirst     = flag.Uint64("chaos.first", 1, "seed of the first run")
	chaosCallbacks = flag.Int("chaos.callbacks", 300, "callbacks of each run")
	chaosKills     = flag.Int("chaos.kills", 5, "kills of each run; there are stalls and broken links besides")
)

// R1, R4, R5, R6, R10, R11, R13, R25, R27
// Two APIs and two workers, with Postgres and Temporal, are killed, stalled
// and cut off from each other while customers write. What WeChat was told is taken stands in the transcript, once, in order,
// answered once, and nothing is left under way or owed. What WeChat gave up is no loss, and is counted.
func TestChaos_nothingAcknowledgedIsLost(t *testing.T) { // alone: WeChat's patience is real time
	r := chaos.NewRig(t)
	lines := (*chaosCallbacks + chaos.LoadCustomers - 1) / chaos.LoadCustomers
	r.TeachAnswers(lines)
	for i := range *chaosSeeds {
		seed := *chaosFirst + uint64(i)
		began := time.Now()
		dice := rand.New(rand.NewPCG(seed, 1))
		faults := r.DrawFaults(dice, *chaosKills)
		moments := make([]int, len(faults))
		for n := range moments {
			moments[n] = dice.IntN(chaos.LoadCustomers * lines * 9 / 10)
		}
		slices.Sort(moments)

		l := r.StartLoad(chaos.LoadCustomers, lines, 0)
		var log string
		for n, f := range faults { // each strikes while customers write
			l.AllowUntil(moments[n] + 2*chaos.LoadCustomers)
			l.WaitForLines(moments[n])
			log += fmt.Sprintf("\n\t%6.1fs, %4d lines: %s", time.Since(began).Seconds(), l.Done.Load(), f.Name)
			f.Strike()
		}
		l.AllowUntil(chaos.LoadCustomers * lines)
		l.WaitForEnd()
		said := time.Since(began)
		settled := l.WaitUntilQuiet(3*time.Minute + time.Duration(chaos.LoadCustomers*lines)*30*time.Millisecond) // a machine that does other work answers 30 a second
		broken := l.Judge()
		broken = append(broken, chaos.Owed(r.System, time.Minute)...)
		if out, err := r.Reconcile("20s"); err != nil {
			broken = append(broken, chaos.Violation{Promise: "R25", What: out})
		}
		t.Logf("seed %d: %d callbacks, %d faults, %d given up by WeChat, %d answers unknown; said in %.0f s, quiet after %.0f s%s",
			seed, chaos.LoadCustomers*lines, len(faults), l.GaveUp.Load(), chaos.UnknownAnswers(l.Evidence()), said.Seconds(), time.Since(began).Seconds(), log)
		require.Empty(t, broken, "seed %d", seed)
		require.True(t, settled, "seed %d: something is still under way", seed)
	}
}
