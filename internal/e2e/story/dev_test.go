package story_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/e2e/harness"
)

func TestDev_secondStartKeepsEverything(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	c := s.NewCustomer()
	require.True(t, c.WriteAccepted("hello"))
	c.WaitForAnswers(1, 10*time.Second)
	s.Stop()

	s.Launch()
	require.True(t, c.WriteAccepted("delivery"))
	require.Contains(t, c.WaitForAnswers(2, 20*time.Second)[1], "leave the same day")
	require.Len(t, c.Conversations(), 1, "the conversation goes on")
}

func TestDev_restartsADeadProcess(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	for _, name := range []string{"worker", "api", "simulator", "postgres", "temporal"} {
		before := s.PID(name)
		s.Kill(name)
		s.WaitFor(20*time.Second, name+" is back", func() bool { pid := s.PID(name); return pid > 0 && pid != before })
	}
	s.WaitFor(60*time.Second, "the system is ready again", func() bool {
		answer, err := http.Get("http://" + s.OpsAddr + "/readyz")
		if err != nil { // an API that found no Postgres is being started again
			return false
		}
		return answer.Body.Close() == nil && answer.StatusCode == http.StatusOK
	})
	c := s.NewCustomer()
	require.True(t, c.WriteAccepted("hello"))
	c.WaitForAnswers(1, 20*time.Second)
	require.Contains(t, s.Out.String(), "simulator")
}

func TestDev_refusesASecondOneInTheSameFolder(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	out, err := harness.RunProgram(s.Dir, s.Env, s.Args...)
	require.Error(t, err)
	require.Contains(t, out, "already runs in this folder")
}
