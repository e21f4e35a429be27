package temporalclient

import (
	"context"
	"errors"
	"fmt"
	"sync"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/proxy"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
)

// RunsOfKey says how many runs have a payload in their history that a master key has sealed.
type RunsOfKey struct{ Open, Closed int }

// historiesAtOnce is how many histories are read side by side.
const historiesAtOnce = 8

// KeyUses looks through the histories of all runs that Temporal still keeps, and counts the runs that need each master key,
// by its id. It opens nothing. A run that needs two keys counts for both.
func KeyUses(ctx context.Context, c client.Client, namespace string) (map[string]RunsOfKey, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	runs := make(chan *workflowpb.WorkflowExecutionInfo)
	var mu sync.Mutex
	uses := map[string]RunsOfKey{}
	var readers sync.WaitGroup
	for range historiesAtOnce {
		readers.Go(func() {
			for run := range runs {
				keys, err := keysOf(ctx, c, namespace, run.GetExecution())
				if err != nil {
					stop(err)
					return
				}
				mu.Lock()
				for key := range keys {
					n := uses[key]
					if run.GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
						n.Open++
					} else {
						n.Closed++
					}
					uses[key] = n
				}
				mu.Unlock()
			}
		})
	}
	err := eachRun(ctx, c, namespace, runs)
	close(runs)
	readers.Wait()
	if err = errors.Join(err, context.Cause(ctx)); err != nil {
		return nil, fmt.Errorf("look which keys Temporal's histories need: %w", err)
	}
	return uses, nil
}

func eachRun(ctx context.Context, c client.Client, namespace string, to chan<- *workflowpb.WorkflowExecutionInfo) error {
	request := &workflowservice.ListWorkflowExecutionsRequest{Namespace: namespace}
	for {
		page, err := c.WorkflowService().ListWorkflowExecutions(ctx, request)
		if err != nil {
			return err
		}
		for _, run := range page.GetExecutions() {
			select {
			case to <- run:
			case <-ctx.Done():
				return nil // the cause says why
			}
		}
		if request.NextPageToken = page.GetNextPageToken(); len(request.GetNextPageToken()) == 0 {
			return nil
		}
	}
}

// keysOf are the ids of the keys that sealed something in a run's history; none if it was forgotten meanwhile.
func keysOf(ctx context.Context, c client.Client, namespace string, run *commonpb.WorkflowExecution) (map[string]bool, error) {
	keys := map[string]bool{}
	note := proxy.VisitPayloadsOptions{
		SkipSearchAttributes: true,
		Visitor: func(_ *proxy.VisitPayloadsContext, payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
			for _, p := range payloads {
				if string(p.GetMetadata()[converter.MetadataEncoding]) == encoding {
					keys[string(p.GetMetadata()[keyIDField])] = true
				}
			}
			return payloads, nil
		},
	}
	request := &workflowservice.GetWorkflowExecutionHistoryRequest{Namespace: namespace, Execution: run}
	for {
		page, err := c.WorkflowService().GetWorkflowExecutionHistory(ctx, request)
		if _, gone := errors.AsType[*serviceerror.NotFound](err); gone {
			return nil, nil //nolint:nilnil // a run that is no more needs no key
		}
		if err != nil {
			return nil, err
		}
		if err := proxy.VisitPayloads(ctx, page.GetHistory(), note); err != nil {
			return nil, err
		}
		if request.NextPageToken = page.GetNextPageToken(); len(request.GetNextPageToken()) == 0 {
			return keys, nil
		}
	}
}
