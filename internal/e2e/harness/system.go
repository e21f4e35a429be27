package harness

import (
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	_ "github.com/lib/pq" // for Database
	"github.com/stretchr/testify/require"
)

// ProcessNames names the processes that `wxdesk dev` starts.
var ProcessNames = []string{"postgres", "temporal", "api", "worker", "simulator"}

// System is one running `wxdesk dev`.
type System struct {
	T    testing.TB // the test, or the subtest that runs now
	Dir  string     // working directory; below it .wxdesk
	Env  []string   // environment
	Args []string   // arguments of the command
	Out  *Output    // what it prints
	cmd  *exec.Cmd

	HTTPAddr      string // of the API's public listener
	OpsAddr       string // of the API's private listener
	SimulatorAddr string
	TemporalAddr  string
	AdminToken    string // an administrator's API token
}

// Start runs `wxdesk dev` in a folder of its own, on free ports, waits until all processes are up, and makes an administrator's API token.
// The system ends with the test.
func Start(t testing.TB, environ ...string) *System {
	t.Helper()
	s := NewSystem(t, environ...)
	s.Launch()
	if _, measures := t.(*testing.B); !measures {
		s.DisableFsync()
	}
	s.AdminToken = s.Command("token", "create", "--role", "admin", "--name", "e2e")
	return s
}

// noDemo leaves the desk empty: most tests set up their own.
const noDemo = "--no-demo"

// WithDemo has a system that is not started yet fill its desk, as `wxdesk dev` does for people.
func (s *System) WithDemo() {
	s.Args = slices.DeleteFunc(s.Args, func(arg string) bool { return arg == noDemo })
}

// NewSystem returns a `wxdesk dev` that is not started yet, in a folder of its own and on free ports, with an empty desk. It ends with the
// test.
func NewSystem(t testing.TB, environ ...string) *System {
	t.Helper()
	ports := FreePorts(t, 5)
	s := &System{T: t, Dir: t.TempDir()}
	s.HTTPAddr, s.OpsAddr, s.SimulatorAddr, s.TemporalAddr = Addr(ports[0]), Addr(ports[1]), Addr(ports[2]), Addr(ports[3])
	s.Env = append(slices.DeleteFunc(os.Environ(), func(line string) bool {
		return strings.HasPrefix(line, "DATABASE_URL=") || strings.HasPrefix(line, "TEMPORAL_") ||
			strings.HasPrefix(line, "WXDESK_") && !strings.HasPrefix(line, "WXDESK_TEMPORAL_BIN=") && !strings.HasPrefix(line, "WXDESK_PG_BIN=")
	}), "WXDESK_HTTP_ADDR="+s.HTTPAddr, "WXDESK_OPS_ADDR="+s.OpsAddr)
	s.Env = append(s.Env, environ...)
	s.Args = []string{
		"dev", noDemo, "--simulator-addr", s.SimulatorAddr,
		"--temporal-port", strconv.Itoa(ports[3]), "--temporal-ui-port", strconv.Itoa(ports[4]),
	}
	t.Cleanup(func() {
		s.Stop()
		s.requireNoRaces()
		if t.Failed() {
			t.Logf("logs of the failed system:\n%s", s.Logs())
		}
	})
	return s
}

// Launch starts the processes, also again in the same folder, and waits until all are up.
func (s *System) Launch() {
	s.T.Helper()
	s.LaunchWithoutWaiting()
	s.WaitFor(90*time.Second, "wxdesk dev is up", func() bool { return strings.Contains(s.Out.String(), "Ctrl-C stops everything") })
}

// LaunchWithoutWaiting starts `wxdesk dev` and returns at once.
func (s *System) LaunchWithoutWaiting() {
	s.T.Helper()
	s.Out = &Output{}
	s.cmd = exec.Command(Binary, s.Args...)
	s.cmd.Dir, s.cmd.Env = s.Dir, s.Env
	s.cmd.Stdout, s.cmd.Stderr = s.Out, s.Out
	require.NoError(s.T, s.cmd.Start())
}

// Stop interrupts `wxdesk dev` as Ctrl-C does. It fails the test where a process is left running.
func (s *System) Stop() {
	if s.cmd == nil || s.cmd.ProcessState != nil {
		return
	}
	pids := map[string]int{}
	for _, name := range ProcessNames {
		pids[name] = s.PID(name)
	}
	_ = s.cmd.Process.Signal(os.Interrupt)
	done := make(chan error, 1)
	go func() { done <- s.cmd.Wait() }()
	select {
	case err := <-done:
		if err != nil {
			s.T.Errorf("wxdesk dev ends with %v:\n%s", err, s.Out)
		}
	case <-time.After(60 * time.Second):
		_ = s.cmd.Process.Kill()
		s.T.Errorf("wxdesk dev does not stop:\n%s", s.Out)
	}
	for name, pid := range pids {
		if pid > 0 && syscall.Kill(pid, 0) == nil {
			s.T.Errorf("%s (pid %d) is left running", name, pid)
		}
	}
}
