package callback

import (
	"time"

	"wxdesk/internal/conversation"
)

// OtherContent is the reason in quarantine of a callback whose message key was used before with other content (C11).
const OtherContent = "other-content-known-key"

// Unreadable is an authentic callback that cannot be read.
type Unreadable struct {
	Tenant     conversation.Tenant
	AccountID  conversation.AccountID
	DeliveryID string
	Reason     string // stable kebab-case
	KeyID      string // "" if no key opened it
	Raw        []byte // as WeChat sent it
	ReceivedAt time.Time
}

// Quarantined is a callback that waits in quarantine, without what it says.
type Quarantined struct {
	DeliveryID string                 `db:"delivery_id"`
	AccountID  conversation.AccountID `db:"account_id"`
	MessageKey string                 `db:"message_key"` // "" where the callback endpoint could not read it
	Reason     string                 `db:"reason"`
	KeyID      string                 `db:"key_id"` // "" if no key opened it
	ReceivedAt time.Time              `db:"received_at"`
	HandedAt   *time.Time             `db:"handed_at"` // given to its conversation again, which has not taken it in yet
}

// QuarantineFilter narrows a list of the quarantine; empty fields do not.
type QuarantineFilter struct {
	AccountID  conversation.AccountID
	DeliveryID string
	Reason     string
}
