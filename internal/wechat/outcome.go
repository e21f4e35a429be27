package wechat

import "time"

// SendStatus says what one try to send came to.
type SendStatus string

// The statuses.
const (
	SendSent    SendStatus = "sent"    // WeChat took it
	SendFailed  SendStatus = "failed"  // not sent, and never will be
	SendUnknown SendStatus = "unknown" // it may have been sent; only a person decides to send it again
	SendLater   SendStatus = "later"   // not sent; try again after SendOutcome.After
)

// Reasons that do not come from an error code.
const (
	ReasonNotReached      = "wechat-not-reached"      // later: no connection, nothing was written
	ReasonAddressRefused  = "wechat-address-refused"  // later: the name leads to an address that may not be called
	ReasonUnanswered      = "wechat-unanswered"       // unknown: written, but no complete answer came
	ReasonServerError     = "wechat-server-error"     // unknown: an HTTP status other than 200
	ReasonAnswerUnclear   = "wechat-answer-unclear"   // unknown: 200, but not the JSON that WeChat writes, or too much
	ReasonTokenUnanswered = "wechat-token-unanswered" // later: no usable answer to the request for an access token
	ReasonTokenStore      = "token-store-unavailable" // later: our own store did not answer
	ReasonIncomplete      = "message-incomplete"      // failed: ErrMessageIncomplete; WeChat was not asked
)

// SendOutcome is what one try to send a message came to.
type SendOutcome struct {
	Status SendStatus    `json:"status"`
	Code   ErrCode       `json:"code,omitempty"`   // what WeChat said; 0 if it said nothing or took the message
	Reason string        `json:"reason,omitempty"` // why it is not sent, in words of our own; "" if it is
	After  time.Duration `json:"after,omitempty"`  // for later: how long to wait at least
}

// MaxTries bounds the tries of a message that Limited speaks of.
const MaxTries = 5

// Limited reports whether trying again is worth only MaxTries tries in all: WeChat was reached and would not take the
// message, for no reason that waiting is sure to end.
func (o SendOutcome) Limited() bool {
	if o.Status != SendLater {
		return false
	}
	class := o.Code.Class()
	return class == ClassBusy || class == ClassRefresh || class == ClassAwaiting
}

const (
	busyPause     = time.Second      // the first pause; callers lengthen it from try to try
	refreshPause  = 30 * time.Second // WeChat allows a forced refresh every 30 s
	throttlePause = time.Minute      // "retry next minute", says the platform
	awaitingPause = 5 * time.Minute  // a guess at how fast an administrator answers, and what a new address takes to count
)

// OutcomeOf translates the error code of a send. The daily quota is taken to be renewed at midnight in Beijing: the
// platform does not say.
func OutcomeOf(code ErrCode, now time.Time) SendOutcome {
	o := SendOutcome{Status: SendFailed, Code: code, Reason: code.Reason()}
	switch code.Class() {
	case ClassOK:
		return SendOutcome{Status: SendSent}
	case ClassBusy:
		o.Status, o.After = SendLater, busyPause
	case ClassRefresh:
		o.Status, o.After = SendLater, refreshPause
	case ClassThrottled:
		o.Status, o.After = SendLater, throttlePause
	case ClassAwaiting:
		o.Status, o.After = SendLater, awaitingPause
	case ClassDailyQuota:
		o.Status, o.After = SendLater, max(untilMidnight(now), throttlePause)
	}
	return o
}

func untilMidnight(now time.Time) time.Duration {
	beijing := now.In(time.FixedZone("UTC+8", 8*60*60))
	year, month, day := beijing.Date()
	return time.Date(year, month, day+1, 0, 0, 0, 0, beijing.Location()).Sub(now)
}
