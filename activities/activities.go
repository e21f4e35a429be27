// Package activities touches the world for the workflows, in small steps that may safely run again: it opens what
// customers wrote, asks bots, sends, and keeps the ledger.
//
// Each activity states its promise. Nothing that a customer, a bot or an agent said passes through an activity's input or
// result, because Temporal keeps both: messages go by id, and their text stays in the ledger.
package activities

import (
	"context"

	"go.opentelemetry.io/otel/trace"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// Task queues of activities that are kept apart from the workflows' own, so that a slow bot or a slow WeChat holds up
// nothing else.
const (
	TaskQueueBot    = "bot"
	TaskQueueEgress = "wechat-egress"
)

// Activities has the activities as methods; the registered names are the methods' names.
type Activities struct {
	Ledger Ledger
	Bots   Bots
	WeChat WeChat
	Judge  routing.Judge // of the conditions in rules
	// Span begins a span of a message's trace, whose W3C traceparent travels with the message.
	Span    func(ctx context.Context, traceparent, name string) (context.Context, trace.Span)
	Metrics *Metrics // nil where nobody measures
}

// Where names a conversation and the message that an activity works for.
type Where struct {
	Tenant       conversation.Tenant
	Conversation conversation.ID
	Traceparent  string `json:",omitempty"` // of the customer's message that caused the step
}

func (w Where) ref() conversation.Ref {
	return conversation.Ref{Tenant: w.Tenant, Conversation: w.Conversation}
}
