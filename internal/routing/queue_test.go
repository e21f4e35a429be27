package routing_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// question is a customer's refund, at noon in Shanghai on Monday, 28 September 2026, in a workstream that falls back to the
// first of the queues.
func question(queues ...routing.QueueNow) routing.Question {
	return routing.Question{
		Now:        noonInShanghai,
		Facts:      routing.Facts{"message": map[string]any{"text": "refund"}},
		Workstream: routing.Workstream{FallbackQueue: queues[0].ID},
		Queues:     queues,
	}
}

// staffed is a queue with one agent, always open, in which nobody waits.
func staffed(id conversation.QueueID, special ...func(*routing.QueueNow)) routing.QueueNow {
	q := routing.QueueNow{Queue: routing.Queue{ID: id, Name: string(id)}, Members: 1}
	for _, f := range special {
		f(&q)
	}
	return q
}

func empty(q *routing.QueueNow) { q.Members = 0 }

func routes(rules ...routing.Rule) *routing.RulesetVersion {
	return &routing.RulesetVersion{RulesetID: "r", Number: 1, Rules: rules}
}

// to is a rule that sends everything to a queue.
func to(queue conversation.QueueID) routing.Rule { return routing.Rule{Queue: queue} }

// RTQ-1
func TestDecide_triesRulesInOrder(t *testing.T) {
	t.Parallel()
	q := question(staffed("fallback"), staffed("a"), staffed("b"))
	q.Route = routes(
		routing.Rule{Name: "1", When: "false", Queue: "fallback"},
		routing.Rule{Name: "2", When: "refund", Queue: "b"},
		routing.Rule{Name: "3", When: "true", Queue: "a"},
	)
	d := routing.Decide(q, standard)
	require.EqualValues(t, "b", d.QueueID)
	require.Equal(t, routing.NoticeParked, d.Notice)
	require.Empty(t, d.Alert)
	require.Equal(t, routing.Trace{
		Rules: []routing.RuleTrace{
			{RulesetID: "r", Version: 1, Rule: "1", Outcome: "not-matched"},
			{RulesetID: "r", Version: 1, Rule: "2", Outcome: "matched"},
			{RulesetID: "r", Version: 1, Rule: "3", Outcome: "matched"},
		},
		Queues: []routing.QueueTrace{{QueueID: "b", Outcome: "chosen"}},
	}, d.Trace)
}

// RTQ-3, WS-5
func TestDecide_noMatchGoesToTheFallback(t *testing.T) {
	t.Parallel()
	q := question(staffed("fallback", full(routing.OverflowAction{Do: routing.OverflowEnd})), staffed("a"))
	q.Route = routes(routing.Rule{When: "false", Queue: "a"})
	d := routing.Decide(q, standard)
	require.EqualValues(t, "fallback", d.QueueID)
	require.False(t, d.End)
	require.Equal(t, "no-match", d.Alert)
	require.Equal(t, []routing.QueueTrace{{QueueID: "fallback", Outcome: "chosen", Reason: "fallback"}}, d.Trace.Queues)
}

// RTQ-3
func TestDecide_noRulesMeansTheFallback(t *testing.T) {
	t.Parallel()
	d := routing.Decide(question(staffed("fallback"), staffed("a")), standard)
	require.EqualValues(t, "fallback", d.QueueID)
	require.Empty(t, d.Alert)
}

// RTQ-4
func TestDecide_splitsByPercent(t *testing.T) {
	t.Parallel()
	q := question(staffed("fallback"), staffed("a"), staffed("b"), staffed("c"))
	q.Route = routes(routing.Rule{Split: []routing.Share{{Queue: "a", Percent: 30}, {Queue: "b", Percent: 0}, {Queue: "c", Percent: 70}}})
	got := map[conversation.QueueID]int{}
	for q.Roll = range 100 {
		got[routing.Decide(q, standard).QueueID]++
	}
	require.Equal(t, map[conversation.QueueID]int{"a": 30, "c": 70}, got)
}

// RTQ-4
func TestDecide_splitQueueMayOverflow(t *testing.T) {
	t.Parallel()
	q := question(staffed("fallback"), staffed("a", full(routing.OverflowAction{Do: routing.OverflowEnd})), staffed("b"), staffed("next"))
	q.Route = routes(routing.Rule{Split: []routing.Share{{Queue: "a", Percent: 50}, {Queue: "b", Percent: 50}}}, to("next"))
	require.EqualValues(t, "next", routing.Decide(q, standard).QueueID, "not the other share")
}

func TestWish_goesBeforeTheRules(t *testing.T) {
	t.Parallel()
	q := question(staffed("fallback"), staffed("a"), staffed("wish"))
	q.Route = routes(to("a"))
	q.Wish = "wish"
	require.EqualValues(t, "wish", routing.Decide(q, standard).QueueID)

	q.Wish = "gone"
	d := routing.Decide(q, standard)
	require.EqualValues(t, "a", d.QueueID)
	require.Equal(t, "unknown-queue", d.Alert)
	require.Equal(t, []routing.QueueTrace{{QueueID: "gone", Outcome: "unknown"}, {QueueID: "a", Outcome: "chosen"}}, d.Trace.Queues)
}

