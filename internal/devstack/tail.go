package devstack

import (
	"bytes"
	"io"
	"os"
	"strings"
	"sync"
)

// tailSize is how much of a process's last output goes into an error message.
const tailSize = 2 << 10

// tail remembers the last output of a process and passes everything on to next, if there is one. It is safe for
// concurrent use.
type tail struct {
	next io.Writer
	mu   sync.Mutex
	kept []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, p...)
	if extra := len(t.kept) - tailSize; extra > 0 {
		t.kept = append([]byte(nil), t.kept[extra:]...)
	}
	if t.next == nil {
		return len(p), nil
	}
	return t.next.Write(p)
}

// String returns the last output, set off by a new line, or nothing if there was none.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return lastLines(t.kept)
}

// fileTail is the end of the file path from the byte offset on, shaped like tail's String.
func fileTail(path string, offset int64) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil {
		offset = max(offset, info.Size()-tailSize)
	}
	text, _ := io.ReadAll(io.NewSectionReader(f, offset, tailSize))
	return lastLines(text)
}

func lastLines(text []byte) string {
	text = bytes.TrimSpace(text)
	if len(text) == 0 {
		return ""
	}
	return "\n  " + strings.ReplaceAll(string(text), "\n", "\n  ")
}
