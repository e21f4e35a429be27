package activities_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/activities"
	"wxdesk/internal/conversation"
	"wxdesk/internal/delivery"
	"wxdesk/internal/secret"
	"wxdesk/internal/wechat"
)

var credentials = wechat.Credentials{AccountID: string(accountID), AppID: app, AppSecret: secret.New("0123456789abcdef0123456789abcdef")}

var sending = activities.SendInput{Where: where, AccountID: accountID}

// goAhead is a mark for this attempt, of which there have been n.
func goAhead(n int) func(string) (delivery.Marking, error) {
	return func(string) (delivery.Marking, error) {
		return delivery.Marking{
			MessageID: turn, Status: conversation.DeliverySending, Attempts: n,
			Outgoing: delivery.Outgoing{From: credentials, OpenID: customer, Text: "hello"},
		}, nil
	}
}

// says answers every send the same, and counts them.
func says(o wechat.SendOutcome, calls *int) sender {
	return func(_ context.Context, _ wechat.Credentials, _ wechat.OpenID, _ string) wechat.SendOutcome {
		*calls++
		return o
	}
}

func send(t *testing.T, l *ledger, w activities.WeChat) (activities.SendResult, error) {
	t.Helper()
	l.t = t
	a := &activities.Activities{Ledger: ledgerOf(l), WeChat: w}
	return perform[activities.SendResult](t, a, a.Send, sending)
}

// tried is the result of a try that came to this.
func tried(status wechat.SendStatus) activities.SendResult {
	return activities.SendResult{Status: status, MessageID: turn, Result: activities.Result{Logic: activities.Logic, Situation: stands}}
}

func TestSend_triesOnceAndRecordsTheOutcome(t *testing.T) {
	t.Parallel()
	for _, o := range []wechat.SendOutcome{
		{Status: wechat.SendSent},
		{Status: wechat.SendFailed, Code: wechat.CodeReplyWindowClosed, Reason: "reply-window-closed"},
		{Status: wechat.SendUnknown, Reason: wechat.ReasonUnanswered},
	} {
		l := &ledger{mark: goAhead(1)}
		var owner string
		l.record = func(_ context.Context, attempt string, _ wechat.SendOutcome) error { owner = attempt; return nil }
		calls := 0
		got, err := send(t, l, sender(func(ctx context.Context, from wechat.Credentials, to wechat.OpenID, text string) wechat.SendOutcome {
			require.Len(t, l.marked, 1, "marked before anybody is called")
			require.Equal(t, credentials, from)
			require.Equal(t, wechat.OpenID(customer), to)
			require.Equal(t, "hello", text)
			return says(o, &calls)(ctx, from, to, text)
		}))
		require.NoError(t, err)
		require.Equal(t, tried(o.Status), got)
		require.Equal(t, 1, calls)
		require.Equal(t, []wechat.SendOutcome{o}, l.outcome)
		require.Equal(t, l.marked[0], owner)
	}
}

func TestSend_withoutAClaimCallsNobody(t *testing.T) {
	t.Parallel()
	for _, mark := range []delivery.Marking{
		{Situation: stands},
		{MessageID: turn, Status: conversation.DeliveryUnknown, Situation: stands},
		{MessageID: turn, Status: conversation.DeliveryFailed, Situation: stands},
	} {
		calls := 0
		l := &ledger{mark: func(string) (delivery.Marking, error) { return mark, nil }}
		got, err := send(t, l, says(wechat.SendOutcome{Status: wechat.SendSent}, &calls))
		require.NoError(t, err, "not yet is a result")
		require.Equal(t, wechat.SendStatus(mark.Status), got.Status)
		require.Equal(t, mark.MessageID, got.MessageID)
		require.Equal(t, stands, got.Situation)
		require.Zero(t, calls)
		require.Empty(t, l.outcome)
	}
}

func TestSend_insistsOnRecordingTheOutcome(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		failures, calls := 2, 0
		l := &ledger{mark: goAhead(1), record: func(ctx context.Context, _ string, _ wechat.SendOutcome) error {
			require.NoError(t, ctx.Err())
			if failures--; failures >= 0 {
				return errAway
			}
			return nil
		}}
		got, err := send(t, l, says(wechat.SendOutcome{Status: wechat.SendSent}, &calls))
		require.NoError(t, err)
		require.Equal(t, wechat.SendSent, got.Status)
		require.Equal(t, []wechat.SendOutcome{{Status: wechat.SendSent}}, l.outcome)
	})
}

