package lifecycle_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
)

func TestSend_failsWithTheFirstReason(t *testing.T) {
	t.Parallel()
	now, old := conversation.Epoch(2), conversation.Epoch(1)
	message := func(state conversation.State, epoch *conversation.Epoch, disabled bool) lifecycle.Queued {
		return lifecycle.Queued{Epoch: epoch, AccountDisabled: disabled, Conversation: lifecycle.Standing{State: state, Epoch: now}}
	}
	five := conversation.Allowance{}.Opened(conversation.TriggerMessage, noon.Add(-time.Hour))
	none, over := five, five
	none.MessageLeft = 0
	over.MessageUntil = noon
	tapped := none.Opened(conversation.TriggerTap, noon)
	for name, row := range map[string]struct {
		m         lifecycle.Queued
		allowance conversation.Allowance
		want      string
		message   int // left of the allowance after a message
		tap       int // left of the allowance after a tap
	}{
		"of the bot":                      {message(conversation.StateActive, &now, false), five, "", 4, 0},
		"of the bot, in a queue":          {message(conversation.StateOpen, &now, false), five, "", 4, 0},
		"automated, of no epoch":          {message(conversation.StateOpen, nil, false), five, "", 4, 0},
		"put aside":                       {message(conversation.StateWaiting, &now, false), five, "", 4, 0},
		"wrap-up":                         {message(conversation.StateWrapUp, &now, false), five, "", 4, 0},
		"a tap is spent first":            {message(conversation.StateActive, &now, false), tapped, "", 0, 2},
		"a spent count is WeChat's say":   {message(conversation.StateActive, &now, false), none, "", 0, 0},
		"the window is closed":            {message(conversation.StateActive, &now, false), over, lifecycle.ReasonWindow, 5, 0},
		"no window has been open":         {message(conversation.StateActive, nil, false), conversation.Allowance{}, lifecycle.ReasonWindow, 0, 0},
		"the account is disabled":         {message(conversation.StateActive, &now, true), five, lifecycle.ReasonDisabled, 5, 0},
		"disabled before the window":      {message(conversation.StateActive, nil, true), over, lifecycle.ReasonDisabled, 5, 0},
		"of an epoch that is over":        {message(conversation.StateActive, &old, false), five, lifecycle.ReasonSuperseded, 5, 0},
		"superseded before disabled":      {message(conversation.StateActive, &old, true), over, lifecycle.ReasonSuperseded, 5, 0},
		"closed":                          {message(conversation.StateClosed, &now, false), five, lifecycle.ReasonClosed, 5, 0},
		"closed, automated":               {message(conversation.StateClosed, nil, false), five, lifecycle.ReasonClosed, 5, 0},
		"closed before all other reasons": {message(conversation.StateClosed, &old, true), over, lifecycle.ReasonClosed, 5, 0},
	} {
		left, reason := lifecycle.Send(noon, row.m, row.allowance)
		require.Equal(t, row.want, reason, name)
		require.Equal(t, [2]int{row.message, row.tap}, [2]int{left.MessageLeft, left.TapLeft}, name)
	}
}
