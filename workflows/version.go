package workflows

import "go.temporal.io/sdk/workflow"

// Deployment is the name under which Temporal keeps the versions of our workers, where they have versions.
const Deployment = "wxdesk"

// asNew goes on in a new run. A run stays with the version of the workers that it began under; the new one begins under
// the version that is current by then.
func asNew(ctx workflow.Context, what, input any) error {
	return workflow.NewContinueAsNewErrorWithOptions(ctx, workflow.ContinueAsNewErrorOptions{
		InitialVersioningBehavior: workflow.ContinueAsNewVersioningBehaviorAutoUpgrade,
	}, what, input)
}

// mayMoveOn reports whether a run that was nudged has another version to go to: its own is the current one no more. Without
// the nudge it stays, so that those who upgrade decide when the open conversations follow.
func mayMoveOn(ctx workflow.Context, nudged bool) bool {
	return nudged && workflow.GetInfo(ctx).GetTargetWorkerDeploymentVersionChanged()
}
