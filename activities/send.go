package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"go.temporal.io/sdk/activity"

	"wxdesk/internal/conversation"
	"wxdesk/internal/delivery"
	"wxdesk/internal/secret"
	"wxdesk/internal/wechat"
)

const (
	// Waits between tries, if WeChat names none.
	firstWait = time.Second
	maxWait   = time.Minute
	// recordPatience is how long an attempt tries to record its result.
	recordPatience = 5 * time.Second
	// preparePatience is how long an attempt waits for an access token.
	preparePatience = 5 * time.Second
	// directPatience is how long a workflow task waits for a direct send.
	directPatience = 5 * time.Second
	// slowMark is how long marking may take. A call that begins later might not end within the mark's time.
	slowMark = 2 * time.Second
	// callMargin is how long before the end of the mark a call ends.
	callMargin = 2 * time.Second
)

// SendInput asks for the conversation's lowest queued message to be sent.
type SendInput struct {
	Where
	AccountID conversation.AccountID
	Direct    bool `json:",omitempty"` // without a detour over the queue, if that is possible at once
	Reserved  bool `json:",omitempty"` // a permit was reserved for this try
}

// SendResult is the result of one try to send.
type SendResult struct {
	Result
	MessageID conversation.MessageID `json:",omitempty"` // "" if there was nothing to send now
	Status    wechat.SendStatus      `json:",omitempty"`
	After     time.Duration          `json:",omitempty"` // nothing is to be tried before this has passed
	Reserved  bool                   `json:",omitempty"` // a permit is reserved for the next try
	Queue     bool                   `json:",omitempty"` // not possible directly, and nothing was marked: send over the queue
}

// Send tries WeChat once.
//
// Promise: at most once. The message is marked as being sent before WeChat is called, and the mark belongs to this attempt until
// its end; an attempt that finds another's mark waits for that end and calls nobody, because WeChat has no key by which it would
// recognise a repeat. Only what WeChat itself says was not sent is tried again, and not here: the workflow waits.
func (a *Activities) Send(ctx context.Context, in SendInput) (SendResult, error) {
	return step(ctx, "send to WeChat", func(ctx context.Context) (SendResult, error) {
		if in.Direct {
			return a.sendDirectly(ctx, in)
		}
		if !in.Reserved {
			wait, err := a.Permits.Take(ctx, in.Tenant)
			if err != nil || wait > 0 {
				return SendResult{Status: wechat.SendLater, After: wait, Reserved: true}, err
			}
		}
		return a.deliver(ctx, in)
	})
}

// sendDirectly sends within a workflow task. If that takes too long to wait for, the send goes on in the background and records its
// result itself.
func (a *Activities) sendDirectly(ctx context.Context, in SendInput) (SendResult, error) {
	if a.pace.slow.has(in.AccountID) {
		return SendResult{Queue: true}, nil
	}
	if permitted, err := a.Permits.TryTake(ctx, in.Tenant); err != nil || !permitted {
		return SendResult{Queue: true}, err
	}
	var (
		out  SendResult
		err  error
		done = make(chan struct{})
	)
	a.background.Go(func() {
		defer close(done)
		own, cancel := context.WithTimeout(context.WithoutCancel(ctx), preparePatience+delivery.SendingLimit)
		defer cancel()
		out, err = step(own, "send to WeChat", func(ctx context.Context) (SendResult, error) { return a.deliver(ctx, in) })
	})
	select {
	case <-done:
		return out, err
	case <-time.After(directPatience):
		return SendResult{Status: wechat.SendLater, After: delivery.SendingLimit - directPatience}, nil
	}
}

// deliver marks the lowest queued message, sends it and records the result. The access token is fetched before the mark. If there is
// no access token, the message is marked nevertheless, and its row says why it was not sent.
func (a *Activities) deliver(ctx context.Context, in SendInput) (SendResult, error) {
	ready, err := a.prepare(ctx, in)
	if err != nil {
		return SendResult{}, err
	}
	attempt, began := uuid.NewString(), time.Now()
	mark, err := a.Ledger.MarkSending(ctx, in.ref(), attempt)
	if err != nil {
		return SendResult{}, fmt.Errorf("mark the message: %w", err)
	}
	ctx, span := a.Span(ctx, mark.Traceparent, "send")
	defer span.End()
	if mark.Status != conversation.DeliverySending {
		a.Metrics.notTried(ctx, mark)
		return SendResult{MessageID: mark.MessageID, Status: wechat.SendStatus(mark.Status), Result: result(mark.Situation)}, nil
	}
	outcome := patient(a.try(ctx, in.AccountID, mark.Outgoing, ready, began), mark.Attempts)
	out := SendResult{MessageID: mark.MessageID, Status: outcome.Status}
	err = insist(ctx, time.Now().Add(recordPatience), func(ctx context.Context) error {
		recorded, err := a.Ledger.RecordOutcome(ctx, in.ref(), mark.MessageID, attempt, outcome)
		out.Result = result(recorded)
		return err
	})
	if err != nil {
		return SendResult{}, fmt.Errorf("record what came of sending: %w", err)
	}
	a.Metrics.tried(ctx, mark, began, outcome)
	return out, nil
}

// prepare fetches an access token if none is at hand. Whether the account may send at all is checked with the mark.
func (a *Activities) prepare(ctx context.Context, in SendInput) (wechat.SendOutcome, error) {
	ready := wechat.SendOutcome{Status: wechat.SendSent}
	if a.pace.prepared.has(in.AccountID) {
		return ready, nil
	}
	from, err := a.Ledger.Credentials(ctx, in.Tenant, in.AccountID)
	switch {
	case errors.Is(err, conversation.ErrNotFound), errors.Is(err, secret.ErrUnavailable):
		return ready, nil
	case err != nil:
		return ready, fmt.Errorf("open the account's credentials: %w", err)
	}
	patience, cancel := context.WithTimeout(ctx, preparePatience)
	defer cancel()
	if ready = a.WeChat.Prepare(patience, from); ready.Status == wechat.SendSent {
		a.pace.prepared.set(in.AccountID, preparedFor)
	}
	return ready, nil
}

// try calls WeChat, unless something prevents it. The call ends before the mark does.
func (a *Activities) try(ctx context.Context, account conversation.AccountID, m delivery.Outgoing, ready wechat.SendOutcome, marked time.Time) (o wechat.SendOutcome) {
	switch {
	case ready.Status != wechat.SendSent:
		return ready
	case time.Since(marked) >= slowMark:
		return wechat.SendOutcome{Status: wechat.SendLater, Reason: "ledger-slow"}
	}
	ctx, cancel := context.WithDeadline(ctx, marked.Add(delivery.SendingLimit-callMargin))
	defer cancel()
	called := time.Now()
	defer func() {
		if p := recover(); p != nil { // nobody knows how far it came; the value may quote the message
			activity.GetLogger(ctx).Error("send panicked", "type", fmt.Sprintf("%T", p))
			o = wechat.SendOutcome{Status: wechat.SendUnknown, Reason: delivery.ReasonAnswerLost}
		}
		a.pace.saw(account, time.Since(called), o)
	}()
	return a.WeChat.SendText(ctx, m.From, wechat.OpenID(m.OpenID), m.Text)
}

// patient returns how long to wait before the next try, or that there were enough tries.
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
