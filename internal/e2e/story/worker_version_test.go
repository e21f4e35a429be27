package story_test

import (
	"context"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"wxdesk/internal/e2e/harness"
)

// workflowIDs returns the customers' workflow ids by openid. Each customer has one conversation, whose id is that of its first run.
func workflowIDs(s *harness.System, c client.Client, people ...harness.Customer) map[string]string {
	s.T.Helper()
	of := map[string]string{}
	s.WaitFor(20*time.Second, "Temporal lists the customers' runs", func() bool {
		runs := s.Runs(c, `WorkflowType = "Conversation" AND ExecutionStatus = "Running"`, len(people))
		for _, person := range people {
			id := person.Conversations()[0].ID
			for _, run := range runs {
				if run.GetFirstRunId() == id || run.GetExecution().GetRunId() == id {
					of[person.OpenID] = run.GetExecution().GetWorkflowId()
				}
			}
		}
		return len(of) == len(people)
	})
	return of
}

// workerVersion returns the worker version that the newest run of a workflow stays with, "" for none. It waits for a workflow task that is
// under way, which may have answered already.
func workerVersion(s *harness.System, c client.Client, workflowID string) (version string) {
	s.T.Helper()
	s.WaitFor(20*time.Second, "the workflow task is done", func() bool {
		got, err := c.DescribeWorkflow(context.Background(), workflowID, "")
		require.NoError(s.T, err)
		version = got.RawResponse.GetWorkflowExecutionInfo().GetVersioningInfo().GetDeploymentVersion().GetBuildId()
		return got.RawResponse.GetPendingWorkflowTask() == nil
	})
	return version
}
