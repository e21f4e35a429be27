// Package overload_test writes as much as the system can take, and fills its disk. The rooms below it write more than that.
package overload_test

import (
	"os"
	"testing"

	"wxdesk/internal/e2e/harness"
)

func TestMain(m *testing.M) { os.Exit(harness.Main(m)) }
