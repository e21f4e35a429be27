package harness

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

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
