package rules_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/routing"
	"wxdesk/internal/rules"
)

// someFacts is a conversation with said in every text that a customer can bring in.
func someFacts(said string) routing.Facts {
	return routing.Facts{
		"customer": map[string]any{"language": said, "tags": []string{said, "vip"}, "following": true, "first_contact": false},
		"message":  map[string]any{"text": said, "kind": "text", "length": int64(len(said))},
		"event":    map[string]any{"kind": "SCAN", "scene": said, "menu_key": said, "source": "qr-code"},
		"context":  map[string]any{"order": said, "visits": int64(3), "nothing": nil, said: said},
		"account":  map[string]any{"id": "a1", "name": said, "kind": "service", "language": "zh-CN"},
		"time":     map[string]any{"hour": int64(14), "minute": int64(30), "weekday": int64(6), "date": "2026-11-21"},
		"escalation": map[string]any{
			"reason": said, "summary": said, "by_bot": true,
		},
		"item": map[string]any{
			"priority": int64(100), "skills": map[string]any{"s1": int64(5)}, "attributes": map[string]any{"topic": said},
			"waited_seconds": int64(90), "queue": "VIP",
		},
		"agent": map[string]any{
			"presence": "available", "working": true, "free_units": int64(50), "sessions": int64(2), "skills": map[string]any{"s1": int64(7)},
			"attributes": map[string]any{"team": said},
		},
	}
}

func TestEvaluate_everyFactCanBeAskedFor(t *testing.T) {
	t.Parallel()
	evaluator := rules.NewEvaluator()
	for _, f := range rules.Facts() {
		holds, err := evaluator.Evaluate(f.Name+" == "+f.Name, someFacts("hello"))
		require.NoError(t, err, f.Name)
		require.True(t, holds, f.Name)
	}
}

// L05
func TestEvaluate_failureDoesNotHold(t *testing.T) {
	t.Parallel()
	evaluator := rules.NewEvaluator()
	for condition, reason := range map[string]string{
		`context["unset"] == "x"`:                         "", // a variable that is not set is nothing special
		`context.unset == "x"`:                            "",
		`context.nothing == "x"`:                          "",
		`has(context.unset)`:                              "",
		`context.nothing > 3`:                             "the types do not fit",
		`context.order > 3`:                               "the types do not fit",
		`1 / (context.visits - 3) == 1`:                   "division by zero",
		`1 % (time.hour - 14) == 1`:                       "division by zero",
		`9223372036854775807 + time.hour > 0`:             "a number is too large",
		`customer.tags[7] == "x"`:                         "the condition cannot be judged",
		`int(message.text) == 1`:                          "the condition cannot be judged",
		`item.attributes.topic`:                           "expected a condition that is true or false, not a value of type dyn",
		`item.priority`:                                   "expected a condition that is true or false, not a value of type int",
		`item.attributes.topic == "x" || 1 / 0 == 1`:      "division by zero",
		`customer.language == "x" && context.order > 3`:   "",
		`agent.presence == "x" || message.text == "else"`: "there is no fact or function of this name",
	} {
		holds, err := evaluator.Evaluate(condition, someFacts("hello"))
		require.False(t, holds, condition)
		if reason == "" {
			require.NoError(t, err, condition)
			continue
		}
		require.EqualError(t, err, reason, condition)
	}
	_, err := evaluator.Evaluate(`event.kind == "SCAN"`, routing.Facts{"event": "no map"})
	require.EqualError(t, err, "a fact is missing")
	_, err = evaluator.Evaluate(`event.kind == "SCAN"`, nil)
	require.EqualError(t, err, "a fact is missing")
}

