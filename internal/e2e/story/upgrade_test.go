package story_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"wxdesk/internal/e2e/harness"
)

// An upgrade over open conversations, by the commands of docs/operations.md. The two versions are the same program.
func TestUpgrade_openConversationsMoveWhenNudged(t *testing.T) {
	t.Parallel()
	s := harness.Start(t, "WXDESK_WORKER_VERSION=v1", "WXDESK_MASTER_KEYS="+fixtureKey(t))
	temporal := s.TemporalClient()
	ann := s.NewAgent("Ann").Connect()
	early := make([]harness.Customer, 4)
	for i := range early {
		early[i] = s.NewCustomer()
		require.True(t, early[i].WriteAccepted("hello"))
	}
	for _, c := range early {
		c.WaitForAnswers(1, 30*time.Second)
	}
	taken, id := s.NewCustomerInQueue() // one of them with a person
	require.Equal(t, id, ann.AcceptOffer(1))
	workflowOf := workflowIDs(s, temporal, append(early, taken)...)
	for _, c := range append(early, taken) {
		require.Equal(t, "v1", workerVersion(s, temporal, workflowOf[c.OpenID]))
	}

	// The workers of the new version are there, and nothing changes.
	newer := s.StartSecond("worker", 0, "WXDESK_WORKER_VERSION=v2")
	s.StartSecond("worker", 0, "WXDESK_WORKER_VERSION=v2")
	require.True(t, early[0].WriteAccepted("delivery"))
	early[0].WaitForAnswers(2, 30*time.Second)
	require.Equal(t, "v1", workerVersion(s, temporal, workflowOf[early[0].OpenID]))

	// The new version is the current one: what begins, begins there; what is open stays.
	require.Contains(t, s.Command("versions", "use", "v2"), "begin under v2")
	late := s.NewCustomer()
	require.True(t, late.WriteAccepted("hello"))
	late.WaitForAnswers(1, 30*time.Second)
	workflowOf[late.OpenID] = workflowIDs(s, temporal, late)[late.OpenID]
	require.Equal(t, "v2", workerVersion(s, temporal, workflowOf[late.OpenID]))
	require.True(t, early[1].WriteAccepted("delivery"))
	early[1].WaitForAnswers(2, 30*time.Second)
	ann.MustCommand("reply", id, map[string]any{"text": "from the old version"})
	require.Equal(t, "v1", workerVersion(s, temporal, workflowOf[early[1].OpenID]))
	require.Equal(t, "v1", workerVersion(s, temporal, workflowOf[taken.OpenID]))
	s.PollEvery(200*time.Millisecond, 20*time.Second, "the list says what is open", func() bool {
		list := s.Command("versions")
		return regexp.MustCompile(`(?m)^v2 +[1-9]\d* +current`).MatchString(list) && regexp.MustCompile(`(?m)^v1 +[5-9] +needed`).MatchString(list)
	})

	// Nudged while customers write, all move on.
	for _, c := range early {
		c.Write("returns")
	}
	require.Regexp(t, `^nudged [5-9] open runs$`, s.Command("nudge"))
	for _, c := range append(early, taken, late) {
		s.WaitFor(30*time.Second, "the conversation goes on under v2", func() bool {
			return workerVersion(s, temporal, workflowOf[c.OpenID]) == "v2"
		})
	}
	s.PollEvery(500*time.Millisecond, 60*time.Second, "the old workers may be stopped", func() bool {
		return regexp.MustCompile(`(?m)^v1 +0 +may be stopped$`).MatchString(s.Command("versions"))
	})
	require.Equal(t, "nudged 0 open runs", s.Command("nudge"), "nobody is left behind")
	s.Command("dev", "stop", "worker")

	// Without the old workers everything goes on, as if nothing had been.
	ann.MustCommand("reply", id, map[string]any{"text": "from the new version"})
	want := []int{3, 3, 2, 2}
	for i, c := range early {
		require.True(t, c.WriteAccepted("opening hours"))
		want[i]++
		c.WaitForAnswers(want[i], 30*time.Second)
	}
	require.NoError(t, temporal.ScheduleClient().GetHandle(t.Context(), "sweep").Trigger(t.Context(), client.ScheduleTriggerOptions{}))
	s.Runs(temporal, `WorkflowType = "Sweep" AND ExecutionStatus = "Completed"`, 1)
	s.WaitForDeliveries()
	for i, c := range early {
		require.Len(t, c.Answers(), want[i], "one answer for each message")
		require.Len(t, c.Conversations(), 1, "still the same conversation")
	}
	screen := strings.Join(taken.Answers(), "\n")
	require.Equal(t, 1, strings.Count(screen, "from the old version"))
	require.Equal(t, 1, strings.Count(screen, "from the new version"))
	s.WaitForState(id, "active agent", 15*time.Second)
	replayRuns(s, "upgrade")
	require.NotContains(t, newer.Log.String(), "NonDeterministic")
}

// Workers that get versions take over what those without left, and become the current version by themselves.
func TestUpgrade_versionsTakeOverOldRuns(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	temporal := s.TemporalClient()
	_, err := harness.RunProgram(s.Dir, s.Settings(), "versions")
	require.Error(t, err, "there are none yet")
	c := s.NewCustomer()
	require.True(t, c.WriteAccepted("hello"))
	c.WaitForAnswers(1, 30*time.Second)
	id := workflowIDs(s, temporal, c)[c.OpenID]
	require.Empty(t, workerVersion(s, temporal, id))

	s.StartSecond("worker", 0, "WXDESK_WORKER_VERSION=v1")
	require.Regexp(t, `(?m)^v1 +\d+ +current`, s.Command("versions"))
	s.Command("dev", "stop", "worker")
	require.True(t, c.WriteAccepted("delivery"))
	c.WaitForAnswers(2, 30*time.Second)
	require.Equal(t, "v1", workerVersion(s, temporal, id))
	s.WaitForDeliveries()
	require.Len(t, c.Answers(), 2)

	out, err := harness.RunProgram(s.Dir, append(s.Settings(), "WXDESK_WORKER_VERSION=v 2"), "worker")
	require.Error(t, err)
	require.Contains(t, out, "is not a version")
}
