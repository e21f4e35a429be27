package conversation

import (
	"strings"
	"time"
)

// Entry is one entry of a conversation's timeline: a message, a note or a step. Exactly one of the three is not nil.
type Entry struct {
	Seq     int64 // one counter for all three; numbers may be missing
	At      time.Time
	By      Writer
	Message *Message
	Note    *Note
	Step    *TimelineStep
}

// Writer is who wrote or did something.
type Writer struct {
	Kind WriterKind
	ID   string // "" where the kind says it all
	Name string // as far as it is read
}

// WriterKind says what kind of writer it is.
type WriterKind string

// The kinds of writer.
const (
	WriterCustomer WriterKind = "customer"
	WriterBot      WriterKind = "bot"
	WriterAgent    WriterKind = "agent"
	WriterSystem   WriterKind = "system" // wxdesk itself
	WriterUser     WriterKind = "user"   // a person who is no agent
	WriterToken    WriterKind = "token"  // the bearer of an API token who is no agent
)

// TimelineStep is something that happened to a conversation beside what was said.
type TimelineStep struct {
	What    string // a lifecycle.StepKind, or StepOpened
	QueueID QueueID
	AgentID AgentID
	Reason  string
	Until   time.Time
}

// StepOpened is the first step of every conversation, with the number 0.
const StepOpened = "opened"

// TimelineRange says which part of a timeline is read: at most Limit entries before or after a number, around one, or, where all
// three are nil, the newest.
type TimelineRange struct {
	Before, After, Around *int64
	Limit                 int
}

// Timeline is a part of a timeline, oldest first.
type Timeline struct {
	Entries       []Entry
	Before, After bool // there is more on that side
}

// Label is how people call a customer before they give them a name: WeChat tells none.
func (c Customer) Label() string {
	const digits = 4
	id := string(c.ID)
	return "客户 " + strings.ToUpper(id[max(0, len(id)-digits):])
}
