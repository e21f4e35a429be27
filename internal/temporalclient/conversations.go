package temporalclient

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"wxdesk/activities"
	"wxdesk/internal/conversation"
	"wxdesk/workflows"
)

// commandPatience is how long a command waits for a worker.
const commandPatience = 5 * time.Second

// Conversations reaches running conversations, and starts them.
type Conversations struct {
	Client client.Client
	// ContinueAt is the number of history events after which a new conversation's runs continue as new; 0 for the default.
	ContinueAt int

	open openRuns
}

// CustomerWrote signals the customer's conversation with a callback and starts it where none runs. When it returns nil,
// Temporal has the callback for good.
func (c *Conversations) CustomerWrote(ctx context.Context, h conversation.Handover) error {
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

// signal goes to the run that was open a moment ago, and where that is over to the current one, which is started where there is none.
func (c *Conversations) signal(ctx context.Context, id string, h conversation.Handover, signal activities.Callback) error {
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

// Command brings a person's command to its conversation and waits for what it comes to. A refusal is in the answer.
// conversation.ErrClosed where the conversation had ended or no run is open, ErrBusy where no worker took the command in
// time: the same command may then be sent again.
func (c *Conversations) Command(ctx context.Context, cmd conversation.PersonCommandRequest) (conversation.Commanded, error) {
	ctx, cancel := context.WithTimeout(ctx, commandPatience)
	defer cancel()
	var out conversation.Commanded
	handle, err := c.Client.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		UpdateID:     cmd.UpdateID,
		WorkflowID:   cmd.WorkflowID,
		UpdateName:   string(cmd.Kind),
		Args:         []any{cmd.PersonCommand},
		WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err == nil {
		err = handle.Get(ctx, &out)
	}
	return out, refusal(err)
}

// refusal translates what Temporal says of a command.
func refusal(err error) error {
	var (
		application *temporal.ApplicationError
		notFound    *serviceerror.NotFound
		notReady    *serviceerror.WorkflowNotReady
		exhausted   *serviceerror.ResourceExhausted
		unavailable *serviceerror.Unavailable
		late        *client.WorkflowUpdateServiceTimeoutOrCanceledError
	)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &application) && application.Type() == workflows.FailureClosed, errors.As(err, &notFound):
		return conversation.ErrClosed
	case errors.As(err, &application) && application.Type() == acceptedButCompleted:
		return conversation.ErrBusy // ask again, and be told that it is closed
	case errors.As(err, &late), errors.As(err, &notReady), errors.As(err, &exhausted), errors.As(err, &unavailable),
		errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%w: %w", conversation.ErrBusy, err)
	}
	return fmt.Errorf("command a conversation: %w", err)
}

// acceptedButCompleted is the type with which the server answers an update whose run ended before its handler did.
const acceptedButCompleted = "AcceptedUpdateCompletedWorkflow"
