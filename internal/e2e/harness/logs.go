package harness

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// Logs returns the first warnings and errors and the last lines of each process's log.
func (s *System) Logs() string {
	var b strings.Builder
	fmt.Fprintf(&b, "--- wxdesk dev\n%s", s.Out)
	for _, name := range ProcessNames {
		text, _ := os.ReadFile(filepath.Join(s.Dir, ".wxdesk", "log", name+".log"))
		lines := strings.Split(string(text), "\n")
		last := max(0, len(lines)-25)
		grave := slices.DeleteFunc(slices.Clone(lines[:last]), func(line string) bool {
			return !strings.Contains(line, "level=WARN") && !strings.Contains(line, "level=ERROR") && !strings.Contains(line, " ERROR: ")
		})
		fmt.Fprintf(&b, "--- %s: %d warnings and errors, of which the first, and the last lines\n%s\n…\n%s\n", name, len(grave),
			strings.Join(grave[:min(len(grave), 10)], "\n"), strings.Join(lines[last:], "\n"))
	}
	return b.String()
}

// requireNoRaces fails the test where the race detector has reported a race in any process.
func (s *System) requireNoRaces() {
	for _, name := range ProcessNames {
		text, _ := os.ReadFile(filepath.Join(s.Dir, ".wxdesk", "log", name+".log"))
		if bytes.Contains(text, []byte("WARNING: DATA RACE")) {
			s.T.Errorf("data race in %s:\n%s", name, text)
		}
	}
}

// Output collects what a process prints.
type Output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *Output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(b)
}

func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}
