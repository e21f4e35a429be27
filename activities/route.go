package activities

import (
	"context"

	"go.temporal.io/sdk/activity"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// RouteInput asks for people.
type RouteInput struct {
	Where
	TurnID  conversation.MessageID // the message that asked for it
	Epoch   conversation.Epoch     // in which it was asked
	Reason  EscalationReason
	QueueID conversation.QueueID `json:",omitempty"` // that the bot named; "" for the one that the rules choose
}

// EscalationReason says why people take over.
type EscalationReason string

// The reasons.
const (
	EscalatedByBot  EscalationReason = "bot-escalated"
	EscalatedFailed EscalationReason = "bot-failed"
	EscalatedNoBot  EscalationReason = "no-bot" // the account has none
)

// RouteResult says where the conversation waits now.
type RouteResult struct {
	Stale    bool `json:",omitempty"` // the holder had changed already: nothing was done
	Standing conversation.Standing
	NoticeID conversation.MessageID   // tells the customer; to be sent
	Dropped  []conversation.MessageID `json:",omitempty"` // bot messages that will not go out
	Closing  conversation.CloseReason `json:",omitempty"` // the queue's overflow ends the conversation, once the notice is sent
}

// Route decides by rules which queue the conversation goes to, hands it over from the bot, and keeps the notice that tells
// the customer. The distribution, which finds an agent, hears of it by the same transaction.
//
// Promise: repeatable. The turn's id is the key: where it was handed over before, the answer is that of then.
func (a *Activities) Route(ctx context.Context, in RouteInput) (RouteResult, error) {
	ctx, span := a.Span(ctx, in.Traceparent, "route")
	defer span.End()
	question, err := a.Ledger.RoutingQuestion(ctx, in.ref(), in.TurnID, in.QueueID)
	if stale(err) {
		return RouteResult{Stale: true}, nil
	}
	if err != nil {
		return RouteResult{}, failure("load what decides about the queue", err)
	}
	wanted(question.Facts, in.Reason)
	decision := routing.Decide(question, a.Judge)
	if decision.Alert != "" {
		activity.GetLogger(ctx).Warn("routing needs a look", "alert", decision.Alert, "queue_id", decision.QueueID)
	}
	queued, err := a.Ledger.Enqueue(ctx, in.ref(), conversation.HandOver{
		Reason: string(in.Reason), QueueID: in.QueueID, MessageID: in.TurnID, FromEpoch: in.Epoch,
	}, decision)
	if stale(err) {
		return RouteResult{Stale: true}, nil
	}
	if err != nil {
		return RouteResult{}, failure("hand the conversation to a queue", err)
	}
	return RouteResult{
		Standing: queued.Standing, NoticeID: queued.NoticeID, Dropped: queued.Dropped, Closing: queued.Closing,
	}, nil
}

// wanted tells rules why people are wanted, where the bot gave no reason of its own.
func wanted(facts routing.Facts, why EscalationReason) {
	if escalation, ok := facts["escalation"].(map[string]any); ok && escalation["reason"] == "" {
		escalation["reason"] = string(why)
	}
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
