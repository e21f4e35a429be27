package conversation_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"wxdesk/internal/conversation"
)

var noon = time.Date(2026, time.November, 2, 12, 0, 0, 0, time.UTC)

// ACC-9
func TestSpend_fiveInFortyEightHoursAfterAMessage(t *testing.T) {
	t.Parallel()
	a := conversation.Allowance{}.Opened(conversation.TriggerMessage, noon)
	require.Equal(t, 5, spendAll(&a, noon))
	_, err := a.Spend(noon)
	require.ErrorIs(t, err, conversation.ErrAllowanceSpent)

	a = a.Opened(conversation.TriggerMessage, noon.Add(time.Hour))
	require.Equal(t, 5, spendAll(&a, noon.Add(49*time.Hour-1)))
	_, err = a.Spend(noon.Add(49 * time.Hour))
	require.ErrorIs(t, err, conversation.ErrWindowClosed)
}

// ACC-9
func TestSpend_threeInAMinuteAfterATap(t *testing.T) {
	t.Parallel()
	a := conversation.Allowance{}.Opened(conversation.TriggerTap, noon)
	_, err := a.Spend(noon.Add(time.Minute))
	require.ErrorIs(t, err, conversation.ErrWindowClosed)
	require.Equal(t, 3, spendAll(&a, noon.Add(time.Minute-1)))
	_, err = a.Spend(noon)
	require.ErrorIs(t, err, conversation.ErrAllowanceSpent)
}

func TestSpend_nothingBeforeTheCustomerActs(t *testing.T) {
	t.Parallel()
	a := conversation.Allowance{}.Opened(conversation.TriggerNone, noon)
	require.Equal(t, conversation.Allowance{}, a)
	_, err := a.Spend(noon)
	require.ErrorIs(t, err, conversation.ErrWindowClosed)
}

func TestSpend_takesFromTheWindowThatEndsFirst(t *testing.T) {
	t.Parallel()
	fresh := conversation.Allowance{}.Opened(conversation.TriggerMessage, noon).Opened(conversation.TriggerTap, noon)
	a, err := fresh.Spend(noon)
	require.NoError(t, err)
	require.Equal(t, conversation.TapAllowance-1, a.TapLeft)

	late := noon.Add(conversation.MessageWindow - time.Second) // the message's window ends before a tap's would
	a, err = fresh.Opened(conversation.TriggerTap, late).Spend(late)
	require.NoError(t, err)
	require.Equal(t, conversation.MessageAllowance-1, a.MessageLeft)
}

func TestRefund_givesToTheWindowThatLasts(t *testing.T) {
	t.Parallel()
	both := conversation.Allowance{}.Opened(conversation.TriggerMessage, noon).Opened(conversation.TriggerTap, noon)
	both.MessageLeft, both.TapLeft = 1, 1
	require.Equal(t, 2, both.Refund(noon).MessageLeft)

	late := noon.Add(conversation.MessageWindow - time.Second)
	tapLasts := both.Opened(conversation.TriggerTap, late)
	tapLasts.TapLeft = 1
	require.Equal(t, 2, tapLasts.Refund(late).TapLeft)

	require.Equal(t, both, both.Refund(noon.Add(conversation.MessageWindow)), "what has ended gets nothing back")
}

// For any life of a customer: the allowance never leaves its bounds, a Spend takes exactly one or says rightly why not,
// and a Refund at the same moment makes up for it.
func TestAllowance_keepsItsBoundsWhateverHappens(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var a conversation.Allowance
		now := noon
		t.Repeat(map[string]func(*rapid.T){
			"wait": func(t *rapid.T) {
				now = now.Add(time.Duration(rapid.Int64Range(0, int64(50*time.Hour)).Draw(t, "hours")))
			},
			"wait a little": func(t *rapid.T) {
				now = now.Add(time.Duration(rapid.Int64Range(0, int64(40*time.Second)).Draw(t, "seconds")))
			},
			"write": func(*rapid.T) { a = a.Opened(conversation.TriggerMessage, now) },
			"tap":   func(*rapid.T) { a = a.Opened(conversation.TriggerTap, now) },
			"send": func(t *rapid.T) {
				after, err := a.Spend(now)
				switch {
				case err == nil:
					require.Equal(t, left(a, now)-1, left(after, now))
					require.Equal(t, left(a, now), left(after.Refund(now), now))
				case errors.Is(err, conversation.ErrAllowanceSpent):
					require.Zero(t, left(a, now))
					require.True(t, now.Before(a.MessageUntil) || now.Before(a.TapUntil))
				default:
					require.ErrorIs(t, err, conversation.ErrWindowClosed)
					require.False(t, now.Before(a.MessageUntil) || now.Before(a.TapUntil))
				}
				if err != nil {
					require.Equal(t, a, after, "a refusal costs nothing")
				}
				a = after
			},
			"refund": func(*rapid.T) { a = a.Refund(now) },
			"": func(t *rapid.T) {
				require.True(t, 0 <= a.MessageLeft && a.MessageLeft <= conversation.MessageAllowance)
				require.True(t, 0 <= a.TapLeft && a.TapLeft <= conversation.TapAllowance)
			},
		})
	})
}

// spendAll sends until nothing goes any more, and counts.
func spendAll(a *conversation.Allowance, now time.Time) (sent int) {
	for after, err := a.Spend(now); err == nil; after, err = a.Spend(now) {
		*a = after
		sent++
	}
	return sent
}

// left is how many messages may still go out.
func left(a conversation.Allowance, now time.Time) (n int) {
	return spendAll(&a, now)
}
