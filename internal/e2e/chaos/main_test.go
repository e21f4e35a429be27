// The tests of this room kill, stop and disconnect processes while customers write.
package chaos_test

import (
	"os"
	"testing"

	"wxdesk/internal/e2e/harness"
)

func TestMain(m *testing.M) { os.Exit(harness.Main(m)) }
