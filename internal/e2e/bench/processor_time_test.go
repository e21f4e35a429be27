package bench_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// measured is how long something took, and the processor time that it used meanwhile in this process and all that it has started.
type measured struct {
	took time.Duration
	used map[string]time.Duration // by process
}

// runTogether runs all senders at once.
func runTogether(tb testing.TB, senders int, send func(sender int)) measured {
	tb.Helper()
	var all sync.WaitGroup
	before, began := processorTime(tb), time.Now()
	for sender := range senders {
		all.Go(func() { send(sender) })
	}
	all.Wait()
	took := time.Since(began)
	return measured{took, processorTimeSince(tb, before)}
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
	line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)) // empty if it has ended
	args := strings.Split(string(line), "\x00")
	if name := filepath.Base(args[0]); name != "wxdesk" || len(args) < 2 {
		name, _, _ = strings.Cut(name, ":") // postgres: user database …
		return name
	}
	return "wxdesk " + args[1]
}

// processorTimeSince returns the processor time since an earlier reading.
func processorTimeSince(tb testing.TB, before map[string]time.Duration) map[string]time.Duration {
	tb.Helper()
	used := processorTime(tb)
	for name := range used {
		used[name] -= before[name]
	}
	return used
}

// sum is the processor time of all.
func (s measured) sum() (all time.Duration) {
	for _, used := range s.used {
		all += used
	}
	return all
}
