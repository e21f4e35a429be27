package story_test

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"

	"wxdesk/internal/e2e/harness"
	"wxdesk/internal/secret"
)

// S2
// A master key is replaced as docs/security.md says, while a customer writes: nothing is lost, and in the end the old key is
// gone from the settings.
func TestMasterKey_replacedStepByStep(t *testing.T) {
	t.Parallel()
	older, newer := secret.NewMasterKey("older").Reveal(), secret.NewMasterKey("newer").Reveal()
	s := harness.Start(t, "WXDESK_MASTER_KEYS="+older, "WXDESK_CONTINUE_AFTER=20")
	c := s.NewCustomer()
	require.True(t, c.WriteAccepted("hello"))
	c.WaitForAnswers(1, 20*time.Second)
	first := c.Conversations()[0].ID

	restartWithKeys(s, older+","+newer) // every process can open what the new key will seal
	require.True(t, c.WriteAccepted("delivery"))
	c.WaitForAnswers(2, 20*time.Second)
	restartWithKeys(s, newer+","+older) // and now it seals
	require.True(t, c.WriteAccepted("returns"))
	c.WaitForAnswers(3, 20*time.Second)
	require.Regexp(t, `older: still needed by [1-9]\d* values, \d open and \d+ closed runs`, s.Command("keys", "status"))

	rotated := s.Command("keys", "rotate")
	require.Regexp(t, `customers\.data_key +1 +0 +0`, rotated)
	require.Regexp(t, `account_secrets\.sealed +2 +0 +0`, rotated)
	require.True(t, c.WriteAccepted("opening hours"))
	c.WaitForAnswers(4, 20*time.Second)
	again := s.Command("keys", "rotate")
	require.NotRegexp(t, regexp.MustCompile(`(?m) [1-9]\d*( +\d+){2}$`), again, "there is nothing left to do")

	require.True(t, c.WriteAccepted("returns"), "the run continues as new, and begins with the new key")
	c.WaitForAnswers(5, 20*time.Second)
	s.PollEvery(time.Second, 60*time.Second, "no open run needs the old key", func() bool {
		status := s.Command("keys", "status")
		require.Contains(t, status, "newer: the first key, seals everything new")
		return regexp.MustCompile(`older: still needed by 0 values, 0 open and \d+ closed runs`).MatchString(status)
	})
	s.PollEvery(time.Second, 60*time.Second, "nothing needs the old key", func() bool {
		deleteClosedRuns(s)
		return strings.Contains(s.Command("keys", "status"), "older: not needed any more, if every process has newer as its first key")
	})

	restartWithKeys(s, newer)
	require.True(t, c.WriteAccepted("hello"))
	require.Contains(t, c.WaitForAnswers(6, 20*time.Second)[5], "welcome")
	require.Equal(t, first, c.Conversations()[0].ID, "the conversation has lived through it")
	lines := s.Transcript(first)
	require.Equal(t, "hello", lines[0].Text)
	require.Len(t, lines, 12)
	require.NotContains(t, s.Command("keys", "status"), "older")
	s.WaitForDeliveries()
}

// restartWithKeys restarts the system with other master keys.
func restartWithKeys(s *harness.System, keys string) {
	s.T.Helper()
	s.Stop()
	s.Env = append(s.Env, "WXDESK_MASTER_KEYS="+keys)
	s.Launch()
}

// deleteClosedRuns does at once what the namespace's retention does after some days.
func deleteClosedRuns(s *harness.System) {
	s.T.Helper()
	c := s.TemporalClient()
	for _, run := range s.Runs(c, `ExecutionStatus != "Running"`, 0) {
		require.NotEqual(s.T, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, run.GetStatus())
		_, err := c.WorkflowService().DeleteWorkflowExecution(context.Background(), &workflowservice.DeleteWorkflowExecutionRequest{
			Namespace: "default", WorkflowExecution: run.GetExecution(),
		})
		if _, gone := errors.AsType[*serviceerror.NotFound](err); !gone {
			require.NoError(s.T, err)
		}
	}
}
