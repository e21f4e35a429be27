package temporalclient

import (
	"context"
	"errors"
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"wxdesk/activities"
	"wxdesk/internal/callback"
	"wxdesk/internal/conversation"
	"wxdesk/workflows"
)

// Conversations reaches running conversations, and starts them.
type Conversations struct {
	Client client.Client
	// ContinueAt is the number of history events after which a new conversation's runs continue as new; 0 for the default.
	ContinueAt int

	open openRuns
}

// CustomerWrote signals the customer's conversation with a callback and starts it if none runs. When it returns nil,
// Temporal has the callback for good.
func (c *Conversations) CustomerWrote(ctx context.Context, h callback.Received) error {
	id := workflows.ID(h.AccountID, h.CustomerKey)
	signal := activities.Callback{
		DeliveryID:  h.DeliveryID,
		MessageKey:  h.MessageKey,
		Fingerprint: h.Fingerprint,
		KeyID:       h.KeyID,
		Ciphertext:  h.Ciphertext,
		ReceivedAt:  h.ReceivedAt,
		Stale:       h.Stale,
		Traceparent: h.Traceparent,
		Redriven:    h.Redriven,
	}
	ctx, span := trace.SpanFromContext(ctx).TracerProvider().Tracer("wxdesk/temporalclient").Start(ctx, "signal conversation",
		trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(attribute.String("temporalWorkflowID", id)))
	defer span.End()
	err := c.signal(ctx, id, h, signal)
	if err != nil {
		span.SetStatus(codes.Error, serviceerror.ToStatus(err).Code().String())
		return fmt.Errorf("signal the conversation: %w", err)
	}
	return nil
}

// signal goes to the run that was open a moment ago, and if that is over to the current one, which is started if there is none.
func (c *Conversations) signal(ctx context.Context, id string, h callback.Received, signal activities.Callback) error {
	if run := c.open.of(id); run != "" {
		err := c.Client.SignalWorkflow(ctx, id, run, workflows.SignalCustomer, signal)
		if _, over := errors.AsType[*serviceerror.NotFound](err); !over {
			return err
		}
		c.open.forget(id)
	}
	started, err := c.Client.SignalWithStartWorkflow(ctx, id, workflows.SignalCustomer, signal, client.StartWorkflowOptions{
		ID:                    id,
		TaskQueue:             workflows.TaskQueue,
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		TypedSearchAttributes: workflows.FirstAttributes(h.AccountID),
		StaticSummary:         "A customer's conversation with an official account",
		Priority:              temporal.Priority{FairnessKey: string(h.AccountID)},
	}, workflows.Name, workflows.Input{Tenant: h.Tenant, AccountID: h.AccountID, CustomerKey: h.CustomerKey, ContinueAt: c.ContinueAt})
	if err == nil {
		c.open.add(id, started.GetRunID())
	}
	return err
}

// Notify tells a conversation's run of an act. gone reports that no run is open. The signal names no run: whichever is open looks at
// its own conversation.
func (c *Conversations) Notify(ctx context.Context, n conversation.RunNotice) (gone bool, err error) {
	name := workflows.SignalActed
	if n.Assignment {
		name = workflows.SignalAssigned
	}
	ctx, span := trace.SpanFromContext(ctx).TracerProvider().Tracer("wxdesk/temporalclient").Start(ctx, "signal "+name,
		trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(attribute.String("temporalWorkflowID", n.WorkflowID)))
	defer span.End()
	err = c.Client.SignalWorkflow(ctx, n.WorkflowID, "", name, workflows.ActSignal{Conversation: n.Conversation, Act: n.Act})
	if _, gone := errors.AsType[*serviceerror.NotFound](err); gone {
		return true, nil
	}
	if err != nil {
		span.SetStatus(codes.Error, serviceerror.ToStatus(err).Code().String())
		return false, fmt.Errorf("signal %s: %w", name, err)
	}
	return false, nil
}

// Nudge has a conversation's run read its situation again. gone reports that no run is open.
func (c *Conversations) Nudge(ctx context.Context, workflowID string) (gone bool, err error) {
	err = c.Client.SignalWorkflow(ctx, workflowID, "", workflows.SignalNudge, nil)
	if _, gone := errors.AsType[*serviceerror.NotFound](err); gone || err == nil {
		return gone, nil
	}
	return false, fmt.Errorf("nudge a run: %w", err)
}
