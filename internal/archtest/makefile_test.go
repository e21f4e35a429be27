package archtest_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A name that is not defined is empty: `make promises` would run no test, or every test.
func TestMakefile_namesOnlyWhatItDefines(t *testing.T) {
	t.Parallel()
	require.NotContains(t, makes(t, "test", "faults", "chaos", "promises", "bench", "fuzz", "generate", "console-check", "console-e2e", "bench-desk"), "undefined variable")
}

// A check that stops for want of Node or Chromium says so in a sentence, which names the way around.
func TestMakefile_saysWhatTheDeskNeeds(t *testing.T) {
	t.Parallel()
	for target, missing := range map[string]string{"node": "Node 20.19 or later with npm is missing", "chromium": "Chromium is missing"} {
		cmd := exec.Command("make", "--no-print-directory", target, "SHELL=/bin/sh")
		cmd.Dir = root
		cmd.Env = append(os.Environ(), "PATH=/nowhere", "DESK_CHROMIUM=/nowhere/chromium")
		said, err := cmd.CombinedOutput()
		require.Error(t, err, target)
		require.Contains(t, string(said), missing)
		require.Contains(t, string(said), "DESK=off")
	}
	require.Contains(t, makes(t, "desk-left-out"), "console-check")
}

// A room of internal/e2e that no target names would never run.
func TestMakefile_runsEveryRoomInACheck(t *testing.T) {
	t.Parallel()
	check, promises := makes(t, "test", "faults"), makes(t, "promises")
	rooms := roomsWithTests(t)
	require.Contains(t, rooms, "internal/e2e/story")
	for _, room := range rooms {
		line := lineOf(check, "./"+room)
		switch room {
		case "internal/e2e/overload/flood": // takes too long for a check
			require.Empty(t, line)
			require.Contains(t, promises, "./internal/e2e/overload/... ")
		case "internal/e2e/overload/attack":
			require.NotEmpty(t, line, room)
			require.NotContains(t, line, "-race", room)
		default:
			require.Contains(t, line, "-race", room)
		}
	}
}

// makes returns what the targets would run.
func makes(t *testing.T, targets ...string) string {
	t.Helper()
	cmd := exec.Command("make", append([]string{"--no-print-directory", "--dry-run", "--warn-undefined-variables"}, targets...)...)
	cmd.Dir = root
	printed, err := cmd.CombinedOutput()
	require.NoError(t, err, string(printed))
	return string(printed)
}

// lineOf returns the line that has a word, "" where there is none.
func lineOf(text, word string) string {
	for line := range strings.Lines(text) {
		for _, field := range strings.Fields(line) {
			if field == word {
				return line
			}
		}
	}
	return ""
}

var aTest = regexp.MustCompile(`(?m)^func (Test\w+)\(t `)

// roomsWithTests returns the folders below internal/e2e that have a test. Benchmarks are found by `make bench` itself.
func roomsWithTests(t *testing.T) (rooms []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(filepath.Join(root, "internal", "e2e"), func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(file, "_test.go") {
			return err
		}
		source, err := os.ReadFile(file)
		require.NoError(t, err)
		room, err := filepath.Rel(root, filepath.Dir(file))
		require.NoError(t, err)
		room = path.Clean(filepath.ToSlash(room))
		if aTest.Match(source) && (len(rooms) == 0 || rooms[len(rooms)-1] != room) {
			rooms = append(rooms, room)
		}
		return nil
	}))
	return rooms
}