func TestSend_outcomeThatCannotBeRecordedIsAnError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		l := &ledger{mark: goAhead(1), record: func(context.Context, string, wechat.SendOutcome) error { return errAway }}
		start := time.Now()
		_, err := send(t, l, says(wechat.SendOutcome{Status: wechat.SendSent}, &calls))
		require.ErrorContains(t, err, "record what came of sending")
		require.Equal(t, 1, calls)
		require.LessOrEqual(t, time.Since(start), 6*time.Second)
	})
}

// The access token is fetched before the mark; if there is none, that is what the message comes to.
func TestSend_preparesBeforeTheMark(t *testing.T) {
	t.Parallel()
	calls := 0
	w := unprepared{says(wechat.SendOutcome{Status: wechat.SendSent}, &calls), wechat.SendOutcome{Status: wechat.SendLater, Reason: wechat.ReasonNotReached}}
	l := &ledger{mark: goAhead(3)}
	got, err := send(t, l, w)
	require.NoError(t, err)
	require.Equal(t, wechat.SendLater, got.Status)
	require.Zero(t, calls)
	require.Equal(t, []wechat.SendOutcome{{Status: wechat.SendLater, Reason: wechat.ReasonNotReached, After: 4 * time.Second}}, l.outcome)
}

// unprepared has no access token.
type unprepared struct {
	sender
	ready wechat.SendOutcome
}

func (u unprepared) Prepare(context.Context, wechat.Credentials) wechat.SendOutcome { return u.ready }

// The mark ends after 12 s: a call ends two seconds before, and does not begin when marking took two.
func TestSend_callEndsBeforeItsMark(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, calls := &ledger{mark: goAhead(1)}, 0
		_, err := send(t, l, sender(func(ctx context.Context, _ wechat.Credentials, _ wechat.OpenID, _ string) wechat.SendOutcome {
			deadline, limited := ctx.Deadline()
			require.True(t, limited)
			require.Equal(t, 10*time.Second, time.Until(deadline))
			return wechat.SendOutcome{Status: wechat.SendSent}
		}))
		require.NoError(t, err)
		l = &ledger{mark: func(attempt string) (delivery.Marking, error) {
			time.Sleep(2 * time.Second)
			return goAhead(1)(attempt)
		}}
		got, err := send(t, l, says(wechat.SendOutcome{Status: wechat.SendSent}, &calls))
		require.NoError(t, err)
		require.Equal(t, wechat.SendLater, got.Status)
		require.Zero(t, calls)
	})
}

// A permit is taken before the mark; one that is reserved is not taken again.
func TestSend_takesAPermitBeforeTheMark(t *testing.T) {
	t.Parallel()
	calls := 0
	for _, reserved := range []bool{false, true} {
		l := &ledger{t: t, mark: goAhead(1)}
		a := &activities.Activities{Ledger: ledgerOf(l), WeChat: says(wechat.SendOutcome{Status: wechat.SendSent}, &calls), Permits: permits{3 * time.Second}}
		in := sending
		in.Reserved = reserved
		got, err := perform[activities.SendResult](t, a, a.Send, in)
		require.NoError(t, err)
		if reserved {
			require.Equal(t, tried(wechat.SendSent), got)
			continue
		}
		require.Equal(t, activities.SendResult{Status: wechat.SendLater, After: 3 * time.Second, Reserved: true}, got)
		require.Empty(t, l.marked)
	}
}

// direct sends directly, so many times one after the other.
func direct(t *testing.T, a *activities.Activities) activities.SendResult {
	t.Helper()
	in := sending
	in.Direct = true
	got, err := perform[activities.SendResult](t, a, a.Send, in)
	require.NoError(t, err)
	return got
}

func TestSend_directOnlyWithoutWaiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		calls, takes := 0, 1100*time.Millisecond
		l := &ledger{t: t, mark: goAhead(1)}
		a := &activities.Activities{Ledger: ledgerOf(l), WeChat: sender(func(context.Context, wechat.Credentials, wechat.OpenID, string) wechat.SendOutcome {
			calls++
			time.Sleep(takes)
			return wechat.SendOutcome{Status: wechat.SendSent}
		})}
		require.Equal(t, tried(wechat.SendSent), direct(t, a))
		require.Equal(t, activities.SendResult{Queue: true}, direct(t, a), "WeChat's last answer took more than a second")
		require.Len(t, l.marked, 1)
		time.Sleep(31 * time.Second)
		takes = 0
		require.Equal(t, tried(wechat.SendSent), direct(t, a))
		a.Permits = permits{time.Second}
		require.Equal(t, activities.SendResult{Queue: true}, direct(t, a), "no permit")
		require.Len(t, l.marked, 2)
	})
}

