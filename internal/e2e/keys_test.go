package e2e_test

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

	"wxdesk/internal/secret"
)

// A master key is replaced as docs/security.md says, while a customer writes: nothing is lost, and in the end the old key is
// gone from the settings.
func TestS2_aMasterKeyIsReplacedStepByStep(t *testing.T) {
	t.Parallel()
	older, newer := secret.NewMasterKey("older").Reveal(), secret.NewMasterKey("newer").Reveal()
	s := start(t, "WXDESK_MASTER_KEYS="+older, "WXDESK_CONTINUE_AFTER=20")
	c := s.follower()
	require.True(t, c.manages("hello"))
	c.gets(1, 20*time.Second)
	first := c.conversations()[0].ID

	s.restartsWith(older + "," + newer) // every process can open what the new key will seal
	require.True(t, c.manages("delivery"))
	c.gets(2, 20*time.Second)
	s.restartsWith(newer + "," + older) // and now it seals
	require.True(t, c.manages("returns"))
	c.gets(3, 20*time.Second)
	require.Regexp(t, `older: still needed by [1-9]\d* values, \d open and \d+ closed runs`, s.wxdesk("keys", "status"))

	rotated := s.wxdesk("keys", "rotate")
	require.Regexp(t, `customers\.data_key +1 +0 +0`, rotated)
	require.Regexp(t, `account_secrets\.sealed +2 +0 +0`, rotated)
	require.True(t, c.manages("opening hours"))
	c.gets(4, 20*time.Second)
	again := s.wxdesk("keys", "rotate")
	require.NotRegexp(t, regexp.MustCompile(`(?m) [1-9]\d*( +\d+){2}$`), again, "there is nothing left to do")

	require.True(t, c.manages("returns"), "the run continues as new, and begins with the new key")
	c.gets(5, 20*time.Second)
	s.pollUntil(time.Second, 60*time.Second, "no open run needs the old key", func() bool {
		status := s.wxdesk("keys", "status")
		require.Contains(t, status, "newer: the first key, seals everything new")
		return regexp.MustCompile(`older: still needed by 0 values, 0 open and \d+ closed runs`).MatchString(status)
	})
	s.pollUntil(time.Second, 60*time.Second, "nothing needs the old key", func() bool {
		s.forgetsClosedRuns()
		return strings.Contains(s.wxdesk("keys", "status"), "older: not needed any more, if every process has newer as its first key")
	})

	s.restartsWith(newer)
	require.True(t, c.manages("hello"))
	require.Contains(t, c.gets(6, 20*time.Second)[5], "welcome")
	require.Equal(t, first, c.conversations()[0].ID, "the conversation has lived through it")
	lines := s.transcript(first)
	require.Equal(t, "hello", lines[0].Text)
	require.Len(t, lines, 12)
	require.NotContains(t, s.wxdesk("keys", "status"), "older")
	s.quiet()
}

// restartsWith replaces the master keys of a running system.
func (s *system) restartsWith(keys string) {
	s.t.Helper()
	s.stop()
	s.env = append(s.env, "WXDESK_MASTER_KEYS="+keys)
	s.launch()
}

// forgetsClosedRuns does at once what the namespace's retention does in time.
func (s *system) forgetsClosedRuns() {
	s.t.Helper()
	c := s.temporalClient()
	for _, run := range s.executions(c, `ExecutionStatus != "Running"`, 0) {
		require.NotEqual(s.t, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, run.GetStatus())
		_, err := c.WorkflowService().DeleteWorkflowExecution(context.Background(), &workflowservice.DeleteWorkflowExecutionRequest{
			Namespace: "default", WorkflowExecution: run.GetExecution(),
		})
		if _, gone := errors.AsType[*serviceerror.NotFound](err); !gone {
			require.NoError(s.t, err)
		}
	}
}
