package workflows

import (
	"go.temporal.io/sdk/workflow"

	"wxdesk/internal/conversation"
)

// Names under which the outside reaches a conversation.
const (
	Name              = "Conversation"
	TaskQueue         = "conversations"
	SignalCustomer    = "customer-wrote" // a callback, as activities.Callback
	SignalAssigned    = "agent-assigned" // somebody else than the run did something about an assignment, as ActSignal
	SignalActed       = "agent-acted"    // somebody else than the run did something else, as ActSignal
	SignalNudge       = "nudge"          // has the run look, and lets it move to newer workers; carries nothing
	QueryState        = "state"
	DefaultContinueAt = 2000 // history events
)

// ID returns the workflow id of a customer's conversations with an account. It is the same for each of them, and one is open at a
// time. It does not name the customer.
func ID(account conversation.AccountID, customer conversation.CustomerKey) string {
	return "conversation/" + string(account) + "/" + string(customer)
}

// Input begins a run.
type Input struct {
	Tenant      conversation.Tenant
	AccountID   conversation.AccountID
	CustomerKey conversation.CustomerKey
	// ContinueAt is the number of history events after which the run continues as new; 0 means DefaultContinueAt.
	ContinueAt int    `json:",omitempty"`
	State      *State `json:",omitempty"` // carried from the run before
}

// ActSignal tells a run that somebody else acted in a conversation. The run then asks the ledger how its own stands.
type ActSignal struct {
	Conversation conversation.ID
	Act          string // for the timeline of the Web UI
}

// Conversation is the run of one conversation.
func Conversation(ctx workflow.Context, in Input) error {
	c := begin(ctx, in)
	if err := workflow.SetQueryHandler(ctx, QueryState, c.overview); err != nil {
		return err
	}
	return c.loop()
}

// run is the memory of a run. State survives continue-as-new; the rest is made again.
type run struct {
	in          Input
	st          State
	cancellable workflow.Context // ends when an operator cancels the run; nothing else runs on it
	inbox       workflow.ReceiveChannel
	signals     [2]workflow.ReceiveChannel
	nudges      workflow.ReceiveChannel

	task    task
	calls   int      // of the ledger, so far
	asking  inFlight // an Ask of a webhook
	sending inFlight // a Send over the queue
	alarm   alarm

	nudged bool // since this run began
	moveOn bool // to a new run as soon as nothing is under way
}

// inFlight is an activity that goes on while the loop does other things.
type inFlight struct {
	workflow.Future
	calls int // of the ledger, before it began
}

func (f inFlight) underWay() bool { return f.Future != nil }
func (f inFlight) isOver() bool   { return f.Future != nil && f.IsReady() }

func begin(ctx workflow.Context, in Input) *run {
	c := &run{
		in:          in,
		cancellable: ctx,
		inbox:       workflow.GetSignalChannel(ctx, SignalCustomer),
		signals:     [2]workflow.ReceiveChannel{workflow.GetSignalChannel(ctx, SignalAssigned), workflow.GetSignalChannel(ctx, SignalActed)},
		nudges:      workflow.GetSignalChannel(ctx, SignalNudge),
	}
	if c.in.ContinueAt == 0 {
		c.in.ContinueAt = DefaultContinueAt
	}
	if in.State != nil {
		c.st = upgrade(*in.State)
	}
	if c.st.Conversation == "" {
		c.st.Conversation = conversation.ID(runID(ctx))
	}
	if c.st.LastActivity.IsZero() {
		c.st.LastActivity = workflow.Now(ctx)
	}
	c.st.Logic = 0 // of the workers that perform this run, which its first call tells
	c.in.State = nil
	return c
}

// runID is the id of this run, the same after a reset.
func runID(ctx workflow.Context) string {
	info := workflow.GetInfo(ctx)
	if info.OriginalRunID == "" { // the SDK's test environment knows none
		return info.WorkflowExecution.RunID
	}
	return info.OriginalRunID
}