func TestWish_overflowLeavesItToTheRules(t *testing.T) {
	t.Parallel()
	q := question(staffed("fallback"), staffed("a"), staffed("wish", full(routing.OverflowAction{Do: routing.OverflowEnd})))
	q.Route = routes(to("a"))
	q.Wish = "wish"
	require.EqualValues(t, "a", routing.Decide(q, standard).QueueID)
}

// L07
func TestDecide_emptyQueueGoesToTheFallback(t *testing.T) {
	t.Parallel()
	q := question(staffed("fallback"), staffed("a", empty))
	q.Route = routes(to("a"))
	d := routing.Decide(q, standard)
	require.EqualValues(t, "fallback", d.QueueID)
	require.False(t, d.End)
	require.Equal(t, routing.NoticeNobody, d.Notice)
	require.Equal(t, "empty-queue", d.Alert)
	require.Equal(t, []routing.QueueTrace{{QueueID: "a", Outcome: "empty"}, {QueueID: "fallback", Outcome: "chosen", Reason: "fallback"}}, d.Trace.Queues)
}

// L07
func TestDecide_emptyFallbackTakesIt(t *testing.T) {
	t.Parallel()
	d := routing.Decide(question(staffed("fallback", empty)), standard)
	require.EqualValues(t, "fallback", d.QueueID)
	require.Equal(t, routing.NoticeNobody, d.Notice)
	require.Equal(t, "empty-queue", d.Alert)
}

// QUE-5
func TestDecide_nextMatchGoesBeforeTheFallback(t *testing.T) {
	t.Parallel()
	q := question(staffed("fallback"), staffed("a", empty), staffed("b"))
	q.Route = routes(to("a"), to("b"))
	d := routing.Decide(q, standard)
	require.EqualValues(t, "b", d.QueueID)
	require.Equal(t, routing.NoticeParked, d.Notice)
	require.Equal(t, "empty-queue", d.Alert)
}

// QUE-5
func TestDecide_emptyQueueEndsNothing(t *testing.T) {
	t.Parallel()
	q := question(staffed("fallback"), staffed("a", empty, full(routing.OverflowAction{Do: routing.OverflowEnd})))
	q.Route = routes(to("a"))
	d := routing.Decide(q, standard)
	require.False(t, d.End)
	require.EqualValues(t, "fallback", d.QueueID)
	require.Equal(t, routing.NoticeNobody, d.Notice)
}

// QUE-5
func TestDecide_emptyQueueMayTransfer(t *testing.T) {
	t.Parallel()
	q := question(staffed("fallback"), staffed("a", empty, full(transfer("b"))), staffed("b"))
	q.Route = routes(to("a"))
	require.EqualValues(t, "b", routing.Decide(q, standard).QueueID)
}

// L07
func TestDecide_emptyFallbackGoesToTheDefault(t *testing.T) {
	t.Parallel()
	d := routing.Decide(question(staffed("fallback", empty), staffed("default", func(q *routing.QueueNow) { q.Default = true })), standard)
	require.EqualValues(t, "default", d.QueueID)
	require.Equal(t, "empty-queue", d.Alert)
}

// L07
func TestDecide_unknownQueueGoesToTheFallback(t *testing.T) {
	t.Parallel()
	for _, rule := range []routing.Rule{to("gone"), {}, {Split: []routing.Share{{Queue: "gone", Percent: 100}}}} {
		q := question(staffed("fallback"))
		q.Route = routes(rule)
		d := routing.Decide(q, standard)
		require.EqualValues(t, "fallback", d.QueueID)
		require.Equal(t, "unknown-queue", d.Alert)
	}
}

// L07
func TestDecide_missingFallbackGoesToTheDefault(t *testing.T) {
	t.Parallel()
	q := question(staffed("a"), staffed("default", func(q *routing.QueueNow) { q.Default = true }))
	q.Workstream.FallbackQueue = "gone"
	d := routing.Decide(q, standard)
	require.EqualValues(t, "default", d.QueueID)
	require.Equal(t, "unknown-queue", d.Alert)

	q.Queues[1].Default = false
	require.EqualValues(t, "a", routing.Decide(q, standard).QueueID, "any is better than none")
}

// L07
func TestDecide_withoutQueuesAlerts(t *testing.T) {
	t.Parallel()
	d := routing.Decide(routing.Question{Now: noonInShanghai}, standard)
	require.Equal(t, routing.Decision{Needs: routing.Needs{Priority: routing.DefaultPriority, Attributes: map[string]any{}}, Notice: routing.NoticeNobody, Alert: "no-queue"}, d)
}

func TestAlert_namesEachCauseOnce(t *testing.T) {
	t.Parallel()
	q := question(staffed("fallback"), staffed("a", empty))
	q.Wish = "gone"
	q.Route = routes(routing.Rule{Name: "broken", When: "fails"}, to("gone too"), to("a"))
	require.Equal(t, "unknown-queue; rule-failed: broken; empty-queue", routing.Decide(q, standard).Alert)
}
