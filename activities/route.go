package activities

import (
	"context"

	"wxdesk/internal/conversation"
)

// RouteInput asks for people.
type RouteInput struct {
	Where
	TurnID  conversation.MessageID // the message that asked for it
	Epoch   conversation.Epoch     // in which it was asked
	Reason  EscalationReason
	QueueID conversation.QueueID `json:",omitempty"` // "" for the default queue
}

// EscalationReason says why people take over.
type EscalationReason string

// The reasons.
const (
	EscalatedByBot  EscalationReason = "bot-escalated"
	EscalatedFailed EscalationReason = "bot-failed"
)

// RouteResult says where the conversation waits now.
type RouteResult struct {
	Stale     bool `json:",omitempty"` // the holder had changed already: nothing was done
	Epoch     conversation.Epoch
	QueueID   conversation.QueueID
	QueueName string
	NoticeID  conversation.MessageID   // tells the customer; to be sent
	Dropped   []conversation.MessageID `json:",omitempty"` // bot messages that will not go out
}

// Route hands the conversation from the bot to a queue, and keeps the notice that tells the customer.
//
// Promise: repeatable. The turn's id is the key.
func (a *Activities) Route(ctx context.Context, in RouteInput) (RouteResult, error) {
	ctx, span := a.Span(ctx, in.Traceparent, "route")
	defer span.End()
	parked, err := a.Ledger.Park(ctx, in.ref(), conversation.HandOver{
		Reason: string(in.Reason), QueueID: in.QueueID, MessageID: in.TurnID, FromEpoch: in.Epoch,
	})
	if stale(err) {
		return RouteResult{Stale: true}, nil
	}
	if err != nil {
		return RouteResult{}, failure("hand the conversation to a queue", err)
	}
	return RouteResult{
		Epoch: parked.Epoch, QueueID: parked.QueueID, QueueName: parked.QueueName,
		NoticeID: parked.NoticeID, Dropped: parked.Dropped,
	}, nil
}

// CloseInput ends a conversation.
type CloseInput struct {
	Where
	Reason conversation.CloseReason
}

// Close ends the conversation in the ledger.
//
// Promise: repeatable.
func (a *Activities) Close(ctx context.Context, in CloseInput) error {
	ctx, span := a.Span(ctx, in.Traceparent, "close")
	defer span.End()
	if err := a.Ledger.CloseConversation(ctx, in.ref(), in.Reason); err != nil {
		return failure("close the conversation", err)
	}
	return nil
}
