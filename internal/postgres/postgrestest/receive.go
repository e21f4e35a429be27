package postgrestest

import (
	"github.com/google/uuid"

	"wxdesk/internal/callback"
	"wxdesk/internal/conversation"
)

// Outcomes are the outcomes of what was received.
func Outcomes(got callback.Result) (list []callback.ReceiptOutcome) {
	for _, r := range got.Receipts {
		list = append(list, r.Outcome)
	}
	return list
}

// Redelivered is the same content in a request of its own, as WeChat repeats it.
func Redelivered(a callback.Arrival) callback.Arrival {
	a.DeliveryID = uuid.NewString()
	return a
}

// Unfollows is the event of a customer who unfollows the account.
func Unfollows(key string) callback.Arrival {
	a := Says(key, "")
	a.Kind, a.IsEvent, a.Follow, a.Trigger = "unsubscribe", true, callback.Unfollowed, conversation.TriggerNone
	return a
}
