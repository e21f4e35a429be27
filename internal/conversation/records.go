package conversation

import (
	"errors"
	"time"
)

// Errors of keeping and of commanding.
var (
	// ErrVersion: somebody else changed the thing meanwhile; read it again.
	ErrVersion = errors.New("conversation: changed by somebody else meanwhile")
	// ErrExists: there is one already, such as an account with this AppID.
	ErrExists = errors.New("conversation: exists already")
	// ErrKeyMissing: an account whose callbacks are encrypted needs an EncodingAESKey, and has none.
	ErrKeyMissing = errors.New("conversation: the mode needs an EncodingAESKey")
	// ErrNoBot: an account was to get a bot that there is not.
	ErrNoBot = errors.New("conversation: there is no such bot")
	// ErrAddress: the URL may not be called.
	ErrAddress = errors.New("conversation: the address may not be called")
	// ErrInUse: something else needs it, such as an account its bot.
	ErrInUse = errors.New("conversation: it is in use")
	// ErrTooMany: there may be no more of them, such as classification rulesets of a workstream.
	ErrTooMany = errors.New("conversation: there are too many already")
	// ErrKeyReused: the Idempotency-Key came with another request before.
	ErrKeyReused = errors.New("conversation: the idempotency key was used for another request")
	// ErrBusy: somebody else held it for too long; the same may be asked again.
	ErrBusy = errors.New("conversation: somebody else is at it, try again")
	// ErrLater: the ledger could not be asked, or did not answer in time; nothing is wrong with the question, ask again.
	ErrLater = errors.New("conversation: the ledger is out of reach, try later")
)

// Event is an event of the platform that concerns no conversation.
type Event struct {
	Tenant      Tenant
	AccountID   AccountID
	MessageKey  string
	Kind        string
	CustomerKey CustomerKey // "" where it names no customer
	Body        []byte      // the opened XML
	ReceivedAt  time.Time
}

// Unreadable is an authentic callback that cannot be read.
type Unreadable struct {
	Tenant     Tenant
	AccountID  AccountID
	DeliveryID string
	Reason     string // stable kebab-case
	KeyID      string // "" where no key opened it
	Raw        []byte // as WeChat sent it
	ReceivedAt time.Time
}

// Quarantined is a callback that waits in quarantine, without what it says.
type Quarantined struct {
	DeliveryID string     `db:"delivery_id"`
	AccountID  AccountID  `db:"account_id"`
	MessageKey string     `db:"message_key"` // "" where the door could not read it
	Reason     string     `db:"reason"`
	KeyID      string     `db:"key_id"` // "" where no key opened it
	ReceivedAt time.Time  `db:"received_at"`
	HandedAt   *time.Time `db:"handed_at"` // given to its conversation again, which has not taken it in yet
}

// QuarantineFilter narrows a list of the quarantine; empty fields do not.
type QuarantineFilter struct {
	AccountID  AccountID
	DeliveryID string
	Reason     string
}

// Actor is who changes something, for the audit.
type Actor struct {
	Tenant Tenant
	Name   string // an API token's id, or "cli"
}

// AccessRefusalKind says why somebody was not let in.
type AccessRefusalKind string

// The kinds.
const (
	RefusedToken   AccessRefusalKind = "token"          // no API token, or one that does not count
	RefusedRole    AccessRefusalKind = "role"           // the role does not allow it
	RefusedTries   AccessRefusalKind = "too-many-tries" // of API tokens
	RefusedGuesses AccessRefusalKind = "guessed-ids"
)

// AccessRefusal is what was refused, and to whom.
type AccessRefusal struct {
	Tenant  Tenant
	Actor   string // an API token's id, or "unknown"
	Kind    AccessRefusalKind
	Network string // where it came from, such as 192.0.2.0/24; "" for many
}

// AccessRefusals are refusals of one kind in one minute.
type AccessRefusals struct {
	AccessRefusal
	Count int
}

// Filter narrows a list of conversations; empty fields do not.
type Filter struct {
	State     State
	QueueID   QueueID
	AgentID   AgentID
	AccountID AccountID
}

// Position is where a page of conversations ended; the zero value is before the first.
type Position struct {
	OpenedAt time.Time
	ID       ID
}

// CommandRequest is a request that must have one effect however often it is sent.
type CommandRequest struct {
	Tenant   Tenant
	TokenID  string
	Method   string
	Path     string
	Key      string   // the Idempotency-Key
	BodyHash [32]byte // SHA-256 of body and If-Match; the ledger keeps it keyed
}
