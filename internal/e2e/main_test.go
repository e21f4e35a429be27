package e2e_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"wxdesk/internal/devstack"
)

// binary is the program under test. Main sets it before the first test begins.
var binary string

// runRoom runs the tests of a room and returns the exit code for TestMain. Before that it builds the program under test, with the
// race detector where the tests have it, and finds the Temporal server.
func runRoom(m *testing.M) int {
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

// findPrograms sets binary, which is in the folder own, and the variable that names the Temporal server.
func findPrograms(own string) error {
	root, err := sourceRoot()
	if err != nil {
		return err
	}
	if binary, err = buildProgram(root, own); err != nil {
		return err
	}
	temporal, err := devstack.FindTemporal(context.Background(), os.Stderr)
	if err != nil {
		return err
	}
	return os.Setenv(devstack.TemporalBinVariable, temporal)
}

// buildProgram builds wxdesk into bin/e2e of the source tree root, and returns a link to it in the folder own.
//
// All rooms share the program. `go build` compares the contents of everything that the program is made of with what it was made of the
// last time, and builds where they differ: so the program is never older than its sources, and the second room waits for a second. The lock
// keeps rooms that start at the same time from building at the same time. A build puts a new file in the place of the old one: so the
// link stays as it is when somebody changes a source and builds again during the run.
func buildProgram(root, own string) (string, error) {
	variant, args := "plain", []string{"build"}
	if raceDetector {
		variant, args = "race", append(args, "-race")
	}
	folder := filepath.Join(root, "bin", "e2e", variant)
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return "", err
	}
	unlock, err := lock(filepath.Join(folder, "lock"))
	if err != nil {
		return "", err
	}
	defer unlock()
	shared, link := filepath.Join(folder, "wxdesk"), filepath.Join(own, "wxdesk")
	build := exec.Command("go", append(args, "-o", shared, ".")...)
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build wxdesk: %w\n%s", err, out)
	}
	if os.Link(shared, link) == nil {
		return link, nil
	}
	if out, err := exec.Command("cp", "-p", shared, link).CombinedOutput(); err != nil { // another file system
		return "", fmt.Errorf("copy wxdesk: %w\n%s", err, out)
	}
	return link, nil
}

// sourceRoot returns the folder of go.mod.
func sourceRoot() (string, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "wxdesk").Output()
	if err != nil {
		return "", fmt.Errorf("find the source tree: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// lock waits until no other process holds the lock of a file, and takes it.
func lock(file string) (unlock func(), err error) {
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		_ = f.Close()
		return nil, err
	}
	return func() { _ = f.Close() }, nil
}
