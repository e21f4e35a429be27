package transcript

import (
	"wxdesk/internal/delivery"
)

// Why a delivery did not end as sent, where neither WeChat nor the rule book said so. Stable: the desk and tests read them.
const (
	ReasonAnswerLost = delivery.ReasonAnswerLost
	reasonWindow     = "reply-window-closed"
	reasonDisabled   = "account-disabled" // or deleted
	reasonUnreadable = "unreadable"       // the text, the customer's key or the account's secret does not open
)
