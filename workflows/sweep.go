package workflows

import (
	"go.temporal.io/sdk/workflow"
)

// Names of the sweep and of the schedule that starts it.
const (
	SweepName     = "Sweep"
	SweepSchedule = "sweep"
)

// Sweep repairs what crashes may have left. A schedule starts it once a minute; nothing depends on it for normal speed.
func Sweep(ctx workflow.Context) error {
	return workflow.ExecuteActivity(ledgerWork(ctx, "sweep"), acts.Sweep).Get(ctx, nil)
}
