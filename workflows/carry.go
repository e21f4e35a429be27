package workflows

import (
	"strconv"
	"time"

	"github.com/google/uuid"
	"go.temporal.io/sdk/workflow"

	"wxdesk/activities"
	"wxdesk/internal/bot"
	"wxdesk/internal/conversation"
)

// schema numbers the form of State. Changes are additive; upgrade brings an older one up to date.
const schema = 2

// maxCarry is how many bytes of callbacks, not yet received, a run takes along when it continues as new.
const maxCarry = 256 << 10

// State is the memory that a conversation carries from run to run: ids, facts and ciphertext, never what was said.
type State struct {
	Schema       int
	Logic        int             // of the workers that perform this run
	Conversation conversation.ID // of the first conversation: the id of the run that began it
	Number       int             `json:",omitempty"` // of the conversation among those of this workflow, from 0
	Begun        bool            `json:",omitempty"` // it has a row in the ledger
	conversation.Standing
	Owed         Owed
	LastActivity time.Time // when the customer last wrote, by the workflow's clock
	IdleClose    time.Duration
	Bot          bot.Kind `json:",omitempty"` // the account's, as the last Receive or Ask knew it
	Lines        int      // messages of the customer
	Traceparent  string   `json:",omitempty"` // of the customer's last message

	Stale    bool                  `json:",omitempty"` // somebody else has acted: the ledger is to be asked how things stand
	Failed   bool                  `json:",omitempty"` // asking the bot failed for good: people are to be wished
	Plainly  bool                  `json:",omitempty"` // handing over by rules is broken
	PermitAt time.Time             `json:",omitzero"`  // when the next send may begin, for which a permit is reserved; zero: none is
	Pauses   map[string]Pause      `json:",omitempty"` // steps that are put off
	Seen     []string              `json:",omitempty"` // message key and head of the fingerprint, newest last
	Pending  []activities.Callback `json:",omitempty"` // not received yet
}

// Owed is what the conversation owes, as the ledger last said, by the workflow's clock.
type Owed struct {
	Turn     bool      `json:",omitempty"`
	TurnAt   time.Time `json:",omitzero"`
	Send     bool      `json:",omitempty"`
	SendAt   time.Time `json:",omitzero"`
	HandOver bool      `json:",omitempty"`
	End      bool      `json:",omitempty"`
}

func (o Owed) nothing() bool { return !o.Turn && !o.Send && !o.HandOver && !o.End }

func upgrade(st State) State {
	st.Schema = schema
	return st
}

func (st *State) isClosed() bool { return st.State == conversation.StateClosed }

// forget drops a conversation that the ledger does not have. Its pending callbacks begin it again.
func (st *State) forget() {
	st.Begun, st.Standing, st.Owed, st.Failed, st.Plainly = false, conversation.Standing{}, Owed{}, false, false
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

// continueDue reports whether the run should continue as new: its history has grown long enough, or a newer version of the workers is
// to continue.
func (c *run) continueDue(ctx workflow.Context) bool {
	info := workflow.GetInfo(ctx)
	return c.moveOn || info.GetCurrentHistoryLength() >= c.in.ContinueAt || info.GetContinueAsNewSuggested() || mayMoveOn(ctx, c.nudged)
}

// continueAsNew continues the same conversation in a new run. No activity may be under way, because it would go on beside the new
// run's copy.
func (c *run) continueAsNew(ctx workflow.Context) (over bool, err error) {
	if err := c.show(ctx); err != nil {
		return false, err
	}
	c.drain(ctx)
	next := c.in
	next.State = &c.st
	return true, asNew(ctx, Conversation, next)
}

// nextID is the id of a conversation after the first: a UUID version 5 over the run's id and the conversation's number.
func nextID(run string, number int) conversation.ID {
	space, _ := uuid.Parse(run) // an id that is no UUID gives what is fixed, too
	return conversation.ID(uuid.NewSHA1(space, []byte(strconv.Itoa(number))).String())
}