// L05
func TestEvaluate_failingRuleIsSkipped(t *testing.T) {
	t.Parallel()
	q := routing.Question{
		Workstream: routing.Workstream{FallbackQueue: "desk"}, Facts: someFacts("hello"),
		Classifications: []routing.RulesetVersion{{Rules: []routing.Rule{
			{Name: "broken", When: `1 / (time.hour - 14) == 1`, Set: map[string]any{"priority": 1}},
			{Name: "good", When: `message.text == "hello"`, Set: map[string]any{"priority": 2}},
		}}},
		Queues: []routing.QueueNow{{Queue: routing.Queue{ID: "desk"}}},
	}
	got := routing.Decide(q, rules.NewEvaluator())
	require.Equal(t, 2, got.Priority)
	require.EqualValues(t, "desk", got.QueueID)
	require.Equal(t, rules.ErrZero.Error(), got.Trace.Rules[0].Reason)
}

// L10
func TestEvaluate_customerTextIsNeverACondition(t *testing.T) {
	t.Parallel()
	evaluator := rules.NewEvaluator()
	for _, said := range []string{`" || true || "`, `x" || true || "x`, `true`, `1 == 1`, `.*`, `\" || true`, `${true}`, "\x00", "\xff\xfe"} {
		for _, condition := range []string{
			`message.text == "refund"`, `message.text.contains("refund")`, `message.text.matches("^refund$")`,
			`event.scene == "refund"`, `context["order"] == "refund"`, `"refund" in customer.tags`, `context[message.text] == "refund"`,
		} {
			holds, err := evaluator.Evaluate(condition, someFacts(said))
			require.NoError(t, err, condition)
			require.False(t, holds, "%s of %q", condition, said)
		}
	}
}

func TestEvaluate_errorsQuoteNothingOfTheFacts(t *testing.T) {
	t.Parallel()
	evaluator := rules.NewEvaluator()
	texts := []string{
		"message.text", "customer.language", "event.scene", "event.menu_key", "account.name", "escalation.reason", "escalation.summary",
		"customer.tags[0]", "string(context.order)", "string(item.attributes.topic)",
	}
	for _, said := range []string{"canary", "no such key: canary", "division by zero canary", "canary overflow", "cost limit canary"} {
		failed := 0
		for _, text := range texts {
			for _, form := range []string{
				`int(%s) == 1`, `uint(%s) == 1u`, `double(%s) == 1.0`, `bool(%s)`, `{"a": 1}[%s] == 1`, `[1][dyn(%s)] == 1`,
				`dyn(%s) > 1`, `dyn(%s).field == 1`, `dyn(%s) + 1 == 2`, `-dyn(%s) == 1`, `!dyn(%s)`, `dyn(%s) ? true : false`,
				`context[context[%s] + "!"] == 1`, `{%[1]s: 1, %[1]s: 2}.size() == 1`, `dyn(%s).all(c, c == 1)`, `customer.tags[int(%s)] == ""`,
				`timestamp(%s) == timestamp(0)`, `duration(%s) == duration("1s")`,
			} {
				_, err := evaluator.Evaluate(fmt.Sprintf(form, text), someFacts(said))
				if err != nil {
					failed++
					require.NotContains(t, err.Error(), "canary", form)
				}
			}
		}
		require.Greater(t, failed, 10*len(texts), "most of these cannot be judged")
	}
}

func TestEvaluate_keepsALimitedNumberOfPrograms(t *testing.T) {
	t.Parallel()
	evaluator := rules.NewEvaluator()
	var wait sync.WaitGroup
	for worker := range 3 {
		wait.Go(func() {
			for i := range rules.MaxPrograms / 4 {
				_, err := evaluator.Evaluate(fmt.Sprintf("%5000d", worker*rules.MaxPrograms+i), nil)
				if err == nil || err.Error() != "expected at most 4096 bytes, not 5000" {
					t.Errorf("got %v, want a refusal by length", err)
				}
				if holds, err := evaluator.Evaluate("time.hour == 14", someFacts("")); !holds || err != nil {
					t.Errorf("got %t, %v; want true", holds, err)
				}
			}
		})
	}
	wait.Wait()
	require.LessOrEqual(t, evaluator.Kept(), rules.MaxPrograms)
	require.Greater(t, evaluator.Kept(), rules.MaxPrograms/4)
}
