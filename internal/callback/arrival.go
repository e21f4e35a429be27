package callback

import (
	"time"

	"wxdesk/internal/conversation"
)

// Arrival is one callback after Receive has opened it, or tried to.
type Arrival struct {
	DeliveryID string
	MessageKey string
	// Fingerprint of the opened message; "" if it could not be opened.
	Fingerprint string
	OpenID      string // personal data
	Kind        string
	IsEvent     bool
	Text        string
	Fields      []byte // JSON of what else the message carried (media ids, coordinates …); nil if there is nothing
	Trigger     conversation.Trigger
	Follow      Follow
	Stale       bool
	Echo        bool      // from our own account (X21)
	SaidAt      time.Time // WeChat's CreateTime; zero if it makes no sense (X11)
	ReceivedAt  time.Time
	Traceparent string // W3C trace context of the request that brought it
	Redriven    bool   // from quarantine

	// Quarantine is why this callback cannot be read ("" if it can); Ciphertext and KeyID are then kept for a later
	// try.
	Quarantine string
	Ciphertext string
	KeyID      string
}

// Follow is what an arrival says about following.
type Follow string

// The changes of following.
const (
	FollowUnchanged Follow = ""
	Followed        Follow = "followed"
	Unfollowed      Follow = "unfollowed"
)

// Batch is what Receive has opened, of one customer.
type Batch struct {
	conversation.Ref
	AccountID   conversation.AccountID
	CustomerKey conversation.CustomerKey
	WorkflowID  string
	Arrivals    []Arrival
}
