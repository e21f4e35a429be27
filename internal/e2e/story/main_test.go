// Package story_test tells the ordinary stories of customers, agents and administrators against the running system, one after the
// other or side by side. It also replays the histories of what it has told, counts what a message costs, and upgrades over open
// conversations.
package story_test

import (
	"os"
	"testing"

	"wxdesk/internal/e2e/harness"
)

func TestMain(m *testing.M) { os.Exit(harness.Main(m)) }
