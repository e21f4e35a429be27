// Package bench_test has the benchmarks of the whole system: `make bench`.
package bench_test

import (
	"os"
	"testing"

	"wxdesk/internal/e2e/harness"
)

func TestMain(m *testing.M) { os.Exit(harness.Main(m)) }
