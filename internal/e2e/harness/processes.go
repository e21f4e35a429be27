package harness

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// PID returns the id of a process of `wxdesk dev`, 0 where it does not run.
func (s *System) PID(name string) int {
	text, err := os.ReadFile(filepath.Join(s.Dir, ".wxdesk", "run", name+".pid"))
	if err != nil {
		return 0
	}
	pid, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	return pid
}

// Kill kills a process by SIGKILL. `wxdesk dev` starts it again.
func (s *System) Kill(name string) {
	s.T.Helper()
	pid := s.PID(name)
	require.Positive(s.T, pid, name)
	require.NoError(s.T, syscall.Kill(pid, syscall.SIGKILL))
}

// Stall stops a process and its children by SIGSTOP, and returns the function that continues them.
func (s *System) Stall(name string) (goOn func()) {
	s.T.Helper()
	pid := s.PID(name)
	require.Positive(s.T, pid, name)
	require.NoError(s.T, syscall.Kill(pid, syscall.SIGSTOP)) // first, so that it makes no more children
	stopped := append([]int{pid}, children(s.T, pid)...)
	for _, child := range stopped[1:] {
		_ = syscall.Kill(child, syscall.SIGSTOP) // it may have ended meanwhile
	}
	goOn = func() {
		for _, pid := range slices.Backward(stopped) {
			_ = syscall.Kill(pid, syscall.SIGCONT)
		}
	}
	s.T.Cleanup(goOn) // also where the test fails: what is stopped cannot end
	return goOn
}

// children returns the processes that pid has started.
func children(t testing.TB, pid int) []int {
	t.Helper()
	folders, err := filepath.Glob("/proc/[0-9]*")
	require.NoError(t, err)
	var found []int
	for _, folder := range folders {
		stat, err := os.ReadFile(filepath.Join(folder, "stat"))
		if err != nil {
			continue // it has ended
		}
		// pid (name) state ppid …; the name may hold anything
		fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		if child, err := strconv.Atoi(filepath.Base(folder)); err == nil && fields[1] == strconv.Itoa(pid) {
			found = append(found, child)
		}
	}
	return found
}

// Ready reports whether the API answers /readyz with 200.
func (s *System) Ready() bool {
	client := http.Client{Timeout: 2500 * time.Millisecond}
	resp, err := client.Get("http://" + s.OpsAddr + "/readyz")
	if err != nil {
		return false
	}
	defer resp.Body.Close() //nolint:errcheck // nothing is read
	return resp.StatusCode == http.StatusOK
}

// PeakMemory returns the most memory in bytes that a process has had.
func PeakMemory(t testing.TB, pid int) int64 {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	require.NoError(t, err)
	found := highWater.FindSubmatch(status)
	require.NotNil(t, found)
	kilobytes, err := strconv.ParseInt(string(found[1]), 10, 64)
	require.NoError(t, err)
	return kilobytes << 10
}

var highWater = regexp.MustCompile(`(?m)^VmHWM:\s+(\d+) kB$`)

// ContainerMemory is a setting for a process: it keeps within nine tenths of the memory of its container in docker-compose.yml.
const ContainerMemory = "GOMEMLIMIT=460MiB"
