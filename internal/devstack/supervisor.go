package devstack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
)

// ErrAlreadyRunning says that another Supervisor works in the folder. Its text is a sentence for people.
var ErrAlreadyRunning = errors.New("wxdesk dev already runs in this folder")

// inheritTimeout is how long the processes of a killed Supervisor may take to go before the next one gives up.
const inheritTimeout = 10 * time.Second

// Supervisor runs the processes of `wxdesk dev` and keeps them running. In its folder:
//
//	run/NAME.pid      number of the running process; gone while it does not run
//	run/lock          held by the supervisor and its processes; says who
//	run/control.sock  where StopProcess and StartProcess reach it
//	log/NAME.log      what the process printed; each start begins with a line of its own
//
// Open, Run once, Close.
type Supervisor struct {
	dir    string
	lock   *os.File // children inherit it, so it is free only when all of them are gone
	mu     sync.Mutex
	status io.Writer // guarded by mu
}

// OpenSupervisor takes the folder dir (".wxdesk"), made if need be, for itself. Status receives one line for each thing
// worth knowing. If another supervisor works there the error is ErrAlreadyRunning; the processes of one that was
// killed are waited for.
func OpenSupervisor(ctx context.Context, dir string, status io.Writer) (*Supervisor, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if status == nil {
		status = io.Discard
	}
	s := &Supervisor{dir: dir, status: status}
	for _, folder := range []string{s.runFolder(), s.logFolder()} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return nil, err
		}
	}
	if s.lock, err = s.takeOver(ctx); err != nil {
		return nil, err
	}
	if err := errors.Join(s.signLock(), s.removeStalePIDs()); err != nil {
		return nil, errors.Join(err, s.lock.Close())
	}
	return s, nil
}

// Close gives the folder back.
func (s *Supervisor) Close() error { return s.lock.Close() }

func (s *Supervisor) runFolder() string { return filepath.Join(s.dir, "run") }
func (s *Supervisor) logFolder() string { return filepath.Join(s.dir, "log") }
func (s *Supervisor) lockFile() string  { return filepath.Join(s.runFolder(), "lock") }

func (s *Supervisor) pidFile(name string) string { return filepath.Join(s.runFolder(), name+".pid") }

func (s *Supervisor) logFile(name string) string { return filepath.Join(s.logFolder(), name+".log") }

// Run starts the processes in their order, each after those before it are ready (but see Beside), and keeps them running
// until ctx ends. Then it stops them in reverse order and returns nil. An error means that one of them could not be brought up;
// those before it are stopped again.
func (s *Supervisor) Run(ctx context.Context, processes ...Process) error {
	var all []*runner
	for _, p := range processes {
		all = append(all, newRunner(s, p))
	}
	control, err := s.listen(all)
	if err != nil {
		return err
	}
	var running sync.WaitGroup
	for _, r := range all {
		running.Go(r.run)
	}
	err = s.bringUp(ctx, all)
	if err == nil {
		<-ctx.Done()
	}
	errControl := control.Close()
	for i := len(all) - 1; i >= 0; i-- {
		all[i].ask(end)
	}
	running.Wait()
	if ctx.Err() != nil {
		return errControl
	}
	return err
}

// bringUp starts one after the other, and waits until all are up. The first that cannot be brought up ends the others' start.
func (s *Supervisor) bringUp(ctx context.Context, all []*runner) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		for _, r := range all {
			if r.Background {
				group.Go(func() error { return s.bringUpOne(ctx, r) })
				continue
			}
			if err := s.bringUpOne(ctx, r); err != nil {
				return err
			}
		}
		return nil
	})
	return group.Wait()
}

// bringUpOne returns when the process is ready and AfterReady is done. What a person stops by hand meanwhile is not an error.
func (s *Supervisor) bringUpOne(ctx context.Context, r *runner) error {
	err := r.askWithin(ctx, start)
	if errors.Is(err, errStopped) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%w%s", err, fileTail(s.logFile(r.Name), r.logStart.Load()))
	}
	if r.AfterReady == nil {
		return nil
	}
	if err := r.AfterReady(ctx); err != nil {
		return fmt.Errorf("after the start of %s: %w", r.Name, err)
	}
	return nil
}

// say prints one status line.
func (s *Supervisor) say(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Fprintf(s.status, format+"\n", args...)
}

// takeOver locks the folder. If the lock is taken, the process that signed it decides: if it is alive, it is a supervisor at work. If
// not, only its children are left, and they are about to end.
func (s *Supervisor) takeOver(ctx context.Context) (*os.File, error) {
	lock, err := tryLock(s.lockFile())
	if !errors.Is(err, errLocked) {
		return lock, err
	}
	signed, _ := os.ReadFile(s.lockFile())
	pid, errPID := strconv.Atoi(strings.TrimSpace(string(signed)))
	if errPID != nil || !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return nil, fmt.Errorf("%w (%s): use that one, or stop it first", ErrAlreadyRunning, s.dir)
	}
	ctx, cancel := context.WithTimeout(ctx, inheritTimeout)
	defer cancel()
	lock, err = waitLock(ctx, s.lockFile())
	if err != nil {
		return nil, fmt.Errorf("processes of an earlier wxdesk dev still run in %s: %w", s.dir, err)
	}
	return lock, nil
}

// signLock writes our number into the lock file.
func (s *Supervisor) signLock() error {
	if err := s.lock.Truncate(0); err != nil {
		return err
	}
	_, err := s.lock.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

// removeStalePIDs clears what a killed supervisor could not. We hold the lock, so no such process runs any more.
func (s *Supervisor) removeStalePIDs() error {
	files, err := filepath.Glob(s.pidFile("*"))
	for _, file := range files {
		err = errors.Join(err, os.Remove(file))
	}
	return err
}

// listen opens the control socket.
func (s *Supervisor) listen(all []*runner) (io.Closer, error) {
	folder, err := os.Open(s.runFolder())
	if err != nil {
		return nil, err
	}
	socket := filepath.Join(s.runFolder(), controlSocket)
	if err := os.Remove(socket); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, errors.Join(err, folder.Close())
	}
	l, err := net.Listen("unix", filepath.Join(shortPath(folder), controlSocket))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("listen on %s: %w", socket, err), folder.Close())
	}
	return serveControl(l, folder, all), nil
}
