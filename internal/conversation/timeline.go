package conversation

import (
	"strings"
	"time"
)

// Entry is one entry of a conversation's timeline: a message, a note or a step. Exactly one of the three is not nil.
type Entry struct {
	Seq     int64 // all three share one counter; numbers may be missing
	At      time.Time
	By      Writer
	Message *Message
	Note    *Note
	Step    *TimelineStep
}

// Writer is who wrote or did something.
type Writer struct {
	Kind WriterKind
	ID   string // of the customer, agent, user or API token; "" for others
	Name string // "" if there is none, or if it was not read
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

// TimelineStep is something that was done with a conversation, such as a transfer.
type TimelineStep struct {
	What    string // a lifecycle.StepKind, or StepOpened
	QueueID QueueID
	AgentID AgentID
	Reason  string
	Until   time.Time
}

// StepOpened is the first step of every conversation, with the number 0.
const StepOpened = "opened"

// TimelineRange says which part of a timeline is read: at most Limit entries before, after or around a number. If all three are nil, the
// newest entries are read.
type TimelineRange struct {
	Before, After, Around *int64
	Limit                 int
}

// Timeline is a part of a timeline, oldest first.
type Timeline struct {
	Entries       []Entry
	Before, After bool // there is more on that side
}

// Label returns what people call a customer who has no name yet, such as "客户 7F3A". WeChat tells no names.
func (c Customer) Label() string {
	const digits = 4
	id := string(c.ID)
	return "客户 " + strings.ToUpper(id[max(0, len(id)-digits):])
}
