package lifecycle

import (
	"time"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// Snapshot is the state of one conversation and of what is around it, as the ledger has locked and read it. The fields of the last
// three groups are read only for an act or a time that needs them.
type Snapshot struct {
	Standing
	Revision int64
	LastSeq  int64 // number of the last message of the transcript
	Wishes   Wishes
	Unsent   Unsent
	Language conversation.Language // the account's

	Item   *Item       // the work item that is not done; nil: nothing is asked of people
	Live   *Assignment // the assignment that is not over; nil: it is neither offered to an agent nor held by one
	Agents map[conversation.AgentID]Agent

	Workstream       routing.Workstream
	AutoClose        time.Duration // how long the conversation may be put aside
	MaxConversations int           // that an agent has at a time; a setting of the tenant

	New NewIDs

	// Of who acts, and of what the act names.
	Allowance conversation.Allowance
	Accepted  bool                        // the agent who acts has the conversation, or had it, or it is offered to them
	Asked     bool                        // the same, or it was offered to them
	Member    bool                        // the agent who acts is a member of the conversation's queue
	Target    *Target                     // the queue that the act names; nil: there is none
	Message   conversation.DeliveryStatus // how far the message has come that the act names; "": there is none
	Skills    []routing.SkillID           // the skills that the act names and that exist

	// Of a queue if the conversation has waited too long.
	Overflow routing.Overflow   // of its queue
	Queues   []routing.QueueNow // every queue of the tenant
	Hops     int                // how often the conversation has overflowed to another queue
	Mute     bool               // nothing can be said to the customer, whose key does not open

	// Of a hand-over.
	LastCustomerAt time.Time
	LastAgent      conversation.AgentID   // who had the customer's last conversation when it closed, and still works here
	LastEnded      time.Time              // when that conversation closed
	Preferred      []conversation.AgentID // the agents whom the customer prefers
}

// BotActs reports whether the bot holds the conversation, and nothing else is wished.
func (s Snapshot) BotActs() bool {
	return s.Holder == conversation.HolderBot && s.State != conversation.StateClosed && s.Wishes == Wishes{}
}

// Rests reports whether the agent who has the conversation has put it aside or is wrapping it up, so that the customer's next message
// moves it.
func (s Snapshot) Rests() bool {
	return s.State == conversation.StateWaiting || s.State == conversation.StateWrapUp
}

// Standing is the state of a conversation, as its row has it.
type Standing struct {
	State        conversation.State
	Holder       conversation.Holder
	Epoch        conversation.Epoch
	Queue        conversation.QueueID // "": it has not been in one yet
	Agent        conversation.AgentID // "": no agent has it
	Since        time.Time            // when it came into its state
	WaitingSince time.Time            // for people; zero: it does not
	Until        time.Time            // put aside until then; zero: until the customer writes
	Reason       conversation.CloseReason
}

// Wishes are a hand-over or an end that is decided and not done yet. At most one of them is wished at a time.
type Wishes struct {
	HandOver conversation.EscalationReason // why people are to get it; "": they are not
	Turn     conversation.MessageID        // the customer's message that asked for them
	Queue    conversation.QueueID          // that the bot named; "": the rules choose
	Ending   conversation.CloseReason      // why the conversation is to end; "": it is not
}

// Unsent counts the messages to the customer that have not ended.
type Unsent struct {
	Queued    int
	Automated int // of these, automated messages, which belong to no epoch
	Sending   int
}

// Any reports whether there are any.
func (u Unsent) Any() bool { return u.Queued+u.Sending > 0 }

// Item is the work item of a conversation.
type Item struct {
	ID         conversation.WorkItemID
	Queue      conversation.QueueID
	State      ItemState
	Mode       routing.Mode
	Units      int
	Profiles   []routing.ProfileID
	Skills     []routing.NeededSkill // sorted by skill
	SkillMatch routing.SkillMatch
	Presences  []routing.Presence
	Overflow   *routing.Overflow // of the rule that chose the queue, in place of the queue's; nil: the queue's

	QueuedAt  time.Time            // when it came into its queue
	Since     time.Time            // the customer's last message before it began to wait
	KeptFor   conversation.AgentID // offered to this agent alone until KeptUntil; "": to anybody
	KeptUntil time.Time
	Declined  map[conversation.AgentID]int       // how often; 0 for an agent who was asked and has not declined: others are asked first
	Paused    map[conversation.AgentID]time.Time // until when an agent who was asked in vain is not asked again

	// Set once, when the item is made.
	Priority   int
	Preferred  []conversation.AgentID
	Attributes map[string]any
}

// Assignment is an assignment of the conversation to an agent.
type Assignment struct {
	ID         conversation.AssignmentID
	Item       conversation.WorkItemID
	Queue      conversation.QueueID
	Agent      conversation.AgentID
	How        Method
	State      AssignmentState
	Units      int
	Profiles   []routing.ProfileID
	OfferedAt  time.Time
	Deadline   time.Time // of an offer
	ShowBy     time.Time // by when the agent's desk has to show the offer; zero: it does, or nothing is expected of it
	AcceptedAt time.Time // zero: it was not
	EndedAt    time.Time // zero: it is live
	HoldsUntil time.Time // when it stops taking capacity; zero: while it is live
}

// Agent is an agent whom a change may concern. Their load is counted without this conversation.
type Agent struct {
	ID       conversation.AgentID
	Disabled bool // or deleted
	Presence routing.Presence
	Manual   bool // the presence was chosen
	Lost     bool // the connection, a moment ago; nobody has been told
	Shift    bool // a person who has signed in has begun to work
	Bearer   bool // an API token has an event stream for the agent
	Units    int  // in all
	Load     int  // taken, of Units
	Sessions int  // conversations that they have, beside those that are put aside
	Held     int  // of these, of this conversation's workstream
	Profiles []Profile
	Skills   map[routing.SkillID]int // rating, of those that are not disabled
	DayBegan time.Time               // midnight, if they are
}

// Profile is an agent's room in one of their capacity profiles.
type Profile struct {
	ID       routing.ProfileID
	Limit    int
	Used     int
	Blocking bool
	Daily    bool // what was accepted counts until the end of the day
	Earlier  int  // how often they accepted this conversation today, beside the live assignment; of a daily one
}

// Target is a queue that a conversation may be moved to.
type Target struct {
	ID     conversation.QueueID
	Hours  *routing.Hours // nil: always open
	Others int            // agents in it who are not disabled, beside the one who has the conversation
}

// NewIDs are unused ids for what a change makes.
type NewIDs struct {
	Assignment conversation.AssignmentID
	Item       conversation.WorkItemID
	Message    conversation.MessageID // or note
}
