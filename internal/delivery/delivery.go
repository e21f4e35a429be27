package delivery

import (
	"time"

	"wxdesk/internal/account"
	"wxdesk/internal/conversation"
	"wxdesk/internal/wechat"
)

// Outgoing is a message that an attempt has marked as being sent, with everything needed to send it.
type Outgoing struct {
	From   wechat.Credentials
	OpenID string // personal data
	Text   string
}

// SendingLimit is how long an attempt to send owns its message. A message whose result is not recorded by then counts as unknown;
// only the attempt itself may still correct that.
const SendingLimit = 12 * time.Second

// Marking is the answer to an attempt's wish to send.
type Marking struct {
	// MessageID is the message that the attempt has claimed, or that was settled in its place; "" if there was nothing to
	// claim now.
	MessageID conversation.MessageID
	// Status is DeliverySending if the attempt may go ahead, otherwise how MessageID was settled: failed, unknown.
	Status      conversation.DeliveryStatus
	Reason      string
	Attempts    int // this one included
	Outgoing    Outgoing
	Traceparent string // of the customer's message that this one answers, or of the request that wrote it
	// Situation is how the conversation stands; zero if the attempt may go ahead.
	Situation conversation.Situation

	// For measuring, if the attempt may go ahead.
	AccountKind account.Kind
	Waited      time.Duration // since the customer's message that it answers came into the ledger; 0 if it answers none
}

// ReasonAnswerLost is the reason of a message that is unknown because its sender ended before it could record the result.
const ReasonAnswerLost = "answer-lost"
