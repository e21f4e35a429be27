package state

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// journal is the state file: one JSON line per change, appended with one write each. A line that has reached the kernel
// survives the process; surviving the machine is more than a simulator needs, so nothing is synced line by line.
type journal struct {
	file *os.File
	size int64
}

// journalHeader is the first line; another version means another shape of the lines behind it.
type journalHeader struct {
	Version int `json:"simulator_journal"`
}

const journalVersion = 1

// openJournal applies the file's changes to the facts, then rewrites the file with only what still matters.
func openJournal(path string, f *facts, now time.Time) (*journal, error) {
	old, err := os.Open(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("open state file: %w", err)
	}
	if err == nil {
		err = replay(old, f)
		_ = old.Close()
		if err != nil {
			return nil, fmt.Errorf("state file %s: %w", path, err)
		}
	}
	return compact(path, f, now)
}

// replay reads changes line by line. A last line without its end was cut off by a kill before anyone had an answer: it is left
// out. Any other line that cannot be read is damage.
func replay(r io.Reader, f *facts) error {
	lines := bufio.NewReader(r)
	for n := 1; ; n++ {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := f.replayLine(n, line); err != nil {
			return err
		}
	}
}

func (f *facts) replayLine(n int, line []byte) error {
	if n == 1 {
		var h journalHeader
		if json.Unmarshal(line, &h) != nil || h.Version != journalVersion {
			return fmt.Errorf("not a simulator's journal of version %d", journalVersion)
		}
		return nil
	}
	var c Change
	if err := json.Unmarshal(line, &c); err != nil {
		return fmt.Errorf("line %d is damaged: %w", n, err)
	}
	f.apply(c)
	return nil
}

// compact writes the state beside the file and puts it in its place in one step, so that a kill leaves the old or the new.
func compact(path string, f *facts, now time.Time) (*journal, error) {
	file, err := os.OpenFile(path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("write state file: %w", err)
	}
	j := &journal{file: file}
	if err := j.fill(f, now); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("write state file: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("replace state file: %w", err)
	}
	return j, nil
}

func (j *journal) fill(f *facts, now time.Time) error {
	w := bufio.NewWriter(j.file)
	lines := json.NewEncoder(w)
	if err := lines.Encode(journalHeader{journalVersion}); err != nil {
		return err
	}
	for c := range f.changes(now) {
		if err := lines.Encode(c); err != nil {
			return err
		}
	}
	if err := errors.Join(w.Flush(), j.file.Sync()); err != nil {
		return err
	}
	var err error
	j.size, err = j.file.Seek(0, io.SeekEnd)
	return err
}

// append writes one change. If it fails, the file ends where it ended before. A nil journal keeps nothing.
func (j *journal) append(c Change) error {
	if j == nil {
		return nil
	}
	var line bytes.Buffer
	if err := json.NewEncoder(&line).Encode(c); err != nil {
		return err
	}
	if _, err := j.file.WriteAt(line.Bytes(), j.size); err != nil {
		return errors.Join(err, j.file.Truncate(j.size))
	}
	j.size += int64(line.Len())
	return nil
}

func (j *journal) close() error {
	if j == nil {
		return nil
	}
	return j.file.Close()
}
