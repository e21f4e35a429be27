package e2e_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A process that hangs is worse than one that dies, for nothing refuses a connection. /readyz names it; /healthz, by which
// processes are restarted, stays good; and the door answers every attempt of WeChat's in time (R3, C29). Once it goes on,
// all is well again, and what was said meanwhile is answered once.
func TestStall_isNamedAndLosesNothing(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.follower()
	require.True(t, c.manages("hello"))
	c.gets(1, 20*time.Second)

	for n, stalled := range []struct {
		name        string
		namedWithin time.Duration
	}{
		{"temporal", 2500 * time.Millisecond},
		{"postgres", 2500 * time.Millisecond},
		{"worker", 8 * time.Second}, // it counts as polling for 5 s after its last beat
	} {
		said := n + 2 // messages so far
		goOn := s.stall(stalled.name)
		s.until(stalled.namedWithin, "/readyz names "+stalled.name, func() bool {
			status, text := s.probe("/readyz")
			return status == http.StatusServiceUnavailable && strings.Contains(text, stalled.name)
		})
		status, _ := s.probe("/healthz")
		require.Equal(t, http.StatusOK, status, "the API itself is well")

		c.says("delivery")
		s.until(10*time.Second, "WeChat has an answer to its first attempt", func() bool { return len(c.callbacks()) == said })
		goOn()
		s.until(20*time.Second, "/readyz is good again after "+stalled.name, func() bool {
			status, _ := s.probe("/readyz")
			return status == http.StatusOK
		})
		c.gets(said, 30*time.Second)
	}

	for _, attempts := range c.callbacks() {
		require.Equal(t, "accepted", attempts[len(attempts)-1].Verdict, "%+v", attempts)
		for _, a := range attempts {
			assert.Less(t, a.TookMS, int64(4600), "%+v", a)
			assert.Contains(t, []int{http.StatusOK, http.StatusServiceUnavailable}, a.Status, "%+v", a)
		}
	}
	s.quiet()
	require.Len(t, c.answers(), 4, "one for each message")
}

// The worker tells the same of itself: of no use while Postgres or Temporal hangs, and of use again once it goes on, without
// being restarted, which would help nobody.
func TestStall_theWorkerSaysThatItIsOfNoUse(t *testing.T) {
	t.Parallel()
	s := start(t)
	ops, pid := s.workerOps(), s.pid("worker")
	s.until(10*time.Second, "the worker is ready", func() bool {
		status, _ := s.probeOf(ops, "/readyz")
		return status == http.StatusOK
	})
	for _, stalled := range []string{"temporal", "postgres"} {
		goOn := s.stall(stalled)
		s.until(2500*time.Millisecond, "the worker's /readyz names "+stalled, func() bool {
			status, text := s.probeOf(ops, "/readyz")
			return status == http.StatusServiceUnavailable && text == "not ready: "+stalled+"\n"
		})
		status, _ := s.probeOf(ops, "/healthz")
		require.Equal(t, http.StatusOK, status, "the worker itself is well")
		goOn()
		s.until(20*time.Second, "the worker's /readyz is good again after "+stalled, func() bool {
			status, _ := s.probeOf(ops, "/readyz")
			return status == http.StatusOK
		})
	}
	c := s.follower()
	require.True(t, c.manages("hello"))
	c.gets(1, 30*time.Second)
	require.Equal(t, pid, s.pid("worker"), "the same process")
}

// stall stops a process and its children as they stand, and returns how they go on.
func (s *system) stall(name string) (goOn func()) {
	s.t.Helper()
	pid := s.pid(name)
	require.Positive(s.t, pid, name)
	require.NoError(s.t, syscall.Kill(pid, syscall.SIGSTOP)) // first, so that it makes no more children
	stopped := append([]int{pid}, children(s.t, pid)...)
	for _, child := range stopped[1:] {
		_ = syscall.Kill(child, syscall.SIGSTOP) // it may have ended meanwhile
	}
	goOn = func() {
		for _, pid := range slices.Backward(stopped) {
			_ = syscall.Kill(pid, syscall.SIGCONT)
		}
	}
	s.t.Cleanup(goOn) // also where the test fails: what is stopped cannot end
	return goOn
}

// children are the processes that pid has started.
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

// probe asks the API's private listener, which answers within 2.5 s whatever hangs.
func (s *system) probe(path string) (status int, text string) {
	s.t.Helper()
	return s.probeOf(s.ops, path)
}

// probeOf asks a process's private listener.
func (s *system) probeOf(ops, path string) (status int, text string) {
	s.t.Helper()
	client := http.Client{Timeout: 2500 * time.Millisecond}
	resp, err := client.Get("http://" + ops + path)
	require.NoError(s.t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(s.t, err)
	return resp.StatusCode, string(body)
}

// attempt is one request of the simulator to the door.
type attempt struct {
	MsgID   string `json:"msg_id"`
	Attempt int
	TookMS  int64 `json:"took_ms"`
	Status  int
	Verdict string
	Reason  string
}

// callbacks are the attempts so far, by message, in the order in which they were said.
func (c customer) callbacks() [][]attempt {
	c.s.t.Helper()
	var out struct{ Items []attempt }
	c.s.simulator(http.MethodGet, "/accounts/"+c.appID+"/callbacks?openid="+c.openID, nil, &out)
	var messages [][]attempt
	for _, a := range out.Items {
		i := slices.IndexFunc(messages, func(m []attempt) bool { return m[0].MsgID == a.MsgID })
		if i < 0 {
			messages = append(messages, nil)
			i = len(messages) - 1
		}
		messages[i] = append(messages[i], a)
	}
	return messages
}

// accepted reports whether WeChat was told, at one of its attempts, that a message is taken.
func accepted(attempts []attempt) bool {
	return slices.ContainsFunc(attempts, func(a attempt) bool { return a.Verdict == "accepted" })
}

// taken is of how many messages WeChat was told that they are taken.
func (c customer) taken() (n int) {
	c.s.t.Helper()
	for _, attempts := range c.callbacks() {
		if accepted(attempts) {
			n++
		}
	}
	return n
}

// settled is how many messages WeChat attempts no more: they are taken, or it has given up after its three attempts.
func (c customer) settled() (n int) {
	c.s.t.Helper()
	for _, attempts := range c.callbacks() {
		if accepted(attempts) || len(attempts) >= 3 {
			n++
		}
	}
	return n
}
