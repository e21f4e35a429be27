package main_test

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/server/common/testing/freeport"
)

// binary is the program under test, built once by TestMain.
var binary string

func TestMain(m *testing.M) { os.Exit(runTests(m)) }

func runTests(m *testing.M) int {
	dir, err := os.MkdirTemp("", "temporal")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "temporal")
	if out, err := exec.Command("go", "build", "-ldflags", "-s -w", "-o", binary, ".").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// process is a server that takes requests.
type process struct {
	cmd      *exec.Cmd
	port     string
	frontend string
	stderr   *buffer
}

// begin starts the server on a free port (unless args name one), waits for its line on stdout and ends it with the test.
func begin(t *testing.T, args ...string) *process {
	t.Helper()
	p := &process{port: freePort(), stderr: &buffer{}}
	all := append([]string{"server", "start-dev", "--port", p.port}, args...)
	for i, arg := range args {
		if arg == "--port" {
			p.port = args[i+1]
		}
	}
	p.frontend = net.JoinHostPort("127.0.0.1", p.port)
	p.cmd = exec.Command(binary, all...)
	p.cmd.Stderr = p.stderr
	stdout, err := p.cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, p.cmd.Start())
	t.Cleanup(func() {
		if p.cmd.ProcessState == nil {
			require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
			require.NoError(t, p.cmd.Wait(), "SIGTERM ends it with exit code 0")
		}
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("%v did not start: %v\n%s", all, p.cmd.Wait(), p.stderr)
	}
	require.Contains(t, line, p.frontend)
	return p
}

func (p *process) kill(t *testing.T) {
	t.Helper()
	require.NoError(t, p.cmd.Process.Kill())
	require.Error(t, p.cmd.Wait())
}

// fail runs the server, which must refuse to start, and returns what it said.
func fail(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), binary, args...).CombinedOutput()
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit)
	require.Equal(t, 1, exit.ExitCode())
	require.Equal(t, 1, strings.Count(string(out), "\n"), "one sentence, not\n%s", out)
	return string(out)
}

func freePort() string { return strconv.Itoa(freeport.MustGetFreePort()) }

func TestServer_namesTheBusyPort(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "untouched.db")
	for _, flag := range []string{"--port", "--ui-port", "--metrics-port"} {
		taken, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		defer taken.Close()
		_, port, err := net.SplitHostPort(taken.Addr().String())
		require.NoError(t, err)
		args := []string{"server", "start-dev", "--port", freePort(), "--ui-port", freePort(), "--db-filename", file, flag, port}
		require.Contains(t, fail(t, args...), "port "+port+" on 127.0.0.1 is in use")
	}
	require.NoFileExists(t, file)
}

func TestServer_refusesASecondServerOnTheSameFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "temporal.db")
	begin(t, "--headless", "--db-filename", file)
	said := fail(t, "server", "start-dev", "--headless", "--port", freePort(), "--db-filename", file)
	require.Contains(t, said, file+": another server has it open")
}

func TestServer_refusesTooManySearchAttributes(t *testing.T) {
	t.Parallel()
	args := []string{"server", "start-dev", "--headless", "--port", freePort()}
	for i := range 11 {
		args = append(args, "--search-attribute", fmt.Sprintf("K%d=Keyword", i))
	}
	require.Contains(t, fail(t, args...), "all columns of type Keyword are taken")
}

func TestServer_refusesAnAttributeOfAnotherType(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "temporal.db")
	first := begin(t, "--headless", "--db-filename", file, "--search-attribute", "A=Keyword")
	first.kill(t)
	said := fail(t, "server", "start-dev", "--headless", "--port", freePort(), "--db-filename", file, "--search-attribute", "A=Int")
	require.Contains(t, said, "A is a Keyword already and cannot become a Int")
}

func TestServer_refusesWhatItDoesNotUnderstand(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		args string
		says string
	}{
		"no sub-command":        {"", "usage:"},
		"another sub-command":   {"workflow list", "usage:"},
		"unknown flag":          {"server start-dev --no-such-flag", "no-such-flag"},
		"an argument":           {"server start-dev now", `"now"`},
		"no address":            {"server start-dev --ip example.org", "example.org"},
		"no port":               {"server start-dev --port 70000", "--port 70000"},
		"unknown log level":     {"server start-dev --log-level loud", "loud"},
		"unknown log format":    {"server start-dev --log-format xml", "xml"},
		"pragma without value":  {"server start-dev --sqlite-pragma synchronous", "name=value"},
		"unknown type":          {"server start-dev --search-attribute A=Blob", "Blob"},
		"value that is no JSON": {"server start-dev --dynamic-config-value a.b=c", "not JSON"},
		"no folder":             {"server start-dev --headless --port " + freePort() + " --db-filename no/such/folder/t.db", "no such file"},
		"empty namespace":       {"server start-dev --namespace=", "namespace"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Contains(t, fail(t, strings.Fields(row.args)...), row.says)
		})
	}
}

func TestServer_listsItsFlags(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), binary, "server", "start-dev", "--help").CombinedOutput()
	require.NoError(t, err)
	for _, flag := range strings.Fields("ip port ui-port headless namespace db-filename sqlite-pragma search-attribute " +
		"dynamic-config-value log-level log-format metrics-port ui-codec-endpoint") {
		require.Regexp(t, "(?m)^  -"+flag+"( |$)", string(out))
	}
}

// buffer is a bytes.Buffer that a process may write while a test reads.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// quiet drops the SDK's log lines.
type quiet struct{}

func (quiet) Debug(string, ...any) {}
func (quiet) Info(string, ...any)  {}
func (quiet) Warn(string, ...any)  {}
func (quiet) Error(string, ...any) {}
