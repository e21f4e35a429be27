package telemetry_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/telemetry"
)

func TestLimits_showWhatIsUsedAndTheMost(t *testing.T) {
	t.Parallel()
	tel := setUp(t, false)
	var used int64
	require.NoError(t, telemetry.MeasureLimits(tel.Meters,
		telemetry.Limit{Name: "callbacks", Used: func() int64 { return used }, Max: 512},
		telemetry.Limit{Name: "connections", Used: func() int64 { return 7 }, Max: 4096},
	))
	require.NoError(t, telemetry.MeasureLimits(tel.Meters, telemetry.Limit{Name: "database-connections", Used: func() int64 { return 1 }, Max: 16}))

	text := scrape(t, tel)
	for _, line := range []string{
		`wxdesk_limit_used{limit="callbacks"} 0`, `wxdesk_limit_max{limit="callbacks"} 512`,
		`wxdesk_limit_used{limit="connections"} 7`, `wxdesk_limit_max{limit="connections"} 4096`,
		`wxdesk_limit_used{limit="database-connections"} 1`, `wxdesk_limit_max{limit="database-connections"} 16`,
	} {
		require.Contains(t, text, "\n"+line+"\n")
	}
	used = 3
	require.Contains(t, scrape(t, tel), "\nwxdesk_limit_used{limit=\"callbacks\"} 3\n")
}

// The dashboard divides the one by the other.
func TestMetrics_memoryAndItsLimitAreShown(t *testing.T) {
	t.Parallel()
	text := scrape(t, setUp(t, false))
	require.Contains(t, text, "\nprocess_resident_memory_bytes ")
	require.Contains(t, text, "\ngo_gc_gomemlimit_bytes ")
}
