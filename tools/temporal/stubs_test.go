package main_test

import (
	"os/exec"
	"strings"
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

// Who tries wxdesk for the first time waits until this server is compiled, and most of the time goes into what the server imports: that is
// 1,074 packages; without the stubs it was 1,780.
func TestServer_isBuiltFromFewPackages(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	require.NoError(t, err)
	packages := strings.Fields(string(out))
	require.LessOrEqual(t, len(packages), 1150, "see stubs/README.md")
}

// A worker version needs none.
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
