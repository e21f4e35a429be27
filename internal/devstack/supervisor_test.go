package devstack_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/devstack"
	"wxdesk/internal/secret"
)

func TestSupervisor_startsInOrderAndStopsInReverse(t *testing.T) {
	t.Parallel()
	var migrated bool
	one, two := obedient("one"), obedient("two")
	one.AfterReady = func(context.Context) error { migrated = true; return nil }
	two.Ready = func(context.Context) error {
		if !migrated {
			return errors.New("one has not been seen to")
		}
		return nil
	}
	s := run(t, t.TempDir(), one, two)
	s.says("two is ready")

	pids := []int{pidIn(t, s.dir, "one"), pidIn(t, s.dir, "two")}
	require.True(t, alive(pids[0]) && alive(pids[1]))
	eventually(t, "the log has the output", func() bool { return strings.Contains(s.log("one"), "obedient is up") })
	require.Contains(t, s.log("one"), "--- one starts at ")

	require.NoError(t, s.stop())

	require.Equal(t, []string{"one is ready", "two is ready", "two is stopped", "one is stopped"}, s.news())
	require.False(t, alive(pids[0]) || alive(pids[1]))
	require.Zero(t, pidIn(t, s.dir, "one")+pidIn(t, s.dir, "two"), "the pid files are gone")
}

func TestSupervisor_startsOthersBesideASlowOne(t *testing.T) {
	t.Parallel()
	prepared, announced := make(chan struct{}), make(chan struct{})
	slow := obedient("slow")
	slow.Background = true
	slow.Prepare = func(context.Context) error { <-prepared; return nil }
	slow.AfterReady = func(context.Context) error { close(announced); return nil }
	last := obedient("last")
	last.AfterReady = func(context.Context) error { <-announced; return nil } // those before it are started, not ready
	s := run(t, t.TempDir(), obedient("one"), slow, last)
	s.says("last is ready")
	require.Zero(t, pidIn(t, s.dir, "slow"))

	close(prepared)

	s.says("slow is ready")
	<-announced
	require.NoError(t, s.stop())
	require.Equal(t, []string{
		"one is ready", "last is ready", "slow is ready", "last is stopped", "slow is stopped", "one is stopped",
	}, s.news())
}

func TestSupervisor_canBeStoppedWhileOneIsPrepared(t *testing.T) {
	t.Parallel()
	asked, ended := make(chan struct{}), make(chan struct{})
	slow := obedient("slow")
	slow.Prepare = func(ctx context.Context) error {
		close(asked)
		<-ctx.Done()
		close(ended)
		return ctx.Err()
	}
	s := run(t, t.TempDir(), obedient("one"), slow)
	<-asked
	require.NoError(t, s.stop())
	<-ended
	require.Equal(t, []string{"one is ready", "one is stopped"}, s.news())
}

