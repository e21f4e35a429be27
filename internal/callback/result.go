package callback

import (
	"time"

	"wxdesk/internal/bot"
	"wxdesk/internal/conversation"
)

// Result is what Receive's transaction answers.
type Result struct {
	conversation.Situation               // after them; zero where it has no row
	Receipts               []Receipt     // one per arrival, in order; none where Ending
	Ending                 bool          // the end is wished or done: nothing was written, the arrivals are the next conversation's
	Begun                  bool          // the conversation has a row
	IdleClose              time.Duration // the account's setting at this moment; 0 while the customer has no row
	Bot                    bot.Kind      // the account's bot at this moment; empty without one, and while the customer has no row
}

// Receipt says what was done with an arrival.
type Receipt struct {
	Outcome   ReceiptOutcome
	MessageID conversation.MessageID // of the row, where Outcome is ReceiptNew
	Seq       int64
}

// ReceiptOutcome names what was done with an arrival.
type ReceiptOutcome string

// The outcomes. A Receive that runs again returns ReceiptNew again for what it wrote itself.
const (
	ReceiptNew         ReceiptOutcome = "new"
	ReceiptRepeat      ReceiptOutcome = "repeat"      // its key was known; nothing was written
	ReceiptQuarantined ReceiptOutcome = "quarantined" // unreadable, or other content under a known key
	ReceiptNoted       ReceiptOutcome = "noted"       // written, but not as a message of the transcript (an unfollow)
)
