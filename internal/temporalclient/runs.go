package temporalclient

import (
	"context"
	"fmt"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"wxdesk/internal/conversation"
	"wxdesk/internal/reconcile"
	"wxdesk/workflows"
)

// StandingReports lists how the open runs of conversations stand, as their search attributes tell. Temporal's lists lag behind
// by a moment.
func (c *Conversations) StandingReports(ctx context.Context) (all []reconcile.Report, err error) {
	request := &workflowservice.ListWorkflowExecutionsRequest{
		Query: fmt.Sprintf("WorkflowType = %q AND ExecutionStatus = 'Running'", workflows.Name), PageSize: 1000,
	}
	for {
		page, err := c.Client.ListWorkflow(ctx, request)
		if err != nil {
			return nil, fmt.Errorf("list open runs: %w", err)
		}
		for _, run := range page.GetExecutions() {
			shown := run.GetSearchAttributes().GetIndexedFields()
			all = append(all, reconcile.Report{
				WorkflowID: run.GetExecution().GetWorkflowId(),
				State:      conversation.State(keyword(shown, workflows.AttrState)),
				Holder:     conversation.Holder(keyword(shown, workflows.AttrHolder)),
				QueueID:    conversation.QueueID(keyword(shown, workflows.AttrQueue)),
				AgentID:    conversation.AgentID(keyword(shown, workflows.AttrAgent)),
			})
		}
		if request.NextPageToken = page.GetNextPageToken(); len(request.NextPageToken) == 0 {
			return all, nil
		}
	}
}

// Overview asks an open run itself how its conversation stands, which takes a worker.
func (c *Conversations) Overview(ctx context.Context, workflowID string) (reconcile.Report, error) {
	answer, err := c.Client.QueryWorkflow(ctx, workflowID, "", workflows.QueryState)
	if err != nil {
		return reconcile.Report{}, fmt.Errorf("ask run %s: %w", workflowID, err)
	}
	var o workflows.Overview
	if err := answer.Get(&o); err != nil {
		return reconcile.Report{}, fmt.Errorf("read the answer of run %s: %w", workflowID, err)
	}
	return reconcile.Report{
		WorkflowID: workflowID, Conversation: o.Conversation, State: o.State.State, Holder: o.Holder, QueueID: o.QueueID, AgentID: o.AgentID,
	}, nil
}

// keyword reads a search attribute, which is never sealed; "" if it is not set.
func keyword(shown map[string]*commonpb.Payload, key temporal.SearchAttributeKeyKeyword) (value string) {
	if payload := shown[key.GetName()]; payload != nil {
		_ = converter.GetDefaultDataConverter().FromPayload(payload, &value)
	}
	return value
}