func TestSend_slowDirectSendGoesOnInTheBackground(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &ledger{t: t, mark: goAhead(1)}
		a := &activities.Activities{Ledger: ledgerOf(l), WeChat: sender(func(context.Context, wechat.Credentials, wechat.OpenID, string) wechat.SendOutcome {
			time.Sleep(8 * time.Second)
			return wechat.SendOutcome{Status: wechat.SendSent}
		})}
		begun := time.Now()
		got := direct(t, a)
		require.Equal(t, activities.SendResult{Status: wechat.SendLater, After: 7 * time.Second}, got)
		require.Equal(t, 5*time.Second, time.Since(begun))
		activities.Finish(a) // the outcome is recorded only then
		require.Equal(t, 8*time.Second, time.Since(begun))
		require.Equal(t, []wechat.SendOutcome{{Status: wechat.SendSent}}, l.outcome)
	})
}

// X23
func TestSend_thatPanicsIsUnknown(t *testing.T) {
	t.Parallel()
	l := &ledger{mark: goAhead(1)}
	got, err := send(t, l, sender(func(context.Context, wechat.Credentials, wechat.OpenID, string) wechat.SendOutcome { panic("the text") }))
	require.NoError(t, err)
	require.Equal(t, wechat.SendUnknown, got.Status)
	require.Equal(t, []wechat.SendOutcome{{Status: wechat.SendUnknown, Reason: delivery.ReasonAnswerLost}}, l.outcome)
}

// W03
func TestSend_busyIsTriedFiveTimes(t *testing.T) {
	t.Parallel()
	busy := wechat.OutcomeOf(wechat.CodeBusy, time.Now())
	var waits []time.Duration
	for attempt := 1; attempt <= wechat.MaxTries; attempt++ {
		calls := 0
		l := &ledger{mark: goAhead(attempt)}
		got, err := send(t, l, says(busy, &calls))
		require.NoError(t, err)
		require.Equal(t, 1, calls, "the workflow waits, never the activity")
		if attempt < wechat.MaxTries {
			require.Equal(t, wechat.SendLater, got.Status)
			waits = append(waits, l.outcome[0].After)
			continue
		}
		require.Equal(t, tried(wechat.SendFailed), got)
		require.Equal(t, []wechat.SendOutcome{{Status: wechat.SendFailed, Code: wechat.CodeBusy, Reason: "wechat-busy"}}, l.outcome)
	}
	require.Equal(t, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second}, waits)
}

// W03
func TestSend_waitsOutQuotasAndOutages(t *testing.T) {
	t.Parallel()
	for _, o := range []wechat.SendOutcome{
		wechat.OutcomeOf(wechat.CodeMinuteQuota, time.Now()),
		wechat.OutcomeOf(wechat.CodeDailyQuota, time.Now()),
		{Status: wechat.SendLater, Reason: wechat.ReasonNotReached},
	} {
		calls := 0
		l := &ledger{mark: goAhead(1000)}
		got, err := send(t, l, says(o, &calls))
		require.NoError(t, err)
		require.Equal(t, wechat.SendLater, got.Status)
		require.GreaterOrEqual(t, l.outcome[0].After, time.Minute)
		require.GreaterOrEqual(t, l.outcome[0].After, o.After)
	}
}

func TestSend_failedMarkCallsNobody(t *testing.T) {
	t.Parallel()
	calls := 0
	never := says(wechat.SendOutcome{Status: wechat.SendSent}, &calls)
	_, err := send(t, &ledger{mark: func(string) (delivery.Marking, error) {
		return delivery.Marking{}, errAway
	}}, never)
	require.ErrorContains(t, err, "mark the message")

	_, err = send(t, &ledger{mark: func(string) (delivery.Marking, error) {
		return delivery.Marking{}, conversation.ErrClosed
	}}, never)
	require.Equal(t, activities.Refused, activities.ClassOf(err))
	require.Zero(t, calls)
}
