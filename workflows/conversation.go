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
	SignalAssigned    = "agent-assigned" // how the conversation stands after somebody else than its run changed it, as Assigned
	SignalNudge       = "nudge"          // wakes the run, and lets it move to the current version of the workers; carries nothing
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
	in       Input
	st       State
	inbox    workflow.ReceiveChannel
	assigned workflow.ReceiveChannel
	nudges   workflow.ReceiveChannel

	jobs    []job           // commands of people, in order
	asking  workflow.Future // an Ask under way, for st.Turns[0]
	sending workflow.Future // a Send under way, for st.Sends[0]
	closing *closing        // set once the conversation is to end
	alarm   alarm

	nudged       bool      // since this run began
	notDueBefore time.Time // the ledger found that nothing was due yet
	received     int       // length of the history at the last Receive: which workflow task it was in
}

func begin(ctx workflow.Context, in Input) *life {
	c := &life{
		in:       in,
		inbox:    workflow.GetSignalChannel(ctx, SignalCustomer),
		assigned: workflow.GetSignalChannel(ctx, SignalAssigned),
		nudges:   workflow.GetSignalChannel(ctx, SignalNudge),
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
	for _, kind := range Commands() {
		err := workflow.SetUpdateHandlerWithOptions(ctx, string(kind), c.command, workflow.UpdateHandlerOptions{Validator: c.mayCommand})
		if err != nil {
			return err
		}
	}
	return nil
}

// idleAt is when silence ends a conversation that a bot has or that waits in a queue; zero for never. Where an agent has
// it, the ledger says what falls due.
func (c *life) idleAt() time.Time {
	if c.st.Holder == conversation.HolderAgent || c.st.Offer != nil {
		return time.Time{}
	}
	return c.st.LastActivity.Add(c.st.IdleClose)
}

// isIdle reports whether the customer has been silent for too long.
func (c *life) isIdle(ctx workflow.Context) bool {
	at := c.idleAt()
	return !at.IsZero() && !workflow.Now(ctx).Before(at)
}
