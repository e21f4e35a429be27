package harness

import (
	"context"
	"fmt"
	"os"
	"testing"

	"wxdesk/internal/devstack"
)

// Binary is the program under test. Main sets it before the first test begins.
var Binary string

// Main runs the tests of a room and returns the exit code for TestMain. Before that it builds the program under test, with the
// race detector where the tests have it, and finds the Temporal server.
func Main(m *testing.M) int {
	own, err := os.MkdirTemp("", "wxdesk-e2e-")
	if err == nil {
		defer os.RemoveAll(own) //nolint:errcheck // a temporary folder
		err = findPrograms(own)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// findPrograms sets Binary, which is in the folder own, and the variable that names the Temporal server.
func findPrograms(own string) error {
	root, err := sourceRoot()
	if err != nil {
		return err
	}
	if Binary, err = buildProgram(root, own); err != nil {
		return err
	}
	temporal, err := devstack.FindTemporal(context.Background(), os.Stderr)
	if err != nil {
		return err
	}
	return os.Setenv(devstack.TemporalBinVariable, temporal)
}
