// Package promises_test tries the promises of docs/reliability.md that take long: with small numbers in `make check`, with the full
// ones in `make promises`.
package promises_test

import (
	"os"
	"testing"

	"wxdesk/internal/e2e/harness"
)

func TestMain(m *testing.M) { os.Exit(harness.Main(m)) }
