package main_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	computepb "go.temporal.io/api/compute/v1"
	deploymentpb "go.temporal.io/api/deployment/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
)

// Worker versions have no compute provider here, which the server finds out in three ways.
func TestServer_refusesComputeProviders(t *testing.T) {
	t.Parallel()
	c := dial(t, begin(t, "--headless"))
	version := worker.WorkerDeploymentVersion{DeploymentName: "desk", BuildID: "v1"}
	work(t, c, worker.Options{DeploymentOptions: worker.DeploymentOptions{UseVersioning: true, Version: version}})
	desk := c.WorkerDeploymentClient().GetHandle("desk")

	require.Eventually(t, func() bool {
		_, err := desk.DescribeVersion(t.Context(), client.WorkerDeploymentDescribeVersionOptions{BuildID: "v1"})
		return err == nil
	}, 20*time.Second, 50*time.Millisecond, "a version without one can be described")

	_, err := c.WorkflowService().CreateWorkerDeploymentVersion(t.Context(), &workflowservice.CreateWorkerDeploymentVersionRequest{
		Namespace:         "default",
		DeploymentVersion: &deploymentpb.WorkerDeploymentVersion{DeploymentName: "desk", BuildId: "v2"},
		ComputeConfig: &computepb.ComputeConfig{ScalingGroups: map[string]*computepb.ComputeConfigScalingGroup{
			"all": {Provider: &computepb.ComputeProvider{Type: "aws-lambda"}},
		}},
	})
	var invalid *serviceerror.InvalidArgument
	require.ErrorAs(t, err, &invalid)
	require.ErrorContains(t, err, "without compute providers")
}
