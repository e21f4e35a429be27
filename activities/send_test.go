package activities_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/activities"
	"wxdesk/internal/conversation"
	"wxdesk/internal/secret"
	"wxdesk/internal/wechat"
)

var credentials = wechat.Credentials{AccountID: string(account), AppID: app, AppSecret: secret.New("0123456789abcdef0123456789abcdef")}

var sending = activities.SendInput{Where: where, AccountID: account, MessageID: turn}

// goAhead is a mark for this attempt, of which there have been n.
func goAhead(n int) func(string) (conversation.Marking, error) {
	return func(string) (conversation.Marking, error) {
		return conversation.Marking{
			Status: conversation.DeliverySending, Attempts: n,
			Outgoing: conversation.Outgoing{From: credentials, OpenID: customer, Text: "hello"},
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

func send(ctx context.Context, l *ledger, w activities.WeChat) (activities.SendResult, error) {
	return (&activities.Activities{Ledger: l, WeChat: w, Span: noSpan}).Send(ctx, sending)
}

func TestSend_triesOnceAndRecordsWhatCameOfIt(t *testing.T) {
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
		got, err := send(t.Context(), l, sender(func(ctx context.Context, from wechat.Credentials, to wechat.OpenID, text string) wechat.SendOutcome {
			require.Len(t, l.marked, 1, "marked before anybody is called")
			require.Equal(t, credentials, from)
			require.Equal(t, wechat.OpenID(customer), to)
			require.Equal(t, "hello", text)
			return says(o, &calls)(ctx, from, to, text)
		}))
		require.NoError(t, err)
		require.Equal(t, activities.SendResult{Status: o.Status}, got)
		require.Equal(t, 1, calls)
		require.Equal(t, []wechat.SendOutcome{o}, l.outcome)
		require.Equal(t, l.marked[0], owner)
	}
}

func TestSend_anotherAttemptsMarkCallsNobody(t *testing.T) {
	t.Parallel()
	for _, status := range []conversation.DeliveryStatus{
		conversation.DeliveryUnknown, conversation.DeliverySent, conversation.DeliveryFailed,
	} {
		calls := 0
		l := &ledger{mark: func(string) (conversation.Marking, error) { return conversation.Marking{Status: status}, nil }}
		got, err := send(t.Context(), l, says(wechat.SendOutcome{Status: wechat.SendSent}, &calls))
		require.NoError(t, err)
		require.Equal(t, wechat.SendStatus(status), got.Status)
		require.Zero(t, calls)
		require.Empty(t, l.outcome)
	}
}

func TestSend_recordsTheOutcomeThoughItsTimeIsOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		failures := 2
		l := &ledger{mark: goAhead(1), record: func(ctx context.Context, _ string, _ wechat.SendOutcome) error {
			require.NoError(t, ctx.Err())
			if failures--; failures >= 0 {
				return errors.New("the ledger is out of reach for a moment")
			}
			return nil
		}}
		got, err := send(ctx, l, sender(func(context.Context, wechat.Credentials, wechat.OpenID, string) wechat.SendOutcome {
			cancel()
			return wechat.SendOutcome{Status: wechat.SendSent}
		}))
		require.NoError(t, err)
		require.Equal(t, wechat.SendSent, got.Status)
		require.Equal(t, []wechat.SendOutcome{{Status: wechat.SendSent}}, l.outcome)
	})
}

func TestSend_anOutcomeThatCannotBeRecordedIsAnError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		l := &ledger{mark: goAhead(1), record: func(context.Context, string, wechat.SendOutcome) error { return errors.New("gone") }}
		start := time.Now()
		_, err := send(t.Context(), l, says(wechat.SendOutcome{Status: wechat.SendSent}, &calls))
		require.ErrorContains(t, err, "record what came of sending")
		require.Equal(t, 1, calls)
		require.LessOrEqual(t, time.Since(start), 6*time.Second)
	})
}

func TestBad_W03_busyIsTriedFiveTimesAndLongerApartEachTime(t *testing.T) {
	t.Parallel()
	busy := wechat.OutcomeOf(wechat.CodeBusy, time.Now())
	var waits []time.Duration
	for attempt := 1; attempt <= wechat.MaxTries; attempt++ {
		calls := 0
		l := &ledger{mark: goAhead(attempt)}
		got, err := send(t.Context(), l, says(busy, &calls))
		require.NoError(t, err)
		require.Equal(t, 1, calls, "the workflow waits, never the activity")
		if attempt < wechat.MaxTries {
			require.Equal(t, wechat.SendLater, got.Status)
			waits = append(waits, got.After)
			continue
		}
		require.Equal(t, activities.SendResult{Status: wechat.SendFailed}, got)
		require.Equal(t, []wechat.SendOutcome{{Status: wechat.SendFailed, Code: wechat.CodeBusy, Reason: "wechat-busy"}}, l.outcome)
	}
	require.Equal(t, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second}, waits)
}

func TestBad_W03_quotasAndAnUnreachableWeChatAreWaitedForAsLongAsItTakes(t *testing.T) {
	t.Parallel()
	for _, o := range []wechat.SendOutcome{
		wechat.OutcomeOf(wechat.CodeMinuteQuota, time.Now()),
		wechat.OutcomeOf(wechat.CodeDailyQuota, time.Now()),
		{Status: wechat.SendLater, Reason: wechat.ReasonNotReached},
	} {
		calls := 0
		got, err := send(t.Context(), &ledger{mark: goAhead(1000)}, says(o, &calls))
		require.NoError(t, err)
		require.Equal(t, wechat.SendLater, got.Status)
		require.GreaterOrEqual(t, got.After, time.Minute)
		require.GreaterOrEqual(t, got.After, o.After)
	}
}

func TestSend_aDisabledAccountSendsNothing(t *testing.T) {
	t.Parallel()
	calls := 0
	l := &ledger{mark: func(string) (conversation.Marking, error) {
		return conversation.Marking{
			Status: conversation.DeliverySending, Attempts: 1,
			Outgoing: conversation.Outgoing{Disabled: true, OpenID: customer, Text: "hello"},
		}, nil
	}}
	got, err := send(t.Context(), l, says(wechat.SendOutcome{Status: wechat.SendSent}, &calls))
	require.NoError(t, err)
	require.Equal(t, wechat.SendFailed, got.Status)
	require.Zero(t, calls)
	require.Equal(t, []wechat.SendOutcome{{Status: wechat.SendFailed, Reason: "account-disabled"}}, l.outcome)
}

func TestSend_withoutAMarkNobodyIsCalled(t *testing.T) {
	t.Parallel()
	calls := 0
	never := says(wechat.SendOutcome{Status: wechat.SendSent}, &calls)
	_, err := send(t.Context(), &ledger{mark: func(string) (conversation.Marking, error) {
		return conversation.Marking{}, errors.New("out of reach")
	}}, never)
	require.ErrorContains(t, err, "mark the message")

	_, err = send(t.Context(), &ledger{mark: func(string) (conversation.Marking, error) {
		return conversation.Marking{}, conversation.ErrClosed
	}}, never)
	require.Equal(t, activities.FailureClosed, activities.FailureOf(err))
	require.Zero(t, calls)
}
