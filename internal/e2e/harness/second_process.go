package harness

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/stretchr/testify/require"
)

// Process is an API or a worker beside those of `wxdesk dev`.
type Process struct {
	s    *System
	role string
	Addr string
	env  []string // settings of its own
	cmd  *exec.Cmd
	Log  *Output
}

// StartSecond starts another API or worker and waits until it is ready. The port is that of its public listener, 0 for a worker.
func (s *System) StartSecond(role string, port int, environ ...string) *Process {
	s.T.Helper()
	p := s.NewProcess(role, port, environ...)
	p.Launch()
	return p
}

// NewProcess returns an API or worker that is not started yet. It ends with the test.
func (s *System) NewProcess(role string, port int, environ ...string) *Process {
	p := &Process{s: s, role: role, Addr: Addr(port), env: environ}
	s.T.Cleanup(p.Kill)
	return p
}

// Launch starts the process, also again after Kill or Stop, and waits until it is ready.
func (p *Process) Launch() {
	p.s.T.Helper()
	p.LaunchWithoutWaiting()
	p.s.WaitFor(30*time.Second, "the second "+p.role+" runs", func() bool {
		return strings.Contains(p.Log.String(), "public listener") || strings.Contains(p.Log.String(), "polling")
	})
}

// LaunchWithoutWaiting starts the process and returns at once.
func (p *Process) LaunchWithoutWaiting() {
	p.s.T.Helper()
	settings, err := os.ReadFile(filepath.Join(p.s.Dir, ".wxdesk", "env"))
	require.NoError(p.s.T, err)
	p.Log = &Output{}
	p.cmd = exec.Command(Binary, p.role)
	p.cmd.Dir = p.s.Dir
	p.cmd.Env = append(slices.Clone(p.s.Env), strings.Split(strings.TrimSpace(string(settings)), "\n")...)
	p.cmd.Env = append(append(p.cmd.Env, "WXDESK_HTTP_ADDR="+p.Addr), p.env...)
	p.cmd.Stderr = p.Log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	require.NoError(p.s.T, p.cmd.Start())
}

// PID returns the process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Wait waits until the process ends by itself and returns its exit status as an error.
func (p *Process) Wait() error { return p.cmd.Wait() }

// Kill kills the process by SIGKILL. It fails the test where the race detector has reported a race in it.
func (p *Process) Kill() {
	if p.cmd == nil {
		return // it was never started
	}
	if p.cmd.ProcessState == nil {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	}
	if text := p.Log.String(); strings.Contains(text, "WARNING: DATA RACE") {
		p.s.T.Errorf("data race in the second %s:\n%s", p.role, text)
	}
}

// Stop ends the process by SIGTERM. It fails the test unless the process ends well.
func (p *Process) Stop() {
	p.s.T.Helper()
	require.NoError(p.s.T, p.cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(p.s.T, p.cmd.Wait(), p.Log)
}
