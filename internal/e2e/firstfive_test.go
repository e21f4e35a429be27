package e2e_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/devstack"
)

// The README's first five minutes.
func TestFirstFiveMinutes(t *testing.T) {
	t.Parallel()
	s := start(t)

	for _, name := range processes {
		require.Positivef(t, s.pid(name), "%s has a pid file", name)
	}
	info, err := os.Stat(filepath.Join(s.dir, ".wxdesk", "env"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	status, page := s.call(http.MethodGet, "http://"+s.sim+"/", nil, nil)
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, string(page), "<html")
	status, _ = s.call(http.MethodGet, "http://"+s.ops+"/readyz", nil, nil)
	require.Equal(t, http.StatusOK, status)

	c := s.follower()
	require.True(t, c.manages("hello"))
	require.Contains(t, c.gets(1, 10*time.Second)[0], "welcome")

	require.True(t, c.manages("human, please"))
	require.Contains(t, c.gets(2, 10*time.Second)[1], "colleague")
	require.True(t, c.manages("are you there?"))
	s.until(10*time.Second, "the later message waits in the conversation", func() bool {
		return len(s.transcript(c.conversations()[0].ID)) == 5
	})
	parked := c.conversations()[0]
	require.Equal(t, "open", parked.State)
	require.Equal(t, "queue", parked.Holder)
	require.NotNil(t, parked.QueueID)
	require.Len(t, c.answers(), 2, "nobody answers in the bot's place")
}

// A cold `make dev` compiles the Temporal server for minutes. People write to the demo account all the same.
func TestFirstFiveMinutes_whileTemporalCompiles(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	compiled := s.slowCompiler()
	s.begin()
	s.until(60*time.Second, "the phone page works", func() bool {
		return strings.Contains(s.out.String(), "Phone (write to the demo account)")
	})
	s.spareTheDisk()
	s.token = s.wxdesk("token", "create", "--role", "admin", "--name", "e2e")

	c := s.follower()
	require.True(t, c.manages("hello"), "taken while Temporal is compiled")
	require.True(t, c.manages("opening hours?"))
	status, body := s.call(http.MethodGet, "http://"+s.ops+"/readyz", nil, nil)
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Contains(t, string(body), "temporal")
	require.Zero(t, s.pid("temporal"))
	require.Positive(t, s.pid("worker"))
	require.NotContains(t, s.out.String(), "Ctrl-C stops everything")

	compiled()
	s.until(60*time.Second, "everything is up", func() bool { return strings.Contains(s.out.String(), "Ctrl-C stops everything") })
	answers := c.gets(2, 30*time.Second)
	require.Contains(t, answers[0], "welcome")
	require.Contains(t, answers[1], "open every day")
}

// slowCompiler makes the system compile the Temporal server: it finds itself in a source tree, with a compiler that is done when the
// function that is returned is called.
func (s *system) slowCompiler() (compiled func()) {
	s.t.Helper()
	tools := s.t.TempDir()
	pipe := filepath.Join(tools, "pipe")
	require.NoError(s.t, syscall.Mkfifo(pipe, 0o600))
	script := fmt.Sprintf("#!/bin/sh\n# go build -trimpath -o PROGRAM .\ncat '%s' && cp '%s' \"$4\"\n",
		pipe, os.Getenv(devstack.TemporalBinVariable))
	require.NoError(s.t, os.WriteFile(filepath.Join(tools, "go"), []byte(script), 0o700)) //nolint:gosec // has to be run
	none := []byte("#!/bin/sh\nexit 1\n")                                                 // hides a Temporal CLI that may be installed
	require.NoError(s.t, os.WriteFile(filepath.Join(tools, "temporal"), none, 0o700))     //nolint:gosec // has to be run
	require.NoError(s.t, os.MkdirAll(filepath.Join(s.dir, "tools", "temporal"), 0o700))
	require.NoError(s.t, os.WriteFile(filepath.Join(s.dir, "go.mod"), []byte("module wxdesk\n"), 0o600))
	s.env = append(s.env, devstack.TemporalBinVariable+"=", "PATH="+tools+":"+os.Getenv("PATH"))
	return func() { require.NoError(s.t, os.WriteFile(pipe, nil, 0o600)) }
}

func TestWorkerStopped_threeMessagesGetThreeAnswersInOrder(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.follower()
	require.True(t, c.manages("hello"))
	c.gets(1, 10*time.Second)

	s.wxdesk("dev", "stop", "worker")
	require.Zero(t, s.pid("worker"))
	s.until(10*time.Second, "the API says that it is not ready", func() bool {
		status, body := s.call(http.MethodGet, "http://"+s.ops+"/readyz", nil, nil)
		return status == http.StatusServiceUnavailable && strings.Contains(string(body), "worker")
	})
	for _, text := range []string{"opening hours?", "delivery?", "returns?"} {
		require.True(t, c.manages(text), "taken while no worker runs")
	}
	require.Len(t, c.answers(), 1)

	s.wxdesk("dev", "start", "worker")
	got := c.gets(4, 30*time.Second)[1:]
	require.Contains(t, got[0], "open every day")
	require.Contains(t, got[1], "leave the same day")
	require.Contains(t, got[2], "within 30 days")
	s.quiet()
	require.Len(t, c.answers(), 4, "none twice")
}

// quiet waits until no message of any open conversation is on its way.
func (s *system) quiet() {
	s.t.Helper()
	s.until(60*time.Second, "every message has its fate", func() bool {
		var out struct{ Items []conversationView }
		s.api(http.MethodGet, "/v1/conversations?limit=200", nil, nil, &out)
		for _, t := range out.Items {
			for _, m := range s.transcript(t.ID) {
				if m.Delivery != nil && (m.Delivery.Status == "queued" || m.Delivery.Status == "sending") {
					return false
				}
			}
		}
		return true
	})
}

func TestDev_aSecondStartFindsEverythingAgain(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.follower()
	require.True(t, c.manages("hello"))
	c.gets(1, 10*time.Second)
	s.stop()

	s.launch()
	require.True(t, c.manages("delivery"))
	require.Contains(t, c.gets(2, 20*time.Second)[1], "leave the same day")
	require.Len(t, c.conversations(), 1, "the conversation goes on")
}

func TestDev_aDeadProcessIsStartedAgain(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, name := range []string{"worker", "api", "simulator", "postgres", "temporal"} {
		before := s.pid(name)
		s.kill(name)
		s.until(20*time.Second, name+" is back", func() bool { pid := s.pid(name); return pid > 0 && pid != before })
	}
	s.until(60*time.Second, "the system is ready again", func() bool {
		answer, err := http.Get("http://" + s.ops + "/readyz")
		if err != nil { // an API that found no Postgres is being started again
			return false
		}
		return answer.Body.Close() == nil && answer.StatusCode == http.StatusOK
	})
	c := s.follower()
	require.True(t, c.manages("hello"))
	c.gets(1, 20*time.Second)
	require.Contains(t, s.out.String(), "simulator")
}

func TestDev_refusesASecondOneInTheSameFolder(t *testing.T) {
	t.Parallel()
	s := start(t)
	out, err := runWith(s.dir, s.env, s.args...)
	require.Error(t, err)
	require.Contains(t, out, "already runs in this folder")
}

func TestKill_temporalAmidTwoHundredMessages_noneLostNoneDoubled(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.simulator(http.MethodPatch, "/settings", map[string]any{"window_messages": 1000}, nil) // a burst of ten has ten answers
	const customers, each = 20, 10
	people := make([]customer, customers)
	for i := range people {
		people[i] = s.follower()
	}
	for n := range each {
		if n == each/2 {
			s.kill("temporal")
		}
		for _, c := range people {
			c.says(fmt.Sprintf("question %d", n))
		}
	}
	for _, c := range people {
		s.until(90*time.Second, "WeChat has given every message to wxdesk, or up", func() bool { return c.settled() >= each })
		s.until(90*time.Second, "every message that was taken is answered", func() bool { return len(c.answers()) >= c.taken() })
	}
	s.quiet()
	for _, c := range people {
		said := map[string]int{}
		for _, conversation := range c.conversations() {
			for _, m := range s.transcript(conversation.ID) {
				if m.Author == "customer" {
					said[m.Text]++
				}
			}
		}
		require.GreaterOrEqual(t, len(said), c.taken(), "none lost")
		require.Len(t, c.answers(), len(said), "each answered, none twice")
		for text, times := range said {
			require.Equal(t, 1, times, text)
		}
	}
}
