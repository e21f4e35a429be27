package transcript

import (
	"wxdesk/internal/delivery"
)

// Reasons of a delivery that was not sent, if neither WeChat nor the rule book gave one. They are stable: the desk and tests read
// them.
const (
	ReasonAnswerLost = delivery.ReasonAnswerLost
	reasonUnreadable = "unreadable" // the text, the customer's key or the account's secret does not open
)
