package story_test

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
	"wxdesk/internal/e2e/harness"
)

// The README's first five minutes.
func TestFirstFiveMinutes(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)

	for _, name := range harness.ProcessNames {
		require.Positivef(t, s.PID(name), "%s has a pid file", name)
	}
	info, err := os.Stat(filepath.Join(s.Dir, ".wxdesk", "env"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	status, page := s.Call(http.MethodGet, "http://"+s.SimulatorAddr+"/", nil, nil)
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, string(page), "<html")
	status, _ = s.Call(http.MethodGet, "http://"+s.OpsAddr+"/readyz", nil, nil)
	require.Equal(t, http.StatusOK, status)

	c := s.NewCustomer()
	require.True(t, c.WriteAccepted("hello"))
	require.Contains(t, c.WaitForAnswers(1, 10*time.Second)[0], "welcome")

	require.True(t, c.WriteAccepted("human, please"))
	require.Contains(t, c.WaitForAnswers(2, 10*time.Second)[1], "colleague")
	require.True(t, c.WriteAccepted("are you there?"))
	s.WaitFor(10*time.Second, "the later message waits in the conversation", func() bool {
		return len(s.Transcript(c.Conversations()[0].ID)) == 5
	})
	parked := c.Conversations()[0]
	require.Equal(t, "open", parked.State)
	require.Equal(t, "queue", parked.Holder)
	require.NotNil(t, parked.QueueID)
	require.Len(t, c.Answers(), 2, "nobody answers in the bot's place")
}

// A cold `make dev` compiles the Temporal server for minutes. People write to the demo account anyway.
func TestFirstFiveMinutes_whileTemporalCompiles(t *testing.T) {
	t.Parallel()
	s := harness.NewSystem(t)
	compiled := useSlowCompiler(s)
	s.LaunchWithoutWaiting()
	s.WaitFor(60*time.Second, "the phone page works", func() bool {
		return strings.Contains(s.Out.String(), "Phone (write to the demo account)")
	})
	s.DisableFsync()
	s.AdminToken = s.Command("token", "create", "--role", "admin", "--name", "e2e")

	c := s.NewCustomer()
	require.True(t, c.WriteAccepted("hello"), "taken while Temporal is compiled")
	require.True(t, c.WriteAccepted("opening hours?"))
	status, body := s.Call(http.MethodGet, "http://"+s.OpsAddr+"/readyz", nil, nil)
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Contains(t, string(body), "temporal")
	require.Zero(t, s.PID("temporal"))
	require.Positive(t, s.PID("worker"))
	require.NotContains(t, s.Out.String(), "Ctrl-C stops everything")

	compiled()
	s.WaitFor(60*time.Second, "everything is up", func() bool { return strings.Contains(s.Out.String(), "Ctrl-C stops everything") })
	answers := c.WaitForAnswers(2, 30*time.Second)
	require.Contains(t, answers[0], "welcome")
	require.Contains(t, answers[1], "open every day")
}

// useSlowCompiler makes the system compile the Temporal server: it runs in a source tree whose compiler ends only when the returned
// function is called.
func useSlowCompiler(s *harness.System) (compiled func()) {
	s.T.Helper()
	tools := s.T.TempDir()
	pipe := filepath.Join(tools, "pipe")
	require.NoError(s.T, syscall.Mkfifo(pipe, 0o600))
	script := fmt.Sprintf("#!/bin/sh\n# go build -trimpath -o PROGRAM .\ncat '%s' && cp '%s' \"$4\"\n",
		pipe, os.Getenv(devstack.TemporalBinVariable))
	require.NoError(s.T, os.WriteFile(filepath.Join(tools, "go"), []byte(script), 0o700)) //nolint:gosec // has to be run
	none := []byte("#!/bin/sh\nexit 1\n")                                                 // hides a Temporal CLI that may be installed
	require.NoError(s.T, os.WriteFile(filepath.Join(tools, "temporal"), none, 0o700))     //nolint:gosec // has to be run
	require.NoError(s.T, os.MkdirAll(filepath.Join(s.Dir, "tools", "temporal"), 0o700))
	require.NoError(s.T, os.WriteFile(filepath.Join(s.Dir, "go.mod"), []byte("module wxdesk\n"), 0o600))
	s.Env = append(s.Env, devstack.TemporalBinVariable+"=", "PATH="+tools+":"+os.Getenv("PATH"))
	return func() { require.NoError(s.T, os.WriteFile(pipe, nil, 0o600)) }
}