func TestSupervisor_preparesOnceAndAgainAfterAStop(t *testing.T) {
	t.Parallel()
	asked, done := make(chan struct{}, 10), make(chan struct{})
	slow := obedient("slow")
	slow.Prepare = func(ctx context.Context) error {
		asked <- struct{}{}
		select {
		case <-done:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	s := run(t, t.TempDir(), slow)
	<-asked
	require.NoError(t, devstack.StopProcess(t.Context(), s.dir, "slow"))
	close(done)
	require.NoError(t, devstack.StartProcess(t.Context(), s.dir, "slow"))
	<-asked
	require.NoError(t, devstack.StopProcess(t.Context(), s.dir, "slow"))
	require.NoError(t, devstack.StartProcess(t.Context(), s.dir, "slow"))
	require.Empty(t, asked, "what was prepared stays so")
}

func TestSupervisor_saysWhyPreparingFailed(t *testing.T) {
	t.Parallel()
	broken := obedient("broken")
	broken.Background = true
	broken.Prepare = func(context.Context) error { return errors.New("no compiler") }
	last := obedient("last")
	last.AfterReady = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	s := run(t, t.TempDir(), broken, last)

	require.EqualError(t, s.wait(), "broken cannot be started: no compiler")
	require.Zero(t, pidIn(t, s.dir, "last"), "what had started is stopped")
}

func TestSupervisor_restartsAKilledProcess(t *testing.T) {
	t.Parallel()
	s := run(t, t.TempDir(), obedient("one"))
	s.says("one is ready")
	pid := pidIn(t, s.dir, "one")

	require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
	killed := time.Now()

	eventually(t, "another one runs", func() bool { p := pidIn(t, s.dir, "one"); return p != 0 && p != pid && alive(p) })
	require.Less(t, time.Since(killed), time.Second)
	s.says("one died (signal: killed); starting it again in 200ms, see " + filepath.Join(s.dir, "log", "one.log"))
	require.Equal(t, 2, strings.Count(s.log("one"), "--- one starts at "), "the log goes on")
}

func TestSupervisor_isControlledFromOutside(t *testing.T) {
	t.Parallel()
	deep := filepath.Join(t.TempDir(), strings.Repeat("deep/", 40)) // no unix socket's address is that long
	s := run(t, deep, obedient("one"), obedient("two"))
	s.says("two is ready")
	pid := pidIn(t, s.dir, "two")

	out, err := as("stop", s.dir, "two").CombinedOutput()
	require.NoError(t, err, string(out))
	require.False(t, alive(pid), "it is gone when the command returns")
	require.Zero(t, pidIn(t, s.dir, "two"))
	require.NoError(t, devstack.StopProcess(t.Context(), s.dir, "two"), "once more is no mistake")
	require.Zero(t, pidIn(t, s.dir, "two"))

	require.NoError(t, devstack.StartProcess(t.Context(), s.dir, "two"))
	again := pidIn(t, s.dir, "two")
	require.True(t, alive(again))
	require.NoError(t, devstack.StartProcess(t.Context(), s.dir, "two"), "once more is no mistake")
	require.Equal(t, again, pidIn(t, s.dir, "two"))

	require.ErrorContains(t, devstack.StopProcess(t.Context(), s.dir, "three"), "no such process here: one, two")
}

func TestControl_nothingRunningIsAnError(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.ErrorIs(t, devstack.StopProcess(t.Context(), dir, "worker"), devstack.ErrNotRunning)

	s := run(t, dir, obedient("one"))
	s.says("one is ready")
	require.NoError(t, s.stop())
	require.ErrorIs(t, devstack.StartProcess(t.Context(), dir, "one"), devstack.ErrNotRunning)
}

func TestSupervisor_killsAStubbornProcess(t *testing.T) {
	t.Parallel()
	up := filepath.Join(t.TempDir(), "up")
	stubborn := devstack.Process{
		Name: "stubborn", StopTimeout: 100 * time.Millisecond,
		Command: func() (*exec.Cmd, error) { return as("stubborn", up), nil },
		Ready:   func(context.Context) error { _, err := os.Stat(up); return err },
	}
	s := run(t, t.TempDir(), stubborn)
	s.says("stubborn is ready")
	pid := pidIn(t, s.dir, "stubborn")

	require.NoError(t, devstack.StopProcess(t.Context(), s.dir, "stubborn"))
	require.False(t, alive(pid))
}

func TestSupervisor_onlyOnePerFolder(t *testing.T) {
	t.Parallel()
	s := run(t, t.TempDir(), obedient("one"))
	s.says("one is ready")

	_, err := devstack.OpenSupervisor(t.Context(), s.dir, io.Discard)

	require.ErrorIs(t, err, devstack.ErrAlreadyRunning)
	require.ErrorContains(t, err, s.dir)
	require.True(t, alive(pidIn(t, s.dir, "one")))
}

func TestSupervisor_killedLeavesNothingRunning(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	said := &notes{}
	parent := as("supervisor", dir)
	parent.Stdout, parent.Stderr = said, said
	startParent(t, parent)
	eventually(t, "both run", func() bool { return strings.Contains(said.String(), "two is ready") })
	one, two := pidIn(t, dir, "one"), pidIn(t, dir, "two")

	require.NoError(t, parent.Process.Kill())
	_ = parent.Wait()
	s := run(t, dir, obedient("one")) // at once, over what the other left

	s.says("one is ready")
	require.False(t, alive(one) || alive(two))
	require.NotEqual(t, one, pidIn(t, dir, "one"))
	require.Zero(t, pidIn(t, dir, "two"), "the pid file of the killed run is gone")
}

func TestSupervisor_shieldsProcessesFromCtrlC(t *testing.T) {
	t.Parallel()
	s := run(t, t.TempDir(), obedient("one"))
	s.says("one is ready")
	pid := pidIn(t, s.dir, "one")
	group, err := syscall.Getpgid(pid)
	require.NoError(t, err)
	require.Equal(t, pid, group)
}

func TestSupervisor_saysWhyAProcessDoesNotComeUp(t *testing.T) {
	t.Parallel()
	cause := filepath.Join(t.TempDir(), "cause")
	require.NoError(t, os.WriteFile(cause, nil, 0o600))
	s := run(t, t.TempDir(), obedient("one"), moody("two", cause))

	err := s.wait()

	require.ErrorContains(t, err, "two died (exit status 3), 5 times in a row")
	require.ErrorContains(t, err, "moody will not work today")
	require.Zero(t, pidIn(t, s.dir, "one"), "what had started is stopped")
}

func TestSupervisor_waitsLongerAfterFiveCrashes(t *testing.T) {
	t.Parallel()
	cause := filepath.Join(t.TempDir(), "cause")
	s := run(t, t.TempDir(), moody("one", cause))
	s.says("one is ready")
	require.NoError(t, os.WriteFile(cause, nil, 0o600))

	require.NoError(t, syscall.Kill(pidIn(t, s.dir, "one"), syscall.SIGKILL))

	s.says("one died (exit status 3); starting it again in 1s")
	s.says("one died (exit status 3); starting it again in 2s")
	require.Equal(t, 5, strings.Count(s.status.String(), "starting it again in 200ms"))
	require.NoError(t, os.Remove(cause))
	require.NoError(t, devstack.StartProcess(t.Context(), s.dir, "one"), "a start by hand does not wait")
	require.True(t, alive(pidIn(t, s.dir, "one")))
}

func TestSupervisor_givesUpOnASlowProcess(t *testing.T) {
	t.Parallel()
	slow := obedient("slow")
	slow.ReadyTimeout = 50 * time.Millisecond
	slow.Ready = func(context.Context) error { return errors.New("still loading") }
	s := run(t, t.TempDir(), slow)

	require.ErrorContains(t, s.wait(), "slow: not ready after 50ms: still loading")
}

func TestSupervisor_asksASlowProcessAgain(t *testing.T) {
	t.Parallel()
	var loaded atomic.Bool
	loaded.Store(true)
	slow := obedient("slow")
	slow.ReadyTimeout = 50 * time.Millisecond
	slow.Ready = func(context.Context) error {
		if !loaded.Load() {
			return errors.New("still loading")
		}
		return nil
	}
	s := run(t, t.TempDir(), slow)
	s.says("slow is ready")
	require.NoError(t, devstack.StopProcess(t.Context(), s.dir, "slow"))

	loaded.Store(false)
	require.ErrorContains(t, devstack.StartProcess(t.Context(), s.dir, "slow"), "start slow: slow: not ready after 50ms: still loading")
	pid := pidIn(t, s.dir, "slow")
	loaded.Store(true)
	require.NoError(t, devstack.StartProcess(t.Context(), s.dir, "slow"))
	require.Equal(t, pid, pidIn(t, s.dir, "slow"), "it is the same process")
}

func TestSupervisor_canBeStoppedWhileItStarts(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{}, 1)
	slow := obedient("slow")
	slow.Ready = func(context.Context) error {
		select {
		case asked <- struct{}{}:
		default:
		}
		return errors.New("still loading")
	}
	s := run(t, t.TempDir(), obedient("one"), slow)
	<-asked
	require.NoError(t, s.stop())
	require.Zero(t, pidIn(t, s.dir, "one")+pidIn(t, s.dir, "slow"))
}

func TestSupervisor_runsPostgresThroughACrash(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p, err := devstack.PreparePostgres(t.Context(), devstack.PostgresOptions{
		Dir: filepath.Join(dir, "postgres"), Password: secret.New("x"), Durable: true,
	})
	require.NoError(t, err)
	s := run(t, dir, p.Process())
	s.says("postgres is ready")
	db := open(t, p.DSN().Reveal())
	query(t, db, `create table kept (n int); insert into kept values (1)`)

	require.NoError(t, syscall.Kill(pidIn(t, dir, "postgres"), syscall.SIGKILL))

	s.says("postgres died (signal: killed)")
	eventually(t, "it answers again", func() bool { return p.Ready(t.Context()) == nil })
	require.Equal(t, "1", query(t, open(t, p.DSN().Reveal()), `select count(*) from kept`))
	require.NoError(t, s.stop())
	require.Contains(t, s.log("postgres"), "database system is shut down", "the last stop is an orderly one")
}

// moody works unless the file cause exists.
func moody(name, cause string) devstack.Process {
	up := cause + ".up"
	return devstack.Process{
		Name:    name,
		Command: func() (*exec.Cmd, error) { _ = os.Remove(up); return as("moody", cause, up), nil },
		Ready:   func(context.Context) error { _, err := os.Stat(up); return err },
	}
}

// supervised is a supervisor at work in this process.
type supervised struct {
	t      *testing.T
	dir    string
	status *notes
	cancel context.CancelFunc
	ended  chan error
}

func run(t *testing.T, dir string, processes ...devstack.Process) *supervised {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	s := &supervised{t: t, dir: dir, status: &notes{}, cancel: cancel, ended: make(chan error, 1)}
	supervisor, err := devstack.OpenSupervisor(ctx, dir, s.status)
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.ended <- errors.Join(supervisor.Run(ctx, processes...), supervisor.Close())
	}()
	t.Cleanup(func() { cancel(); <-done })
	return s
}

func (s *supervised) stop() error { s.cancel(); return s.wait() }

func (s *supervised) wait() error {
	select {
	case err := <-s.ended:
		return err
	case <-time.After(soon):
		return errors.New("the supervisor does not end")
	}
}

// says waits for a status line that begins like this.
func (s *supervised) says(line string) {
	s.t.Helper()
	eventually(s.t, line, func() bool { return strings.Contains("\n"+s.status.String(), "\n"+line) })
}

// news is the status lines without their details.
func (s *supervised) news() (lines []string) {
	for line := range strings.Lines(s.status.String()) {
		line, _, _ = strings.Cut(strings.TrimSpace(line), " (")
		lines = append(lines, line)
	}
	return lines
}

func (s *supervised) log(name string) string {
	text, err := os.ReadFile(filepath.Join(s.dir, "log", name+".log"))
	require.NoError(s.t, err)
	return string(bytes.TrimSpace(text))
}
