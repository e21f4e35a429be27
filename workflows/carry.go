package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"wxdesk/activities"
	"wxdesk/internal/conversation"
)

// schema numbers the form of State. Changes are additive; upgrade brings an older one up to date.
const schema = 1

// maxCarry is how many bytes of callbacks, not yet received, a run takes along when it continues as new.
const maxCarry = 256 << 10

// State is what a conversation remembers from run to run: ids, facts and ciphertext, never what was said.
type State struct {
	Schema       int
	Conversation conversation.ID `json:",omitempty"` // the id of the run that began it
	Begun        bool            `json:",omitempty"` // it has a row in the ledger
	conversation.Standing
	LastActivity time.Time // when the customer last wrote, by the workflow's clock
	IdleClose    time.Duration
	Bot          conversation.BotKind `json:",omitempty"` // the account's, as the last Receive knew it
	Lines        int                  // messages of the customer

	Done       []string                 `json:",omitempty"` // ids of commands, newest last
	Seen       []string                 `json:",omitempty"` // message key and head of the fingerprint, newest last
	Pending    []activities.Callback    `json:",omitempty"` // not received yet
	Turns      []Turn                   `json:",omitempty"` // wait for the bot
	TurnsAfter conversation.MessageID   `json:",omitempty"` // those after this one wait in the ledger
	Sends      []Sending                `json:",omitempty"` // wait for WeChat
	Escalation *Escalation              `json:",omitempty"` // waits for the sends before it
	Ending     conversation.CloseReason `json:",omitempty"` // close once everything is sent
}

// Turn is a message of the customer that the bot is to answer. There may be thousands, hence the short names.
type Turn struct {
	MessageID   conversation.MessageID `json:"m"`
	Traceparent string                 `json:"t,omitempty"`
	NotBefore   time.Time              `json:"n,omitzero"`
}

// Sending is a message that is to go to the customer.
type Sending struct {
	MessageID   conversation.MessageID `json:"m"`
	Traceparent string                 `json:"t,omitempty"`
	NotBefore   time.Time              `json:"n,omitzero"`
}

// Escalation is a wish for people.
type Escalation struct {
	Turn    Turn
	Reason  activities.EscalationReason
	QueueID conversation.QueueID `json:",omitempty"`
}

func upgrade(st State) State {
	st.Schema = schema
	return st
}

// pendingBytes is about what the pending callbacks take as JSON.
func (st *State) pendingBytes() int {
	const others = 450 // ids, key, fingerprint, times, trace
	n := 0
	for _, cb := range st.Pending {
		n += len(cb.Ciphertext) + others
	}
	return n
}

// continueDue reports whether the history has grown long enough to begin a new run, or a newer version is to go on.
func (c *life) continueDue(ctx workflow.Context) bool {
	info := workflow.GetInfo(ctx)
	return c.st.Begun &&
		(info.GetCurrentHistoryLength() >= c.in.ContinueAt || info.GetContinueAsNewSuggested() || mayMoveOn(ctx, c.nudged))
}

// mayContinue reports whether nothing would be lost: no activity under way (it would run on beside the new run's copy),
// no command half done, nothing left that is too much to carry.
func (c *life) mayContinue(ctx workflow.Context) bool {
	return !c.busy() && c.closing == nil && len(c.jobs) == 0 && !c.mayReceive(ctx) && workflow.AllHandlersFinished(ctx)
}

// continueAsNew goes on with the same conversation in a new run.
func (c *life) continueAsNew(ctx workflow.Context) error {
	next := c.in
	c.st.Schema = schema
	c.st.leaveTurns()
	next.State = &c.st
	return asNew(ctx, Conversation, next)
}

// beginNext begins the customer's next conversation with what arrived while this one was closing.
func (c *life) beginNext(ctx workflow.Context) error {
	next := c.in
	next.State = &State{Schema: schema, Seen: c.st.Seen, Pending: c.st.Pending}
	return asNew(ctx, Conversation, next)
}
