package devstack

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"sync/atomic"
	"time"
)

// errStopped answers whoever waits for a process to be ready when it is stopped instead.
var errStopped = errors.New("was stopped")

// wish is what somebody wants of a process.
type wish int

const (
	start wish = iota + 1 // run, and be ready
	stop                  // do not run, until somebody wishes it to
	end                   // do not run any more; the runner ends too
)

type request struct {
	wish
	done chan error // answered once, has room for it
}

// runner keeps one process in the state that was last wished for. One goroutine owns all of it but requests and
// logStart; each of its states is a method that returns the next one.
type runner struct {
	Process
	s        *Supervisor
	requests chan request
	gone     chan struct{} // closed when run has returned
	logStart atomic.Int64  // where the last start's part of the log file begins

	prepared bool
	child    *child
	started  time.Time
	ready    bool
	crashes  int          // in a row
	waiting  []chan error // who wants to know when it is ready
}

// state is one of stopped, preparing, launching, alive, pausing; nil ends the runner.
type state func() state

func newRunner(s *Supervisor, p Process) *runner {
	r := &runner{Process: p.withDefaults(), s: s, requests: make(chan request), gone: make(chan struct{})}
	if info, err := os.Stat(s.logFile(p.Name)); err == nil {
		r.logStart.Store(info.Size()) // what is there already is of an earlier run
	}
	return r
}

func (r *runner) run() {
	defer close(r.gone)
	for next := state(r.stopped); next != nil; {
		next = next()
	}
}

// ask makes a wish come true and returns when it has.
func (r *runner) ask(w wish) { _ = r.askWithin(context.Background(), w) }

// askWithin is ask with a time limit. The wish stays in force after the limit.
func (r *runner) askWithin(ctx context.Context, w wish) error {
	req := request{w, make(chan error, 1)}
	select {
	case r.requests <- req:
	case <-r.gone:
		return errStopped
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	select {
	case err := <-req.done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (r *runner) stopped() state {
	req := <-r.requests
	if req.wish != start {
		return r.settle(req)
	}
	r.waiting = append(r.waiting, req.done)
	r.crashes = 0
	if r.Prepare != nil && !r.prepared {
		return r.preparing
	}
	return r.launching
}

// preparing waits for Prepare, unless somebody wishes otherwise.
func (r *runner) preparing() state {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- r.Prepare(ctx) }()
	for {
		select {
		case err := <-done:
			if err != nil {
				r.answer(fmt.Errorf("%s cannot be started: %w", r.Name, err))
				return r.stopped
			}
			r.prepared = true
			return r.launching
		case req := <-r.requests:
			if req.wish != start {
				cancel()
				<-done //nolint:errcheck // nobody waits for it any more
				return r.settle(req)
			}
			r.waiting = append(r.waiting, req.done)
		}
	}
}

// settle answers a wish not to run, if the process does not run.
func (r *runner) settle(req request) state {
	r.answer(fmt.Errorf("%s %w", r.Name, errStopped))
	req.done <- nil
	if req.wish == end {
		return nil
	}
	return r.stopped
}

func (r *runner) launching() state {
	r.started, r.ready = time.Now(), false
	c, err := r.launch()
	if err != nil {
		return r.crashed(fmt.Sprintf("cannot start: %v", err))
	}
	r.child = c
	return r.alive
}

// alive watches the running process, beginning with whether it is ready.
func (r *runner) alive() state {
	life, cancel := context.WithCancel(context.Background())
	defer cancel()
	verdict := r.probe(life)
	for {
		select {
		case <-r.child.done:
			r.removePID()
			return r.crashed("died (" + r.child.ending() + ")")
		case err := <-verdict:
			verdict = nil
			r.judge(err)
		case req := <-r.requests:
			if req.wish != start {
				r.child.stop(r.StopSignal, r.StopTimeout)
				r.removePID()
				r.s.say("%s is stopped", r.Name)
				return r.settle(req)
			}
			r.waiting = append(r.waiting, req.done)
			if r.ready {
				r.answer(nil)
			} else if verdict == nil { // it was not ready in time; whoever asks again gets another look
				verdict = r.probe(life)
			}
		}
	}
}

// probe finds out whether the process gets ready in time.
func (r *runner) probe(life context.Context) <-chan error {
	verdict := make(chan error, 1)
	c := r.child
	go func() {
		ctx, cancel := context.WithTimeoutCause(life, r.ReadyTimeout, fmt.Errorf("not ready after %s", r.ReadyTimeout))
		defer cancel()
		verdict <- c.await(ctx, r.Ready)
	}()
	return verdict
}

// judge tells everybody whether the process is ready.
func (r *runner) judge(err error) {
	select {
	case <-r.child.done: // dying is dealt with elsewhere
		return
	default:
	}
	if err != nil {
		r.s.say("%s is not ready: %v", r.Name, err)
		r.answer(fmt.Errorf("%s: %w", r.Name, err))
		return
	}
	r.ready = true
	r.s.say("%s is ready (pid %d, %.1f s)", r.Name, r.child.pid(), time.Since(r.started).Seconds())
	r.answer(nil)
}

// crashed reports that the process is not there although it should be, and decides when to try again.
func (r *runner) crashed(how string) state {
	if time.Since(r.started) > steadyAfter {
		r.crashes = 0
	}
	r.crashes++
	pause := restartPause(r.crashes)
	r.s.say("%s %s; starting it again in %s, see %s", r.Name, how, pause, r.s.logFile(r.Name))
	if r.crashes >= patience {
		r.answer(fmt.Errorf("%s %s, %d times in a row; see %s", r.Name, how, r.crashes, r.s.logFile(r.Name)))
	}
	return r.pausing(pause)
}

// pausing waits before the next start, unless somebody wishes otherwise.
func (r *runner) pausing(pause time.Duration) state {
	return func() state {
		select {
		case <-time.After(pause):
			return r.launching
		case req := <-r.requests:
			if req.wish != start {
				return r.settle(req)
			}
			r.waiting = append(r.waiting, req.done)
			return r.launching
		}
	}
}

// answer tells those who wait how it went.
func (r *runner) answer(err error) {
	for _, w := range r.waiting {
		w <- err
	}
	r.waiting = nil
}

// launch starts the process with its output in the log, and writes its number down.
func (r *runner) launch() (*child, error) {
	log, err := r.openLog()
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd, err := r.Command()
	if err != nil {
		return nil, err
	}
	if cmd.Stdout == nil {
		cmd.Stdout = log
	}
	if cmd.Stderr == nil {
		cmd.Stderr = log
	}
	cmd.ExtraFiles = append(cmd.ExtraFiles, r.s.lock)
	c, err := launch(cmd)
	if err != nil {
		return nil, err
	}
	if err := writeWhole(r.s.pidFile(r.Name), strconv.Itoa(c.pid())+"\n"); err != nil {
		c.kill()
		return nil, err
	}
	return c, nil
}

// openLog opens the log file at its end and marks the start.
func (r *runner) openLog() (*os.File, error) {
	log, err := os.OpenFile(r.s.logFile(r.Name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	if info, err := log.Stat(); err == nil {
		r.logStart.Store(info.Size())
	}
	_, err = fmt.Fprintf(log, "--- %s starts at %s ---\n", r.Name, time.Now().UTC().Format(time.RFC3339))
	return log, err
}

func (r *runner) removePID() {
	if err := os.Remove(r.s.pidFile(r.Name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		r.s.say("%s: %v", r.Name, err)
	}
}

// writeWhole writes a file that is never seen half written.
func writeWhole(path, text string) error {
	if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
