package activities

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/activity"

	"wxdesk/internal/conversation"
)

// MaxReceive is how many callbacks one Receive takes: one transaction, one history event, however fast a customer
// writes.
const MaxReceive = 50

// maxPanics is how often a callback that panics is tried before it is put into quarantine.
const maxPanics = 5

// ReceiveInput is a batch of one customer's callbacks, still encrypted.
type ReceiveInput struct {
	Where
	AccountID   conversation.AccountID
	CustomerKey conversation.CustomerKey
	WorkflowID  string
	Callbacks   []Callback
}

// Callback is one callback as the door handed it over.
type Callback struct {
	DeliveryID  string
	MessageKey  string
	Fingerprint string
	KeyID       string `json:",omitempty"`
	Ciphertext  string
	ReceivedAt  time.Time
	Stale       bool   `json:",omitempty"`
	Traceparent string `json:",omitempty"`
	Panics      int    `json:",omitempty"` // how often reading it has panicked
	Redriven    bool   `json:",omitempty"` // from quarantine
}

// ReceiveResult is what the workflow needs to know to go on: facts, never content.
type ReceiveResult struct {
	Facts     []Fact                // one per callback, in order
	Begun     bool                  // the conversation has a row
	Standing  conversation.Standing // how the conversation stands after them
	IdleClose time.Duration
	Bot       conversation.BotKind `json:",omitempty"` // who is to be asked
}

// Fact is what a callback came to.
type Fact struct {
	Outcome    Outcome
	MessageID  conversation.MessageID `json:",omitempty"`
	Turn       bool                   `json:",omitempty"` // it wants an answer
	Unfollowed bool                   `json:",omitempty"`
}

// Outcome is a receipt's outcome, or OutcomePanicked.
type Outcome = conversation.ReceiptOutcome

// OutcomePanicked says that reading the callback panicked and that it is worth another try, alone.
const OutcomePanicked Outcome = "panicked"

// Receive opens callbacks and writes messages and receipts in one transaction.
//
// Promise: repeatable. What it wrote before it answers again, recognised by the delivery id. It fails only where the
// ledger or a stored key is out of reach; a callback that cannot be read is put into quarantine and holds up nothing.
func (a *Activities) Receive(ctx context.Context, in ReceiveInput) (ReceiveResult, error) {
	ctx, end := a.receiveSpans(ctx, in.Callbacks)
	defer end()
	keys, err := a.Ledger.AccountKeys(ctx, in.Tenant, in.AccountID)
	if err != nil {
		return ReceiveResult{}, failure("look up the account's keys", err)
	}
	facts := make([]Fact, len(in.Callbacks))
	batch := conversation.Batch{
		Ref: in.ref(), AccountID: in.AccountID, CustomerKey: in.CustomerKey, WorkflowID: in.WorkflowID,
	}
	var places []int // of the batch's arrivals among the callbacks
	for i, cb := range in.Callbacks {
		arrival, err := a.read(in, keys, cb)
		switch {
		case err != nil && cb.Panics+1 < maxPanics:
			activity.GetLogger(ctx).Error("callback panics", "delivery_id", cb.DeliveryID, "panics", cb.Panics+1, "error", err)
			facts[i] = Fact{Outcome: OutcomePanicked}
			continue
		case err != nil:
			arrival = unreadable(cb, "panics")
		}
		if arrival.Quarantine != "" {
			activity.GetLogger(ctx).Error("callback in quarantine", "delivery_id", cb.DeliveryID, "reason", arrival.Quarantine)
		}
		batch.Arrivals = append(batch.Arrivals, arrival)
		places = append(places, i)
	}

	got, err := a.Ledger.Receive(ctx, batch)
	if err != nil {
		return ReceiveResult{}, failure("write the messages", err)
	}
	if len(got.Receipts) != len(batch.Arrivals) {
		return ReceiveResult{}, fmt.Errorf("the ledger gave %d receipts for %d arrivals", len(got.Receipts), len(batch.Arrivals))
	}
	for j, receipt := range got.Receipts {
		arrival := batch.Arrivals[j]
		a.Metrics.arrived(ctx, arrival, receipt.Outcome)
		facts[places[j]] = Fact{
			Outcome:    receipt.Outcome,
			MessageID:  receipt.MessageID,
			Turn:       receipt.Outcome == conversation.ReceiptNew && arrival.WantsAnswer(),
			Unfollowed: receipt.Outcome == conversation.ReceiptNoted && arrival.Follow == conversation.Unfollowed,
		}
	}
	return ReceiveResult{
		Facts: facts, Begun: got.Begun, Standing: got.Standing, IdleClose: got.IdleClose, Bot: got.Bot,
	}, nil
}

// receiveSpans begins a span in the trace of each callback. The one transaction of all of them is in the trace of the
// first, to which the others have a link.
func (a *Activities) receiveSpans(ctx context.Context, callbacks []Callback) (first context.Context, end func()) {
	first = ctx
	spans := make([]trace.Span, len(callbacks))
	for i, cb := range callbacks {
		var under context.Context
		under, spans[i] = a.Span(ctx, cb.Traceparent, "receive")
		if i == 0 {
			first = under
			continue
		}
		spans[i].AddLink(trace.LinkFromContext(first))
	}
	return first, func() {
		for _, span := range spans {
			span.End()
		}
	}
}
