package temporalclient

import (
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"wxdesk/internal/conversation"
	"wxdesk/workflows"
)

// sweepEvery is how often the sweep runs.
const sweepEvery = time.Minute

// Agents reaches the clocks of agents, and starts them.
type Agents struct {
	Client client.Client
	Grace  time.Duration // how long an agent's work waits for him after his last desk was lost
}

// Connected tells an agent's clock that his first desk was connected.
func (a Agents) Connected(ctx context.Context, t conversation.Tenant, id conversation.AgentID, at time.Time) error {
	return a.tell(ctx, t, id, workflows.AgentEvent{Connected: true, At: at})
}

// Disconnected tells an agent's clock that his last desk was lost.
func (a Agents) Disconnected(ctx context.Context, t conversation.Tenant, id conversation.AgentID, at time.Time) error {
	return a.tell(ctx, t, id, workflows.AgentEvent{At: at, Until: at.Add(a.Grace)})
}

func (a Agents) tell(ctx context.Context, t conversation.Tenant, id conversation.AgentID, ev workflows.AgentEvent) error {
	options := client.StartWorkflowOptions{
		ID:                    workflows.AgentID(t, id),
		TaskQueue:             workflows.TaskQueue,
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		StaticSummary:         "An agent's clock: the grace after a lost connection, the end of the day",
	}
	_, err := a.Client.SignalWithStartWorkflow(ctx, options.ID, workflows.SignalAgentEvent, ev, options, workflows.AgentName,
		workflows.AgentInput{Tenant: t, AgentID: id})
	if err != nil {
		return fmt.Errorf("tell the agent's clock: %w", err)
	}
	return nil
}

// ScheduleSweep has the sweep run once a minute; a schedule that is there already stays.
func ScheduleSweep(ctx context.Context, c client.Client) error {
	_, err := c.ScheduleClient().Create(ctx, client.ScheduleOptions{
		ID:      workflows.SweepSchedule,
		Spec:    client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: sweepEvery}}},
		Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_SKIP,
		Action: &client.ScheduleWorkflowAction{
			ID: workflows.SweepSchedule, Workflow: workflows.SweepName, TaskQueue: workflows.TaskQueue,
		},
	})
	if err != nil && !errors.Is(err, temporal.ErrScheduleAlreadyRunning) {
		return fmt.Errorf("schedule the sweep: %w", err)
	}
	return nil
}
