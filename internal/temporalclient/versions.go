package temporalclient

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	batchpb "go.temporal.io/api/batch/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"wxdesk/workflows"
)

// Versions of the workers, as Temporal keeps them: new runs begin under the current one, each run stays with the one that
// it began under until it continues as new.
type Versions struct {
	Client    client.Client
	Namespace string
}

// Version is one of them.
type Version struct {
	ID      string
	Current bool
	Open    int64 // runs that stay with it; visibility may be seconds behind
	Drained bool  // Temporal has made sure that no run needs its workers any more, which takes it some minutes
}

// ErrNoVersions says that no worker with a version has ever polled.
var ErrNoVersions = errors.New("no worker has a version: set WXDESK_WORKER_VERSION where they run")

// retryEvery is the pause before Temporal is asked again about what takes a while.
const retryEvery = 250 * time.Millisecond

// List lists the versions, the current one first, then the newest.
func (v Versions) List(ctx context.Context) ([]Version, error) {
	info, err := v.describe(ctx)
	if err != nil {
		return nil, err
	}
	summaries := slices.SortedFunc(slices.Values(info.VersionSummaries), func(a, b client.WorkerDeploymentVersionSummary) int {
		return b.CreateTime.Compare(a.CreateTime)
	})
	var current, others []Version
	for _, s := range summaries {
		one := Version{ID: s.Version.BuildID, Drained: s.DrainageStatus == client.WorkerDeploymentVersionDrainageStatusDrained}
		if one.Open, err = v.open(ctx, one.ID); err != nil {
			return nil, err
		}
		if c := info.RoutingConfig.CurrentVersion; c != nil && c.BuildID == one.ID {
			one.Current = true
			current = append(current, one)
			continue
		}
		others = append(others, one)
	}
	return append(current, others...), nil
}

func (v Versions) describe(ctx context.Context) (client.WorkerDeploymentInfo, error) {
	got, err := v.handle().Describe(ctx, client.WorkerDeploymentDescribeOptions{})
	var notFound *serviceerror.NotFound
	if errors.As(err, &notFound) {
		return got.Info, ErrNoVersions
	}
	if err != nil {
		return got.Info, fmt.Errorf("ask Temporal for the versions of the workers: %w", err)
	}
	return got.Info, nil
}

func (v Versions) handle() client.WorkerDeploymentHandle {
	return v.Client.WorkerDeploymentClient().GetHandle(workflows.Deployment)
}

// open counts the runs that stay with a version.
func (v Versions) open(ctx context.Context, id string) (int64, error) {
	got, err := v.Client.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
		Namespace: v.Namespace, Query: `ExecutionStatus = "Running" AND ` + onVersion("=", id),
	})
	if err != nil {
		return 0, fmt.Errorf("count the runs of version %s: %w", id, err)
	}
	return got.GetCount(), nil
}

func onVersion(compare, id string) string {
	return fmt.Sprintf("TemporalWorkerDeploymentVersion %s %q", compare, workflows.Deployment+":"+id)
}

// Use makes a version the current one. It waits until its workers poll every task queue, as long as ctx lasts.
func (v Versions) Use(ctx context.Context, id string) error {
	for {
		_, err := v.handle().SetCurrentVersion(ctx, client.WorkerDeploymentSetCurrentVersionOptions{BuildID: id})
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("make %s the current version of the workers: %w", id, err)
		case <-time.After(retryEvery):
		}
	}
}

// UseFirst makes a version the current one if none is: nobody would perform what begins otherwise.
func (v Versions) UseFirst(ctx context.Context, id string) error {
	info, err := v.describe(ctx)
	if err != nil && !errors.Is(err, ErrNoVersions) {
		return err
	}
	if info.RoutingConfig.CurrentVersion != nil {
		return nil
	}
	return v.Use(ctx, id)
}

// Nudge signals every open run that stays with another version than the current one, or every open run if no version is current. Each
// then continues as new under the current version, as soon as no activity of it is under way. It returns how many it has
// nudged. Temporal does it, at its own pace and also when the caller goes away.
func (v Versions) Nudge(ctx context.Context) (int64, error) {
	query := fmt.Sprintf("ExecutionStatus = 'Running' AND WorkflowType = %q", workflows.Name)
	info, err := v.describe(ctx)
	if err != nil && !errors.Is(err, ErrNoVersions) {
		return 0, err
	}
	if current := info.RoutingConfig.CurrentVersion; current != nil {
		query += fmt.Sprintf(" AND (TemporalWorkerDeploymentVersion IS NULL OR %s)", onVersion("!=", current.BuildID))
	}
	return v.nudge(ctx, query, "open conversations move to the current version of the workers")
}

// NudgeAll signals every open run of a conversation, which then reads its situation again. It is for the time after a restore, and
// reaches runs whose conversation the ledger does not have as open. It returns how many it has nudged.
func (v Versions) NudgeAll(ctx context.Context) (int64, error) {
	query := fmt.Sprintf("ExecutionStatus = 'Running' AND WorkflowType = %q", workflows.Name)
	return v.nudge(ctx, query, "conversations stand as the restored database says")
}

func (v Versions) nudge(ctx context.Context, query, reason string) (int64, error) {
	found, err := v.Client.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Namespace: v.Namespace, Query: query})
	if err != nil {
		return 0, fmt.Errorf("count the open runs: %w", err)
	}
	if found.GetCount() == 0 {
		return 0, nil
	}
	job := "nudge-" + uuid.NewString()
	_, err = v.Client.WorkflowService().StartBatchOperation(ctx, &workflowservice.StartBatchOperationRequest{
		Namespace: v.Namespace, JobId: job, VisibilityQuery: query,
		Reason: reason,
		Operation: &workflowservice.StartBatchOperationRequest_SignalOperation{
			SignalOperation: &batchpb.BatchOperationSignal{Signal: workflows.SignalNudge, Identity: "wxdesk nudge"},
		},
	})
	if err != nil {
		return 0, fmt.Errorf("nudge the open runs: %w", err)
	}
	return v.nudged(ctx, job)
}

// nudged waits for the end of a batch.
func (v Versions) nudged(ctx context.Context, job string) (int64, error) {
	for {
		got, err := v.Client.WorkflowService().DescribeBatchOperation(ctx, &workflowservice.DescribeBatchOperationRequest{
			Namespace: v.Namespace, JobId: job,
		})
		switch {
		case err != nil:
			return 0, fmt.Errorf("ask how far %s is: %w", job, err)
		case got.GetState() == enumspb.BATCH_OPERATION_STATE_COMPLETED:
			return got.GetCompleteOperationCount(), nil
		case got.GetState() == enumspb.BATCH_OPERATION_STATE_FAILED:
			return got.GetCompleteOperationCount(), fmt.Errorf("%s has failed after %d of %d runs: %s", job,
				got.GetCompleteOperationCount(), got.GetTotalOperationCount(), strings.TrimSpace(got.GetReason()))
		}
		select {
		case <-ctx.Done():
			return got.GetCompleteOperationCount(), fmt.Errorf("%s goes on at Temporal: %w", job, ctx.Err())
		case <-time.After(retryEvery):
		}
	}
}
