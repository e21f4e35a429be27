package activities_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/activities"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// ruled is a ledger with one rule, which holds where people are wanted for a reason.
type ruled struct {
	activities.Ledger
	words string // of the bot
	went  routing.Decision
}

func (d *ruled) RoutingQuestion(context.Context, conversation.Ref, conversation.MessageID, conversation.QueueID) (routing.Question, error) {
	return routing.Question{
		Facts:           routing.Facts{"escalation": map[string]any{"reason": d.words}},
		Classifications: []routing.RulesetVersion{{Rules: []routing.Rule{{When: "reason", Set: map[string]any{"priority": 1}}}}},
	}, nil
}

func (d *ruled) Enqueue(_ context.Context, _ conversation.Ref, _ conversation.HandOver, went routing.Decision) (conversation.Enqueued, error) {
	d.went = went
	return conversation.Enqueued{}, nil
}

// wants is a judge for whom a condition holds where people are wanted for this reason.
type wants string

func (w wants) Holds(_ string, f routing.Facts) (bool, error) {
	return f["escalation"].(map[string]any)["reason"] == string(w), nil
}

func TestRoute_rulesLearnWhyPeopleAreWanted(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		words string
		why   activities.EscalationReason
		want  wants
	}{
		{"he wants tea", activities.EscalatedByBot, "he wants tea"},
		{"", activities.EscalatedByBot, "bot-escalated"},
		{"", activities.EscalatedFailed, "bot-failed"},
		{"", activities.EscalatedNoBot, "no-bot"},
	} {
		d := &ruled{words: c.words}
		a := &activities.Activities{Ledger: d, Judge: c.want}
		_, err := perform[activities.RouteResult](t, a, a.Route, activities.RouteInput{Where: where, TurnID: turn, Epoch: 1, Reason: c.why})
		require.NoError(t, err)
		require.Equal(t, 1, d.went.Priority, c.want)
	}
}
