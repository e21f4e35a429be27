// Package activities touches the world for the workflows, in small steps that may safely run again: it opens what
// customers wrote, asks bots, sends, and keeps the ledger.
//
// Each activity states its promise. Nothing that a customer, a bot or an agent said passes through an activity's input or
// result, because Temporal keeps both: messages go by id, and their text stays in the ledger.
package activities

import (
	"context"
	"sync"

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

// Logic is the version of the workflow's logic. A change of what a run does from the same events raises it: runs of before go on as they
// began until they are nudged, and then continue as new.
const Logic = 1

// Activities has the activities as methods; the registered names are the methods' names.
type Activities struct {
	Ledger    Ledger
	Permits   Permits
	Runs      Runs
	Bots      Bots
	WeChat    WeChat
	Evaluator routing.Evaluator // of the conditions in rules
	// Span begins a span of a message's trace, whose W3C traceparent travels with the message.
	Span    func(ctx context.Context, traceparent, name string) (context.Context, trace.Span)
	Metrics *Metrics // nil if nobody measures

	pace       pace           // of the accounts, as this process has seen it
	background sync.WaitGroup // sends that took too long to wait for
}

// Finish waits for the sends that go on in the background, each at most preparePatience, delivery.SendingLimit and
// recordPatience together (22 s). It is called after the worker has stopped.
func Finish(a *Activities) { a.background.Wait() }

// Where names a conversation and the trace in which an activity works for it.
type Where struct {
	Tenant       conversation.Tenant
	Conversation conversation.ID
	Traceparent  string `json:",omitempty"` // of the customer's last message
}

func (w Where) ref() conversation.Ref {
	return conversation.Ref{Tenant: w.Tenant, Conversation: w.Conversation}
}

// Result is the part that the results of all activities of a conversation share.
type Result struct {
	Logic int // of the worker that did it
	conversation.Situation
}

func result(s conversation.Situation) Result { return Result{Logic: Logic, Situation: s} }
