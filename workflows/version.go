package workflows

import "go.temporal.io/sdk/workflow"

// Deployment is the name under which Temporal keeps the versions of our workers, if they have versions.
const Deployment = "wxdesk"

// asNew continues in a new run. A run stays with the version of the workers that it began under. The new run begins under the version
// that is current by then.
func asNew(ctx workflow.Context, what, input any) error {
	return workflow.NewContinueAsNewErrorWithOptions(ctx, workflow.ContinueAsNewErrorOptions{
		InitialVersioningBehavior: workflow.ContinueAsNewVersioningBehaviorAutoUpgrade,
	}, what, input)
}

// mayMoveOn reports whether a run that was nudged can move to another version, because its own is no longer the current one. Without
// the nudge it stays, so that operators decide when the open conversations move.
func mayMoveOn(ctx workflow.Context, nudged bool) bool {
	return nudged && workflow.GetInfo(ctx).GetTargetWorkerDeploymentVersionChanged()
}
