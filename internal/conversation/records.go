package conversation

import "time"

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
