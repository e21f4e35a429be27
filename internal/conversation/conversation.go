package conversation

import (
	"errors"
	"time"
)

// Identifiers. All are UUIDs in their usual text form, except where said.
type (
	// ID names a conversation. It is the run id of the Temporal run that began it.
	ID string
	// AccountID names an official account in this system; it is also the path element of its callback URL.
	AccountID string
	// CustomerID names a customer of one account.
	CustomerID string
	// CustomerKey finds a customer without naming a person: a keyed hash of the openid (wechat.CustomerKey).
	CustomerKey string
	// MessageID names a message; a UUIDv7, so that it sorts by time.
	MessageID string
	// QueueID names a queue of the contact centre (never a task queue).
	QueueID string
	// AgentID names an agent, who is a person.
	AgentID string
	// BotID names a bot that accounts may be set up with.
	BotID string
	// Tenant names the owner of a row; DefaultTenant until more are made.
	Tenant string
)

// DefaultTenant is the tenant of everything until more are made.
const DefaultTenant Tenant = "default"

// State is where a conversation stands.
type State string

// The states of contact-centre practice. Closed is final.
const (
	StateOpen    State = "open"    // waits in a queue for an agent
	StateActive  State = "active"  // a bot or an agent has it
	StateWaiting State = "waiting" // an agent has put it aside until the customer writes
	StateWrapUp  State = "wrap_up" // the conversation with the customer is over, the agent finishes the paperwork
	StateClosed  State = "closed"
)

// Valid reports whether s is one of the five states.
func (s State) Valid() bool {
	switch s {
	case StateOpen, StateActive, StateWaiting, StateWrapUp, StateClosed:
		return true
	}
	return false
}

// Holder says who has to act next.
type Holder string

// The holders.
const (
	HolderBot   Holder = "bot"
	HolderQueue Holder = "queue" // nobody in particular: the queue's agents
	HolderAgent Holder = "agent"
)

// Epoch counts the changes of a conversation's holder. An act of a holder names the epoch in which it began. An act of an earlier
// epoch has no effect.
type Epoch int64

// Author says who wrote a message.
type Author string

// The authors.
const (
	AuthorCustomer Author = "customer"
	AuthorBot      Author = "bot"
	AuthorAgent    Author = "agent"
	AuthorSystem   Author = "system" // an automated message
)

// DeliveryStatus is the state of a message to the customer.
type DeliveryStatus string

// queued → sending → sent | failed | unknown; back to queued if WeChat says that it was not sent.
const (
	DeliveryQueued  DeliveryStatus = "queued"
	DeliverySending DeliveryStatus = "sending"
	DeliverySent    DeliveryStatus = "sent"
	DeliveryFailed  DeliveryStatus = "failed"
	DeliveryUnknown DeliveryStatus = "unknown" // WeChat's answer was lost; only a person may send it again
)

// CloseReason says why a conversation ended.
type CloseReason string

// The reasons for closing.
const (
	ClosedIdle       CloseReason = "idle"
	ClosedByPerson   CloseReason = "closed-by-person"
	ClosedByBot      CloseReason = "ended-by-bot"
	ClosedUnfollowed CloseReason = "unfollowed"
	ClosedSuperseded CloseReason = "superseded" // its run was terminated or restored away; the next conversation closed the row
)

// Errors of the rule book.
var (
	// ErrNotFound: there is no such thing, or not for this caller.
	ErrNotFound = errors.New("conversation: not found")
	// ErrClosed says that the conversation has ended; a new message of the customer begins the next one.
	ErrClosed = errors.New("conversation: closed")
)

// Conversation is a conversation as the ledger knows it.
type Conversation struct {
	ID             ID
	AccountID      AccountID
	Customer       Customer
	WorkflowID     string
	State          State
	Holder         Holder
	QueueID        QueueID // "" unless it waits in one
	AgentID        AgentID // "" unless an agent has it
	Epoch          Epoch
	CloseReason    CloseReason // "" unless closed
	Ending         CloseReason // why it ends once nothing is on its way to the customer; "" if nobody wishes the end
	OpenedAt       time.Time
	LastCustomerAt time.Time
	ClosedAt       time.Time // zero unless closed

	// How it stands towards people.
	Revision     int64 // of Standing
	WorkstreamID WorkstreamID
	WaitingSince time.Time // for a person; zero unless it does
	Offer        *Offer    // whom it is offered to
	Due          []Due     // soonest first
	LastAgent    AgentID   // who had it last; "" for nobody
	Context      map[string]any
	Summary      string // the bot's summary when it handed the conversation over
	Allowance    Allowance

	// For who looks over many.
	Last            *LastMessage // nil before the first
	UnansweredSince time.Time    // since when the customer waits for an answer of a bot or an agent; zero: they do not
	AnsweredAt      time.Time    // when a bot or an agent wrote last; zero: never
	ActiveAt        time.Time    // when anybody wrote last
	Unread          int          // messages of the customer that the viewer has not read, as far as they are counted
	Priority        int          // smaller goes first
	Skills          []SkillNeed
}

// LastMessage is the last message of a conversation.
type LastMessage struct {
	Author Author
	Kind   string
	Text   string
	At     time.Time
}

// SkillNeed is a skill that a conversation needs.
type SkillNeed struct {
	SkillID string `json:"skill_id"`
	Rating  int    `json:"rating"`
}

// Customer is a follower of one official account who has written.
type Customer struct {
	ID        CustomerID
	AccountID AccountID
	OpenID    string // personal data: never in a log, an id or a label
	Tags      []string
}

// Message is one entry of the transcript: what a customer, a bot, an agent or an automated message said.
type Message struct {
	ID      MessageID
	Seq     int64 // 1, 2, 3 … within the conversation
	Author  Author
	AgentID AgentID // who wrote it; "" unless an agent did
	Kind    string  // WeChat's MsgType, or the event's name
	Text    string  // "" if there is none
	// Fields are what a customer's message carried besides its text, by the platform's element names (MediaId,
	// Location_X, EventKey …). Strangers wrote them: text to show, never addresses to call.
	Fields    map[string]string
	CreatedAt time.Time
	Delivery  *Delivery // nil for customers
	Key       string    // the Idempotency-Key under which the viewer sent it, for as long as keys are kept; "" otherwise
}

// Delivery says whether a message to the customer was sent, and why not.
type Delivery struct {
	Status DeliveryStatus
	Reason string // stable kebab-case, "" if there is nothing to say
}

// Note is what somebody wrote about a conversation for colleagues. It is never sent and never changed.
type Note struct {
	ID        string // of the command that made it
	Author    string // an agent's id, a user's, or an API token's
	Text      string
	CreatedAt time.Time
	Key       string // as of a Message; only in a timeline
}

// Ref names a conversation in the ledger.
type Ref struct {
	Tenant       Tenant
	Conversation ID
}
