package workflows

import (
	"math"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"wxdesk/activities"
	"wxdesk/internal/conversation"
)

// acts names the activities; it has no fields because workers run their own.
var acts *activities.Activities

// directTime bounds a direct send, which ends its waiting by itself before.
const directTime = 6 * time.Second

// local is one short try without a detour over the server.
func local(ctx workflow.Context, limit time.Duration, summary string) workflow.Context {
	return workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		ScheduleToCloseTimeout: limit,
		RetryPolicy:            &temporal.RetryPolicy{MaximumAttempts: 1},
		Summary:                summary,
	})
}

// backOff is the retry policy for a dependency that is away: it is tried for as long as it takes.
func backOff() *temporal.RetryPolicy {
	return &temporal.RetryPolicy{
		InitialInterval: 200 * time.Millisecond, BackoffCoefficient: 2, MaximumInterval: maxPause,
		MaximumAttempts: math.MaxInt32, // no end; 0, which means the same, is ten in the SDK's test environment
	}
}

// ledgerWork is one transaction, tried until the ledger answers.
func ledgerWork(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 10 * time.Second, RetryPolicy: backOff(), Summary: summary,
	})
}

// botWork asks a webhook bot, which may be slow, on a task queue of its own. Only a lost worker is noticed and retried: a
// bot's failure is a result. After ten seconds people take over.
func botWork(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:              activities.TaskQueueBot,
		ScheduleToCloseTimeout: 10 * time.Second,
		HeartbeatTimeout:       3 * time.Second,
		RetryPolicy:            backOff(),
		Summary:                "ask the bot",
	})
}

// egress sends over the task queue wechat-egress. A retry does not call WeChat: it finds the mark of the lost try. Accounts share the
// queue fairly; eager execution would go around that.
func egress(ctx workflow.Context, account conversation.AccountID) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:             activities.TaskQueueEgress,
		StartToCloseTimeout:   20 * time.Second,
		DisableEagerExecution: true,
		RetryPolicy:           backOff(),
		Priority:              temporal.Priority{FairnessKey: string(account)},
		Summary:               "send to WeChat",
	})
}
