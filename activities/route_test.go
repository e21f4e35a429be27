package activities_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/activities"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// handing is a ledger in which a hand-over is wished, and the workstream has a rule.
type handing struct {
	activities.Ledger
	question error
	did      []string
}

func (h *handing) RequestHandOver(context.Context, conversation.Ref, conversation.EscalationReason) (conversation.Situation, error) {
	h.did = append(h.did, "wish")
	return stands, nil
}

func (h *handing) ReadSituation(context.Context, conversation.Ref) (conversation.Situation, error) {
	return stands, nil
}

func (h *handing) RoutingQuestion(context.Context, conversation.Ref) (routing.Question, error) {
	return routing.Question{
		Facts:           routing.Facts{},
		Classifications: []routing.RulesetVersion{{Rules: []routing.Rule{{When: "a"}, {When: "b", Set: map[string]any{"priority": 1}}}}},
	}, h.question
}

func (h *handing) HandOver(_ context.Context, _ conversation.Ref, d routing.Decision) (conversation.Situation, error) {
	if d.Priority != 1 {
		h.did = append(h.did, "without rules")
	}
	h.did = append(h.did, "hand over")
	return stands, nil
}

func (h *handing) HandOverPlainly(context.Context, conversation.Ref, string) (conversation.Situation, error) {
	h.did = append(h.did, "plainly")
	return stands, nil
}

// slowly is an Evaluator that takes so long for a condition, of which the last one holds.
type slowly time.Duration

func (s slowly) Evaluate(condition string, _ routing.Facts) (bool, error) {
	time.Sleep(time.Duration(s))
	return condition == "b", nil
}

func route(t *testing.T, h *handing, in activities.RouteInput, takes time.Duration) (activities.RouteResult, error) {
	t.Helper()
	a := &activities.Activities{Ledger: ledgerOf(h), Evaluator: slowly(takes)}
	in.Where = where
	return perform[activities.RouteResult](t, a, a.Route, in)
}

func TestRoute_decidesByRulesAndHandsOver(t *testing.T) {
	t.Parallel()
	h := &handing{}
	got, err := route(t, h, activities.RouteInput{Failed: true}, 0)
	require.NoError(t, err)
	require.Equal(t, stands, got.Situation)
	require.Equal(t, []string{"wish", "hand over"}, h.did, "R15: the failed turn is written by handing over")
}

func TestRoute_slowRulesAreLeftToAnActivity(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &handing{}
		got, err := route(t, h, activities.RouteInput{Briefly: true}, 120*time.Millisecond)
		require.NoError(t, err)
		require.True(t, got.Slow)
		require.Empty(t, h.did)
		got, err = route(t, h, activities.RouteInput{}, 120*time.Millisecond)
		require.NoError(t, err)
		require.False(t, got.Slow)
		require.Equal(t, []string{"hand over"}, h.did)
	})
}

// S13, L03
// The conversation comes to people, whatever its rules cost.
func TestRoute_rulesTakeTwoSecondsAtMost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, began := &handing{}, time.Now()
		got, err := route(t, h, activities.RouteInput{}, 2100*time.Millisecond)
		require.NoError(t, err)
		require.False(t, got.Slow)
		require.Equal(t, []string{"without rules", "hand over"}, h.did)
		require.Equal(t, 2100*time.Millisecond, time.Since(began), "the second rule is not judged")
	})
}

func TestRoute_doesNothingWhenClosed(t *testing.T) {
	t.Parallel()
	h := &handing{question: conversation.ErrClosed}
	got, err := route(t, h, activities.RouteInput{}, 0)
	require.NoError(t, err)
	require.Equal(t, stands, got.Situation)
	require.Empty(t, h.did)
}

// R28
func TestRoute_plainlyAsksNoRules(t *testing.T) {
	t.Parallel()
	h := &handing{question: conversation.ErrNotFound}
	_, err := route(t, h, activities.RouteInput{}, 0)
	require.Equal(t, activities.Broken, activities.ClassOf(err))
	_, err = route(t, h, activities.RouteInput{Plainly: true}, 0)
	require.NoError(t, err)
	require.Equal(t, []string{"plainly"}, h.did)
}
