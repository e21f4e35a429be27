// Package attack_test sends more than the system can take. It runs without the race detector, which would make the program another
// one where memory and time are what is tried.
package attack_test

import (
	"os"
	"testing"

	"wxdesk/internal/e2e/harness"
)

func TestMain(m *testing.M) { os.Exit(harness.Main(m)) }
