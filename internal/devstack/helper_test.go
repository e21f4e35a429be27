package devstack_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/devstack"
)

// roleVariable makes this test binary play a process instead of running tests: a role and its arguments.
const roleVariable = "DEVSTACK_TEST_ROLE"

// soon is how long a test waits for something that ought to happen at once on a busy machine.
const soon = 15 * time.Second

func TestMain(m *testing.M) {
	switch role := os.Getenv(roleVariable); role {
	case "", "tests": // the second is a run of tests inside a test
		os.Exit(devstack.Main(m))
	case "panic": // a run of tests that ends badly
		devstack.Main(panicking{})
	default:
		play(role, os.Args[1:])
	}
}

// as is a command that runs this binary in a role.
func as(role string, args ...string) *exec.Cmd {
	self, err := os.Executable()
	if err != nil {
		panic(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), roleVariable+"="+role, "GORACE=atexit_sleep_ms=0") // the race detector lingers otherwise
	return cmd
}

func play(role string, args []string) {
	terminate := make(chan os.Signal, 1)
	switch role {
	case "obedient": // ends when it is asked to
		signal.Notify(terminate, syscall.SIGTERM)
		fmt.Println("obedient is up")
		<-terminate
	case "stubborn": // does not; says so in a file
		signal.Ignore(syscall.SIGTERM)
		must(os.WriteFile(args[0], []byte("up"), 0o600))
		select {}
	case "moody": // obedient, unless a certain file exists; another file says that it is up
		if _, err := os.Stat(args[0]); err == nil {
			fmt.Println("moody will not work today")
			os.Exit(3)
		}
		must(os.WriteFile(args[1], []byte("up"), 0o600))
		play("obedient", nil)
	case "postgres": // a parent with a Postgres
		go endWithTheTest()
		_, err := devstack.StartPostgres(context.Background(), devstack.PostgresOptions{Dir: args[0], SocketOnly: true})
		must(err)
		fmt.Println("ready")
		select {}
	case "supervisor": // a `wxdesk dev` with two processes
		go endWithTheTest()
		s, err := devstack.OpenSupervisor(context.Background(), args[0], os.Stdout)
		must(err)
		must(s.Run(context.Background(), obedient("one"), obedient("two")))
	case "stop": // `wxdesk dev stop NAME`
		must(devstack.StopProcess(context.Background(), args[0], args[1]))
	default:
		panic("no such role: " + role)
	}
}

// startParent starts a process that is to be killed, and that goes by itself when the test does.
func startParent(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	_, err := cmd.StdinPipe() // closes with us
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill() })
}

// endWithTheTest ends this process when the test at the other end of its standard input is gone.
func endWithTheTest() {
	_, _ = io.Copy(io.Discard, os.Stdin)
	os.Exit(1)
}

// panicking is a run of tests that uses a database and then panics.
type panicking struct{}

func (panicking) Run() int {
	devstack.TestDatabase(&fakeTB{}, "empty", nil)
	panic("in a test")
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func obedient(name string) devstack.Process {
	return devstack.Process{Name: name, Command: func() (*exec.Cmd, error) { return as("obedient"), nil }}
}

// alive tells whether a process runs; one that has ended and is not yet waited for does not.
func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(after, "Z")
}

// pidIn reads a pid file; 0 if there is none.
func pidIn(t *testing.T, dir, name string) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "run", name+".pid"))
	if os.IsNotExist(err) {
		return 0
	}
	require.NoError(t, err)
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	require.NoError(t, err)
	return pid
}

func eventually(t *testing.T, what string, seen func() bool) {
	t.Helper()
	require.Eventually(t, seen, soon, 5*time.Millisecond, what)
}

// notes is an io.Writer that tests may read at any time.
type notes struct {
	mu   sync.Mutex
	text strings.Builder
}

func (n *notes) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.Write(p)
}

func (n *notes) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.String()
}
