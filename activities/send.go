package activities

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"wxdesk/internal/conversation"
	"wxdesk/internal/wechat"
)

const (
	// Waits between tries, where WeChat names none.
	firstWait = time.Second
	maxWait   = time.Minute
	// recordPatience is how long an attempt insists on writing down what came of it.
	recordPatience = 5 * time.Second
)

// SendInput names a message to the customer.
type SendInput struct {
	Where
	AccountID conversation.AccountID // for workers of v0.1 that run beside this one, which takes it from the ledger
	MessageID conversation.MessageID
}

// SendResult says what one try came to.
type SendResult struct {
	Status wechat.SendStatus
	After  time.Duration `json:",omitempty"` // with SendLater: try again after this
}

// Send tries WeChat once.
//
// Promise: at most once. The message is marked as being sent before WeChat is called; an attempt that finds another's mark
// sets the message to unknown and calls nobody, because WeChat has no key by which it would recognise a repeat. Only
// what WeChat itself says was not sent is tried again, and not here: the workflow waits.
func (a *Activities) Send(ctx context.Context, in SendInput) (SendResult, error) {
	ctx, span := a.Span(ctx, in.Traceparent, "send")
	defer span.End()

	attempt := uuid.NewString()
	mark, err := a.Ledger.MarkSending(ctx, in.ref(), in.MessageID, attempt)
	if err != nil {
		return SendResult{}, failure("mark the message as sending", err)
	}
	began := time.Now()
	if mark.Status != conversation.DeliverySending {
		a.Metrics.notTried(ctx, mark)
		return SendResult{Status: wechat.SendStatus(mark.Status)}, nil
	}

	outcome := wechat.SendOutcome{Status: wechat.SendFailed, Reason: "account-disabled"}
	if out := mark.Outgoing; !out.Disabled {
		outcome = a.WeChat.SendText(ctx, out.From, wechat.OpenID(out.OpenID), out.Text)
	}
	outcome = patient(outcome, mark.Attempts)
	if err := a.record(ctx, in, attempt, outcome); err != nil {
		return SendResult{}, failure("record what came of sending", err)
	}
	a.Metrics.tried(ctx, mark, began, outcome)
	return SendResult{Status: outcome.Status, After: outcome.After}, nil
}

// patient says how long to wait before the next try, or that there have been enough.
func patient(o wechat.SendOutcome, attempts int) wechat.SendOutcome {
	if o.Status != wechat.SendLater {
		return o
	}
	if o.Limited() && attempts >= wechat.MaxTries {
		return wechat.SendOutcome{Status: wechat.SendFailed, Code: o.Code, Reason: o.Reason}
	}
	wait := maxWait
	if attempts < 7 { // 1 s, 2 s, 4 s … 32 s
		wait = firstWait << max(attempts-1, 0)
	}
	o.After = max(o.After, wait)
	return o
}

// record writes down the outcome even when the activity's own time is over: what is not written down becomes unknown.
func (a *Activities) record(ctx context.Context, in SendInput, attempt string, o wechat.SendOutcome) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordPatience)
	defer cancel()
	for wait := 50 * time.Millisecond; ; wait *= 2 {
		err := a.Ledger.RecordOutcome(ctx, in.ref(), in.MessageID, attempt, o)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("gave up: %w", err)
		case <-time.After(wait):
		}
	}
}
