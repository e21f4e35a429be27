package harness

import (
	"fmt"
	"slices"
	"time"
)

// Quantile returns the duration that a share q of all do not exceed.
func Quantile(all []time.Duration, q float64) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[int(float64(len(sorted)-1)*q)]
}

// DurationSummary returns median, 99th percentile, maximum and number as a text.
func DurationSummary(all []time.Duration) string {
	return fmt.Sprintf("median %s, p99 %s, longest %s of %d", Quantile(all, 0.5).Round(time.Millisecond),
		Quantile(all, 0.99).Round(time.Millisecond), slices.Max(all).Round(time.Millisecond), len(all))
}
