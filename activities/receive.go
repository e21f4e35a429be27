package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/activity"

	"wxdesk/internal/account"
	"wxdesk/internal/bot"
	"wxdesk/internal/callback"
	"wxdesk/internal/conversation"
	"wxdesk/internal/secret"
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

// Callback is one callback as the callback endpoint handed it over.
type Callback struct {
	DeliveryID  string
	MessageKey  string
	Fingerprint string
	KeyID       string `json:",omitempty"`
	Ciphertext  string
	ReceivedAt  time.Time
	Stale       bool   `json:",omitempty"`
	Traceparent string `json:",omitempty"`
	Redriven    bool   `json:",omitempty"` // from quarantine

	// What the run adds after a try that failed.
	Panics     int    `json:",omitempty"` // how often reading it has panicked
	Alone      bool   `json:",omitempty"` // it is received alone, because a batch with it could not be
	Quarantine string `json:",omitempty"` // it is not read any more but put into quarantine, for this reason
}

// ReceiveResult is what the workflow needs to know to go on: facts, never content.
type ReceiveResult struct {
	Result
	Ending    bool          `json:",omitempty"` // nothing was written: the callbacks are the next conversation's
	Panicked  []int         `json:",omitempty"` // callbacks that panicked and are worth another try, alone
	Lines     int           `json:",omitempty"` // new messages of the customer
	Begun     bool          `json:",omitempty"` // the conversation has a row
	IdleClose time.Duration `json:",omitempty"` // 0 while the customer has no row
	Bot       bot.Kind      `json:",omitempty"` // who is to be asked
}

// errReceipts: the ledger did not answer for each callback.
var errReceipts = errors.New("activities: the ledger's receipts do not fit the callbacks")

// Receive opens callbacks and writes messages and receipts in one transaction.
//
// Promise: repeatable. What it wrote before it answers again, recognised by the delivery id. A callback that cannot be read is put
// into quarantine and holds up nothing.
func (a *Activities) Receive(ctx context.Context, in ReceiveInput) (ReceiveResult, error) {
	return step(ctx, "receive", func(ctx context.Context) (ReceiveResult, error) {
		ctx, end := a.receiveSpans(ctx, in.Callbacks)
		defer end()
		batch, panicked, err := a.readAll(ctx, in)
		if err != nil {
			return ReceiveResult{}, err
		}
		got, err := a.Ledger.Receive(ctx, batch)
		if err != nil {
			return ReceiveResult{}, fmt.Errorf("write the messages: %w", err)
		}
		out := ReceiveResult{
			Result: result(got.Situation), Ending: got.Ending, Panicked: panicked,
			Begun: got.Begun, IdleClose: got.IdleClose, Bot: got.Bot,
		}
		if got.Ending {
			out.Panicked = nil
			return out, nil
		}
		if len(got.Receipts) != len(batch.Arrivals) {
			return ReceiveResult{}, errReceipts
		}
		for i, receipt := range got.Receipts {
			a.Metrics.arrived(ctx, batch.Arrivals[i], receipt.Outcome)
			if receipt.Outcome == callback.ReceiptNew {
				out.Lines++
			}
		}
		return out, nil
	})
}

// readAll opens the callbacks, except those that panicked and are worth another try.
func (a *Activities) readAll(ctx context.Context, in ReceiveInput) (batch callback.Batch, panicked []int, err error) {
	batch = callback.Batch{Ref: in.ref(), AccountID: in.AccountID, CustomerKey: in.CustomerKey, WorkflowID: in.WorkflowID}
	var keys account.CallbackKeys
	if slices.ContainsFunc(in.Callbacks, func(cb Callback) bool { return cb.Quarantine == "" }) {
		if keys, err = a.Ledger.AccountKeys(ctx, in.Tenant, in.AccountID); err != nil {
			return batch, nil, fmt.Errorf("look up the account's keys: %w", err)
		}
	}
	log := activity.GetLogger(ctx)
	for i, cb := range in.Callbacks {
		arrival, err := a.read(in, keys, cb)
		switch {
		case errors.Is(err, secret.ErrUnknownKey):
			return batch, nil, fmt.Errorf("open a callback: %w", err)
		case err != nil && cb.Panics+1 < maxPanics:
			log.Error("reading of callback panicked", "delivery_id", cb.DeliveryID, "panics", cb.Panics+1, "error", err)
			panicked = append(panicked, i)
			continue
		case err != nil:
			arrival = unreadable(cb, "panics")
		}
		if arrival.Quarantine != "" {
			log.Error("callback quarantined", "delivery_id", cb.DeliveryID, "reason", arrival.Quarantine)
		}
		batch.Arrivals = append(batch.Arrivals, arrival)
	}
	return batch, panicked, nil
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
