package command

import (
	"time"

	"wxdesk/internal/conversation"
)

// Result is what an act came to.
type Result struct {
	Refused      Refusal                   // "" where it was done; otherwise nothing was changed and the key is free again
	Conversation conversation.Conversation // as it was after the act; where a condition failed (412), as it is now
	MessageID    conversation.MessageID    // of reply, note and resend
	At           time.Time                 // when it was done, by the ledger's clock; a repeat answers the same time
	Notice       *conversation.RunNotice   // the run is to be told; nil if there is nothing to tell, and for a repeat
}
