package harness

import (
	"flag"
	"time"
)

// share says how far to go from the small numbers of `make check` to the full ones that the promises name: `make promises SHARE=0.1`.
var share = flag.Float64("share", 0, "share of the promises' full numbers, from 0 (small) to 1 (full)")

// Sized returns a number between the small and the full one, as the flag -share says.
func Sized[T int | time.Duration](small, full T) T {
	return small + T(*share*float64(full-small))
}

// Bound returns the promised limit in a run with the full numbers. In a smaller run, beside which all kinds of work go on, it returns the
// loose one.
func Bound(loose, promised time.Duration) time.Duration {
	if !InFull() {
		return loose
	}
	return promised
}

// InFull reports whether the test runs with the full numbers.
func InFull() bool { return *share >= 1 }
