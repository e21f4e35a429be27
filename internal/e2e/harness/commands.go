package harness

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/stretchr/testify/require"
)

// Command runs a wxdesk command with the settings of the running system and returns what it prints. It fails the test where the command
// fails.
func (s *System) Command(args ...string) string {
	s.T.Helper()
	cmd := exec.Command(Binary, args...)
	cmd.Dir = s.Dir
	cmd.Env = s.Settings()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	require.NoErrorf(s.T, cmd.Run(), "wxdesk %s: %s", strings.Join(args, " "), &stderr)
	return strings.TrimSpace(stdout.String())
}

// RunProgram runs the program in a folder with an environment, and returns everything that it prints.
func RunProgram(dir string, env []string, args ...string) (string, error) {
	cmd := exec.Command(Binary, args...)
	cmd.Dir, cmd.Env = dir, env
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// Settings returns the environment of the running system, with what is in .wxdesk/env.
func (s *System) Settings() []string {
	s.T.Helper()
	settings, err := os.ReadFile(filepath.Join(s.Dir, ".wxdesk", "env"))
	require.NoError(s.T, err)
	return append(slices.Clone(s.Env), strings.Split(strings.TrimSpace(string(settings)), "\n")...)
}

// Setting returns the value of a setting in .wxdesk/env. It fails the test where there is none.
func (s *System) Setting(name string) string {
	s.T.Helper()
	text, err := os.ReadFile(filepath.Join(s.Dir, ".wxdesk", "env"))
	require.NoError(s.T, err)
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), name+"="); ok {
			return value
		}
	}
	s.T.Fatalf("no %s in .wxdesk/env", name)
	return ""
}

// Reconcile returns what `wxdesk reconcile --check` prints, and an error where there are differences.
func (s *System) Reconcile(patience string) (string, error) {
	s.T.Helper()
	return RunProgram(s.Dir, s.Settings(), "reconcile", "--check", "--patience", patience)
}
