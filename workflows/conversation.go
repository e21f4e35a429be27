package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"wxdesk/internal/conversation"
)

// Names under which the outside reaches a conversation.
const (
	Name              = "Conversation"
	TaskQueue         = "conversations"
	SignalCustomer    = "customer-wrote" // a callback, as Callback
	SignalNudge       = "nudge"          // wakes the run, for deploys; carries nothing
	UpdateClose       = "close"
	QueryState        = "state"
	DefaultContinueAt = 2000 // history events
)

// ID is the workflow id of a customer's conversations with an account: the same for each of them, one open at a time. It
// names nobody.
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

// Conversation is the life of one conversation.
func Conversation(ctx workflow.Context, in Input) error {
	c := begin(ctx, in)
	if err := c.install(ctx); err != nil {
		return err
	}
	return c.run(ctx)
}

// life is a run's memory: State survives continue-as-new, the rest is made anew.
type life struct {
	in     Input
	st     State
	inbox  workflow.ReceiveChannel
	nudges workflow.ReceiveChannel

	asking  workflow.Future // an Ask under way, for st.Turns[0]
	sending workflow.Future // a Send under way, for st.Sends[0]
	closing *closing        // set once the conversation is to end
	alarm   alarm

	received int // length of the history at the last Receive: which workflow task it was in
}

func begin(ctx workflow.Context, in Input) *life {
	c := &life{
		in:     in,
		inbox:  workflow.GetSignalChannel(ctx, SignalCustomer),
		nudges: workflow.GetSignalChannel(ctx, SignalNudge),
	}
	if c.in.ContinueAt == 0 {
		c.in.ContinueAt = DefaultContinueAt
	}
	if in.State != nil {
		c.st = upgrade(*in.State)
	}
	if c.st.Conversation == "" {
		c.st.Conversation = conversation.ID(workflow.GetInfo(ctx).OriginalRunID)
		if c.st.Conversation == "" { // the SDK's test environment knows no original run
			c.st.Conversation = conversation.ID(workflow.GetInfo(ctx).WorkflowExecution.RunID)
		}
	}
	if c.st.LastActivity.IsZero() {
		c.st.LastActivity = workflow.Now(ctx)
	}
	c.in.State = nil
	return c
}

// install registers the handlers: updates last, because registering them may run what is already waiting.
func (c *life) install(ctx workflow.Context) error {
	if err := workflow.SetQueryHandler(ctx, QueryState, c.overview); err != nil {
		return err
	}
	return workflow.SetUpdateHandlerWithOptions(ctx, UpdateClose, c.close, workflow.UpdateHandlerOptions{
		Description: "End the conversation.",
		Validator:   c.mayClose,
	})
}

// idleAt is when silence ends the conversation.
func (c *life) idleAt() time.Time { return c.st.LastActivity.Add(c.st.IdleClose) }
