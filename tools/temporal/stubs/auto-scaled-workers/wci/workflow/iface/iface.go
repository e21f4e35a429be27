// Package iface has the types in which the Temporal server speaks of compute providers, which start workers when there is work.
package iface

import (
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
)

// ComputeProviderType names a compute provider.
type ComputeProviderType string

// ComputeProviderSpec says how a compute provider is reached.
type ComputeProviderSpec struct {
	ProviderType  ComputeProviderType
	Config        *commonpb.Payload
	NexusEndpoint string
}

// ScalingAlgorithmType names a scaling algorithm.
type ScalingAlgorithmType string

// ScalingAlgorithmSpec is a scaling algorithm with its settings.
type ScalingAlgorithmSpec struct {
	ScalingAlgorithm ScalingAlgorithmType
	Config           *commonpb.Payload
}

// ScalingGroupSpec says who performs tasks of some types, and how this is scaled.
type ScalingGroupSpec struct {
	TaskTypes []enumspb.TaskQueueType
	Compute   ComputeProviderSpec
	Scaling   *ScalingAlgorithmSpec
}

// ScalingGroupSpecUpdate changes the fields of a group that UpdateMask names.
type ScalingGroupSpecUpdate struct {
	Spec       ScalingGroupSpec
	UpdateMask []string
}

// WorkerControllerInstanceSpec is the compute configuration of a worker version: its scaling groups by name.
type WorkerControllerInstanceSpec struct {
	ScalingGroupSpecs map[string]ScalingGroupSpec
}

// ValidationResult is the outcome of a validation.
type ValidationResult string

// ValidationResultFailed is the only outcome that the server asks about.
const ValidationResultFailed ValidationResult = "failed"

// ValidationStatus says whether a compute provider could be reached. The server receives it in a signal, as JSON.
type ValidationStatus struct {
	LastValidationTime time.Time        `json:"last_validation_time"`
	Status             ValidationResult `json:"status"`
	ErrMessage         string           `json:"err_message,omitempty"`
}

// DescribeResponse is the compute configuration of a worker version and its state.
type DescribeResponse struct {
	Spec             *WorkerControllerInstanceSpec
	ValidationStatus *ValidationStatus
}

// UpdateResponse is the compute configuration of a worker version after a change.
type UpdateResponse struct {
	Spec *WorkerControllerInstanceSpec
}
