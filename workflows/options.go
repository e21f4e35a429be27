package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"wxdesk/activities"
	"wxdesk/internal/conversation"
)

// acts names the activities; it has no fields because workers run their own.
var acts *activities.Activities

// localLedger is one short try without a detour over the server.
func localLedger(ctx workflow.Context) workflow.Context {
	return workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		ScheduleToCloseTimeout: 3 * time.Second,
		RetryPolicy:            &temporal.RetryPolicy{MaximumAttempts: 1},
	})
}

// ledgerWork is one transaction, tried until the ledger answers.
func ledgerWork(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 10 * time.Second,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval:    200 * time.Millisecond,
			BackoffCoefficient: 2,
			MaximumInterval:    5 * time.Second,
		},
		Summary: summary,
	})
}

// botWork asks a bot. Only a lost worker is retried: a bot's failure is a result. A bot of somebody's own may be slow, and
// is asked on a task queue of its own. What the ledger answers begins with the workflow task that wants it (eager execution).
func botWork(ctx workflow.Context, bot conversation.BotKind) workflow.Context {
	queue := activities.TaskQueueBot
	if bot == conversation.BotFAQ {
		queue = TaskQueue
	}
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           queue,
		StartToCloseTimeout: 9 * time.Second,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval:    200 * time.Millisecond,
			BackoffCoefficient: 2,
			MaximumAttempts:    5,
		},
		Summary: "ask the bot",
	})
}

// egress sends. A retry calls nobody: it finds the mark of the lost try. Accounts share the queue fairly; eager execution
// would go around that.
func egress(ctx workflow.Context, account conversation.AccountID) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:             activities.TaskQueueEgress,
		StartToCloseTimeout:   20 * time.Second,
		DisableEagerExecution: true,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval:    200 * time.Millisecond,
			BackoffCoefficient: 2,
			MaximumInterval:    5 * time.Second,
		},
		Priority: temporal.Priority{FairnessKey: string(account)},
		Summary:  "send to WeChat",
	})
}
