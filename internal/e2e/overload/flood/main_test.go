// Package flood_test has one customer write through three API processes while WeChat is slow. It takes too long for `make check`, and
// runs with `make promises`.
package flood_test

import (
	"os"
	"testing"

	"wxdesk/internal/e2e/harness"
)

func TestMain(m *testing.M) { os.Exit(harness.Main(m)) }
