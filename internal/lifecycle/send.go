package lifecycle

import (
	"errors"
	"time"

	"wxdesk/internal/conversation"
)

// Queued is a message to the customer that waits to be sent, and what decides whether it still may be.
type Queued struct {
	Epoch           *conversation.Epoch // in which it was written; nil: an automated message, which belongs to no epoch
	AccountDisabled bool                // or deleted: the account sends nothing
	Conversation    Standing            // only State and Epoch are read
}

// Send decides whether a queued message may still be sent. It returns the customer's reply allowance without the message, and "".
// If the message may not be sent, it returns the reason why it fails: ReasonClosed, ReasonSuperseded, ReasonDisabled or
// ReasonWindow. If several hold, it returns the first of these.
func Send(now time.Time, m Queued, allowance conversation.Allowance) (left conversation.Allowance, reason string) {
	switch {
	case m.Conversation.State == conversation.StateClosed:
		return allowance, ReasonClosed
	case m.Epoch != nil && *m.Epoch != m.Conversation.Epoch:
		return allowance, ReasonSuperseded
	case m.AccountDisabled:
		return allowance, ReasonDisabled
	}
	left, err := allowance.Spend(now)
	if errors.Is(err, conversation.ErrWindowClosed) {
		return allowance, ReasonWindow
	}
	// ErrAllowanceSpent: by our count nothing is left. But how WeChat counts is not documented, so WeChat decides (docs/adr/0007).
	return left, ""
}
