package e2e_test

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
)

// An upgrade over open conversations, by the commands of docs/operations.md. The two versions are the same program.
func TestUpgrade_openConversationsStayUntilTheyAreNudgedAndNothingIsLost(t *testing.T) {
	t.Parallel()
	s := start(t, "WXDESK_WORKER_VERSION=v1", "WXDESK_MASTER_KEYS="+fixtureKey(t))
	temporal := s.temporalClient()
	ann := s.agent("Ann").opens()
	early := make([]customer, 4)
	for i := range early {
		early[i] = s.follower()
		require.True(t, early[i].manages("hello"))
	}
	for _, c := range early {
		c.gets(1, 30*time.Second)
	}
	taken, id := s.waits() // one of them with a person
	require.Equal(t, id, ann.takes(1))
	workflowOf := s.workflows(temporal, append(early, taken)...)
	for _, c := range append(early, taken) {
		require.Equal(t, "v1", s.versionOf(temporal, workflowOf[c.openID]))
	}

	// The workers of the new version are there, and nothing changes.
	newer := s.second("worker", 0, "WXDESK_WORKER_VERSION=v2")
	s.second("worker", 0, "WXDESK_WORKER_VERSION=v2")
	require.True(t, early[0].manages("delivery"))
	early[0].gets(2, 30*time.Second)
	require.Equal(t, "v1", s.versionOf(temporal, workflowOf[early[0].openID]))

	// The new version is the current one: what begins, begins there; what is open stays.
	require.Contains(t, s.wxdesk("versions", "use", "v2"), "begin under v2")
	late := s.follower()
	require.True(t, late.manages("hello"))
	late.gets(1, 30*time.Second)
	workflowOf[late.openID] = s.workflows(temporal, late)[late.openID]
	require.Equal(t, "v2", s.versionOf(temporal, workflowOf[late.openID]))
	require.True(t, early[1].manages("delivery"))
	early[1].gets(2, 30*time.Second)
	ann.must("reply", id, map[string]any{"text": "from the old version"})
	require.Equal(t, "v1", s.versionOf(temporal, workflowOf[early[1].openID]))
	require.Equal(t, "v1", s.versionOf(temporal, workflowOf[taken.openID]))
	s.pollUntil(200*time.Millisecond, 20*time.Second, "the list says what is open", func() bool {
		list := s.wxdesk("versions")
		return regexp.MustCompile(`(?m)^v2 +[1-9]\d* +current`).MatchString(list) && regexp.MustCompile(`(?m)^v1 +[5-9] +needed`).MatchString(list)
	})

	// Nudged while customers write, all move on.
	for _, c := range early {
		c.says("returns")
	}
	require.Regexp(t, `^nudged [5-9] open runs$`, s.wxdesk("nudge"))
	for _, c := range append(early, taken, late) {
		s.until(30*time.Second, "the conversation goes on under v2", func() bool {
			return s.versionOf(temporal, workflowOf[c.openID]) == "v2"
		})
	}
	s.pollUntil(500*time.Millisecond, 60*time.Second, "the old workers may be stopped", func() bool {
		return regexp.MustCompile(`(?m)^v1 +0 +may be stopped$`).MatchString(s.wxdesk("versions"))
	})
	require.Equal(t, "nudged 0 open runs", s.wxdesk("nudge"), "nobody is left behind")
	s.wxdesk("dev", "stop", "worker")

	// Without the old workers everything goes on, as if nothing had been.
	ann.must("reply", id, map[string]any{"text": "from the new version"})
	want := []int{3, 3, 2, 2}
	for i, c := range early {
		require.True(t, c.manages("opening hours"))
		want[i]++
		c.gets(want[i], 30*time.Second)
	}
	require.NoError(t, temporal.ScheduleClient().GetHandle(t.Context(), "sweep").Trigger(t.Context(), client.ScheduleTriggerOptions{}))
	s.executions(temporal, `WorkflowType = "Sweep" AND ExecutionStatus = "Completed"`, 1)
	s.quiet()
	for i, c := range early {
		require.Len(t, c.answers(), want[i], "one answer for each message")
		require.Len(t, c.conversations(), 1, "still the same conversation")
	}
	screen := strings.Join(taken.answers(), "\n")
	require.Equal(t, 1, strings.Count(screen, "from the old version"))
	require.Equal(t, 1, strings.Count(screen, "from the new version"))
	s.stands(id, "active agent", 15*time.Second)
	s.replay("upgrade")
	require.NotContains(t, newer.log.String(), "NonDeterministic")
}

// Workers that get versions take over what those without left, and become the current version by themselves.
func TestUpgrade_versionsAreSwitchedOnOverOpenConversations(t *testing.T) {
	t.Parallel()
	s := start(t)
	temporal := s.temporalClient()
	_, err := runWith(s.dir, s.settings(), "versions")
	require.Error(t, err, "there are none yet")
	c := s.follower()
	require.True(t, c.manages("hello"))
	c.gets(1, 30*time.Second)
	id := s.workflows(temporal, c)[c.openID]
	require.Empty(t, s.versionOf(temporal, id))

	s.second("worker", 0, "WXDESK_WORKER_VERSION=v1")
	require.Regexp(t, `(?m)^v1 +\d+ +current`, s.wxdesk("versions"))
	s.wxdesk("dev", "stop", "worker")
	require.True(t, c.manages("delivery"))
	c.gets(2, 30*time.Second)
	require.Equal(t, "v1", s.versionOf(temporal, id))
	s.quiet()
	require.Len(t, c.answers(), 2)

	out, err := runWith(s.dir, append(s.settings(), "WXDESK_WORKER_VERSION=v 2"), "worker")
	require.Error(t, err)
	require.Contains(t, out, "is not a version")
}

// workflows are the ids of the customers' workflows, by openid: each of them has one conversation, whose id is that of its first
// run.
func (s *system) workflows(c client.Client, people ...customer) map[string]string {
	s.t.Helper()
	of := map[string]string{}
	s.until(20*time.Second, "Temporal lists the customers' runs", func() bool {
		runs := s.executions(c, `WorkflowType = "Conversation" AND ExecutionStatus = "Running"`, len(people))
		for _, person := range people {
			id := person.conversations()[0].ID
			for _, run := range runs {
				if run.GetFirstRunId() == id || run.GetExecution().GetRunId() == id {
					of[person.openID] = run.GetExecution().GetWorkflowId()
				}
			}
		}
		return len(of) == len(people)
	})
	return of
}

// versionOf is the version that the newest run of a workflow stays with, "" for none. A workflow task that is under way is waited for:
// it may have answered already.
func (s *system) versionOf(c client.Client, workflowID string) (version string) {
	s.t.Helper()
	s.until(20*time.Second, "the workflow task is done", func() bool {
		got, err := c.DescribeWorkflow(context.Background(), workflowID, "")
		require.NoError(s.t, err)
		version = got.RawResponse.GetWorkflowExecutionInfo().GetVersioningInfo().GetDeploymentVersion().GetBuildId()
		return got.RawResponse.GetPendingWorkflowTask() == nil
	})
	return version
}
