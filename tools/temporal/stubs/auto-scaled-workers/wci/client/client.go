// Package client is how the Temporal server asks about the compute providers of worker versions, and changes them. The
// development server has none. Worker versions do without: somebody starts their workers.
package client

import (
	"context"

	deploymentpb "go.temporal.io/api/deployment/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/auto-scaled-workers/wci/workflow/iface"
	"go.temporal.io/server/common/namespace"
	"go.uber.org/fx"
)

// Module gives the server a Client.
var Module = fx.Provide(func() Client { return Client{} })

// Client answers as the real one does for a worker version without a compute provider, and refuses to give it one.
type Client struct{}

// DescribeWorkerControllerInstance finds none. The server passes over this error.
func (Client) DescribeWorkerControllerInstance(
	context.Context, *namespace.Namespace, *deploymentpb.WorkerDeploymentVersion,
) (*iface.DescribeResponse, []byte, error) {
	return nil, nil, serviceerror.NewNotFound("the worker version has no compute provider")
}

// UpdateWorkerControllerInstance refuses.
func (Client) UpdateWorkerControllerInstance(
	_ context.Context, _ *namespace.Namespace, _ *deploymentpb.WorkerDeploymentVersion, _ []byte, _ string,
	_ map[string]iface.ScalingGroupSpecUpdate, _ []string,
) (*iface.UpdateResponse, error) {
	return nil, refusal()
}

// ValidateWorkerControllerInstanceSpec refuses.
func (Client) ValidateWorkerControllerInstanceSpec(
	context.Context, *namespace.Namespace, *deploymentpb.WorkerDeploymentVersion, string, map[string]iface.ScalingGroupSpecUpdate, []string,
) error {
	return refusal()
}

// DeleteWorkerControllerInstance has nothing to do. The server calls it for every worker version that is deleted.
func (Client) DeleteWorkerControllerInstance(context.Context, *namespace.Namespace, *deploymentpb.WorkerDeploymentVersion, string) error {
	return nil
}

// refusal is an invalid argument, because the server hands that on at once; it repeats a call that failed otherwise.
func refusal() error {
	return serviceerror.NewInvalidArgument("this development server is built without compute providers: start the workers yourself")
}
