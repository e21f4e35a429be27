package e2e_test

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	_ "github.com/lib/pq" // for database
	"github.com/stretchr/testify/require"

	"wxdesk/internal/devstack"
)

// processes are those that `wxdesk dev` promises.
var processes = []string{"postgres", "temporal", "api", "worker", "simulator"}

// system is one running `wxdesk dev`.
type system struct {
	t    testing.TB
	dir  string
	cmd  *exec.Cmd
	out  *output
	env  []string
	args []string

	http, ops, sim, temporal string // addresses
	token                    string // an admin's API token
}

// start runs `wxdesk dev` in a folder of its own, on free ports, and waits until it says where everything is.
func start(t testing.TB, environ ...string) *system {
	t.Helper()
	s := newSystem(t, environ...)
	s.launch()
	if _, measures := t.(*testing.B); !measures {
		s.spareTheDisk()
	}
	s.token = s.wxdesk("token", "create", "--role", "admin", "--name", "e2e")
	return s
}

// newSystem is a `wxdesk dev` that is still to be started, in a folder of its own and on free ports. It ends with the test.
func newSystem(t testing.TB, environ ...string) *system {
	t.Helper()
	ports := freePorts(t, 5)
	s := &system{t: t, dir: t.TempDir()}
	s.http, s.ops, s.sim, s.temporal = at(ports[0]), at(ports[1]), at(ports[2]), at(ports[3])
	s.env = append(slices.DeleteFunc(os.Environ(), func(line string) bool {
		return strings.HasPrefix(line, "DATABASE_URL=") || strings.HasPrefix(line, "TEMPORAL_") ||
			strings.HasPrefix(line, "WXDESK_") && !strings.HasPrefix(line, "WXDESK_TEMPORAL_BIN=") && !strings.HasPrefix(line, "WXDESK_PG_BIN=")
	}), "WXDESK_HTTP_ADDR="+s.http, "WXDESK_OPS_ADDR="+s.ops)
	s.env = append(s.env, environ...)
	s.args = []string{
		"dev", "--simulator-addr", s.sim,
		"--temporal-port", strconv.Itoa(ports[3]), "--temporal-ui-port", strconv.Itoa(ports[4]),
	}
	t.Cleanup(func() {
		s.stop()
		s.noRaces()
		if t.Failed() {
			t.Logf("logs of the failed system:\n%s", s.logs())
		}
	})
	return s
}

// spareTheDisk lets Postgres leave it to the kernel when something is written to the disk. The death of a process loses nothing that
// way, only that of the machine does, which no test tries; and where several tests share a slow disk, none waits for it longer
// than WeChat is patient.
func (s *system) spareTheDisk() {
	s.t.Helper()
	for _, setting := range []string{`alter system set fsync = off`, `select pg_reload_conf()`} {
		_, err := s.database().Exec(setting)
		require.NoError(s.t, err)
	}
}

// launch starts the processes and waits until all are up; also again, in the same folder.
func (s *system) launch() {
	s.t.Helper()
	s.begin()
	s.until(90*time.Second, "wxdesk dev is up", func() bool { return strings.Contains(s.out.String(), "Ctrl-C stops everything") })
}

// begin starts `wxdesk dev`.
func (s *system) begin() {
	s.t.Helper()
	s.out = &output{}
	s.cmd = exec.Command(binary, s.args...)
	s.cmd.Dir, s.cmd.Env = s.dir, s.env
	s.cmd.Stdout, s.cmd.Stderr = s.out, s.out
	require.NoError(s.t, s.cmd.Start())
}

// stop is Ctrl-C; afterwards nothing may be left.
func (s *system) stop() {
	if s.cmd == nil || s.cmd.ProcessState != nil {
		return
	}
	pids := map[string]int{}
	for _, name := range processes {
		pids[name] = s.pid(name)
	}
	_ = s.cmd.Process.Signal(os.Interrupt)
	done := make(chan error, 1)
	go func() { done <- s.cmd.Wait() }()
	select {
	case err := <-done:
		if err != nil {
			s.t.Errorf("wxdesk dev ends with %v:\n%s", err, s.out)
		}
	case <-time.After(60 * time.Second):
		_ = s.cmd.Process.Kill()
		s.t.Errorf("wxdesk dev does not stop:\n%s", s.out)
	}
	for name, pid := range pids {
		if pid > 0 && syscall.Kill(pid, 0) == nil {
			s.t.Errorf("%s (pid %d) is left running", name, pid)
		}
	}
}

