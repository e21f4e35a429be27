package transcript

import (
	"context"

	"wxdesk/internal/callback"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/intake"
)

// judge decides on each arrival and lists what is to be written. What it lists is known to the arrivals after it.
func (r *reception) judge(context.Context) error {
	r.followed, r.unfollowed = -1, -1
	for i, a := range r.in.Arrivals {
		v := r.verdictOn(a)
		r.verdicts = append(r.verdicts, v)
		switch {
		case !v.write:
		case v.outcome == callback.ReceiptNew:
			r.fresh = append(r.fresh, i)
			if a.Follow == callback.Followed {
				r.followed = i
			}
		case v.outcome == callback.ReceiptNoted:
			r.notes, r.unfollowed = append(r.notes, i), i
		case v.outcome == callback.ReceiptQuarantined:
			r.unreadable = append(r.unreadable, i)
		}
	}
	c := r.conversation
	r.ending = len(r.fresh) > 0 && c != nil && (c.State == conversation.StateClosed || c.Ending != "")
	return nil
}

// leaves reports whether the customer has unfollowed, and not followed again since.
func (r *reception) leaves() bool { return r.unfollowed > r.followed }

// verdictOn judges one arrival. A key whose callback could not be read is not settled: a readable one may still take it.
func (r *reception) verdictOn(a callback.Arrival) verdict {
	known := r.known[a.MessageKey]
	settled := known != nil && known.Outcome != callback.ReceiptQuarantined
	unreadable := a.Quarantine != ""
	switch {
	case known != nil && known.Answers(a, r.in.Conversation):
		return verdict{outcome: known.Outcome, receipt: known}
	case settled && !unreadable && !known.Differs(a), known != nil && !settled && unreadable:
		return verdict{outcome: callback.ReceiptRepeat, receipt: known}
	case settled:
		return verdict{outcome: callback.ReceiptQuarantined, receipt: known, write: true}
	case unreadable:
		return r.learn(a, callback.ReceiptQuarantined)
	case a.Follow == callback.Unfollowed:
		return r.learn(a, callback.ReceiptNoted)
	}
	return r.learn(a, callback.ReceiptNew)
}

// learn makes the receipt of an arrival that is to be written.
func (r *reception) learn(a callback.Arrival, outcome callback.ReceiptOutcome) verdict {
	row := &intake.Receipt{
		Tenant: r.in.Tenant, AccountID: r.in.AccountID, MessageKey: a.MessageKey, DeliveryID: a.DeliveryID,
		Outcome: outcome, ReceivedAt: a.ReceivedAt,
	}
	if a.Fingerprint != "" {
		row.Fingerprint = &a.Fingerprint
	}
	if outcome == callback.ReceiptNew {
		id := conversation.MessageID(postgres.NewID())
		row.Conversation, row.MessageID = &r.in.Conversation, &id
	}
	r.known[a.MessageKey] = row
	return verdict{outcome: outcome, receipt: row, write: true}
}

type verdict struct {
	outcome callback.ReceiptOutcome
	receipt *intake.Receipt // of the message key
	write   bool            // false where all is written already
}
