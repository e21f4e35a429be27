package worker

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRunsInMemory_fillHalfOfTheMemory(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		bytes int64
		runs  int
	}{
		"the container of docker-compose.yml": {460 << 20, 1177},
		"next to nothing":                     {1 << 20, 100},
		"a large machine":                     {16 << 30, 10_000},
		"no limit":                            {math.MaxInt64, 10_000},
	} {
		require.Equal(t, test.runs, runsInMemory(test.bytes), name)
	}
}