// wxdesk runs a sub-command against the running system, with .wxdesk/env as its settings, and returns what it prints.
func (s *system) wxdesk(args ...string) string {
	s.t.Helper()
	cmd := exec.Command(binary, args...)
	cmd.Dir = s.dir
	cmd.Env = s.settings()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	require.NoErrorf(s.t, cmd.Run(), "wxdesk %s: %s", strings.Join(args, " "), &stderr)
	return strings.TrimSpace(stdout.String())
}

// settings are those of the running system.
func (s *system) settings() []string {
	s.t.Helper()
	settings, err := os.ReadFile(filepath.Join(s.dir, ".wxdesk", "env"))
	require.NoError(s.t, err)
	return append(slices.Clone(s.env), strings.Split(strings.TrimSpace(string(settings)), "\n")...)
}

// database opens the running system's Postgres, to look.
func (s *system) database() *sqlx.DB {
	s.t.Helper()
	db, err := sqlx.Open("postgres", s.setting("DATABASE_URL"))
	require.NoError(s.t, err)
	s.t.Cleanup(func() { _ = db.Close() })
	return db
}

// pid is the number of a running process, 0 where it does not run.
func (s *system) pid(name string) int {
	text, err := os.ReadFile(filepath.Join(s.dir, ".wxdesk", "run", name+".pid"))
	if err != nil {
		return 0
	}
	pid, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	return pid
}

// kill ends a process as a crash would. wxdesk dev starts it again.
func (s *system) kill(name string) {
	s.t.Helper()
	pid := s.pid(name)
	require.Positive(s.t, pid, name)
	require.NoError(s.t, syscall.Kill(pid, syscall.SIGKILL))
}

// until waits for a visible fact.
func (s *system) until(atMost time.Duration, fact string, holds func() bool) {
	s.t.Helper()
	s.pollUntil(20*time.Millisecond, atMost, fact, holds)
}

// pollUntil waits for a fact that is dear to look at.
func (s *system) pollUntil(every, atMost time.Duration, fact string, holds func() bool) {
	s.t.Helper()
	poll := time.NewTicker(every)
	defer poll.Stop()
	for deadline := time.Now().Add(atMost); !holds(); <-poll.C {
		if time.Now().After(deadline) {
			s.t.Fatalf("not within %s: %s\n%s", atMost, fact, s.out)
		}
	}
}

// logs are, of every process, the first of its warnings and errors and the last lines of its log.
func (s *system) logs() string {
	var b strings.Builder
	fmt.Fprintf(&b, "--- wxdesk dev\n%s", s.out)
	for _, name := range processes {
		text, _ := os.ReadFile(filepath.Join(s.dir, ".wxdesk", "log", name+".log"))
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

// noRaces fails the test where the race detector has spoken in any process.
func (s *system) noRaces() {
	for _, name := range processes {
		text, _ := os.ReadFile(filepath.Join(s.dir, ".wxdesk", "log", name+".log"))
		if bytes.Contains(text, []byte("WARNING: DATA RACE")) {
			s.t.Errorf("data race in %s:\n%s", name, text)
		}
	}
}

// workerOps is the address of the worker's private listener, which is beside that of the API.
func (s *system) workerOps() string {
	s.t.Helper()
	_, port, err := net.SplitHostPort(s.ops)
	require.NoError(s.t, err)
	n, err := strconv.Atoi(port)
	require.NoError(s.t, err)
	return at(n + 1)
}

func at(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// freePorts finds ports that are free together with their next, which the worker's private listener takes.
func freePorts(t testing.TB, n int) []int {
	t.Helper()
	ports := make([]int, n)
	for i := range ports {
		var err error
		ports[i], err = devstack.FreePort("127.0.0.1")
		require.NoError(t, err)
	}
	return ports
}

// output collects what a process prints.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// runWith runs the program and returns everything that it prints.
func runWith(dir string, env []string, args ...string) (string, error) {
	cmd := exec.Command(binary, args...)
	cmd.Dir, cmd.Env = dir, env
	out, err := cmd.CombinedOutput()
	return string(out), err
}
