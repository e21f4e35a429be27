package admin_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/api"
	"wxdesk/api/apitest"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// planned is an installation with a routing plan that is only read.
type planned struct {
	apitest.NoSetup
	plan routing.Plan
}

func (p planned) RoutingPlan(context.Context, conversation.Tenant, conversation.WorkstreamID) (routing.Plan, error) {
	return p.plan, nil
}

// evaluatorFunc is a routing.Evaluator.
type evaluatorFunc func() (bool, error)

func (f evaluatorFunc) Evaluate(string, routing.Facts) (bool, error) { return f() }

// manyRules is a plan with n rules in force in one classification ruleset.
func manyRules(n int) routing.Plan {
	version := routing.RulesetVersion{Number: 1, Rules: make([]routing.Rule, n)}
	for i := range version.Rules {
		version.Rules[i] = routing.Rule{Name: fmt.Sprint(i), When: "true", Set: map[string]any{"a": "b"}}
	}
	return routing.Plan{Rulesets: []routing.PlannedRuleset{{Ruleset: routing.Ruleset{Kind: routing.Classification}, InForce: &version}}}
}

func routingAPI(plan routing.Plan, evaluator routing.Evaluator) http.Handler {
	cfg := apitest.NewWorld().Config()
	cfg.Admin.RoutingPlans, cfg.Evaluator = planned{plan: plan}, evaluator
	return api.New(cfg).Handler()
}

// S13, M08
func TestImport_refusesLargeFilesFast(t *testing.T) {
	t.Parallel()
	const head = "format: wxdesk-routing/1\nrulesets:\n"
	h := routingAPI(routing.Plan{}, nil)
	var names strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&names, "      name%d: 1\n", i)
	}
	for name, file := range map[string]string{
		"one fault in each ruleset": head + strings.Repeat("- {}\n", 48_000),
		"few enough to be read":     head + strings.Repeat("- {}\n", 1000),
		"one fault in each rule":    head + "- kind: route\n  name: x\n  rules:\n" + strings.Repeat("  - {queue: x}\n", 15_000),
		"many members":              head + "- kind: classification\n  name: x\n  rules:\n  - name: x\n    set:\n" + names.String(),
		"empty entries":             "format: wxdesk-routing/1\nrulesets: [" + strings.Repeat("~,", 120_000) + "]\n",
		"empty hours":               "format: wxdesk-routing/1\nrulesets: []\nhours:\n" + strings.Repeat("- {}\n", 48_000),
		"deep":                      head + "- rules: " + strings.Repeat("[", 5000) + strings.Repeat("]", 5000),
		"an alias":                  head + "- &a {kind: route, name: x, rules: []}\n- *a\n",
	} {
		start := time.Now()
		w := apitest.Call(t, h, "admin", http.MethodPost, "/v1/rulesets/import?workstream_id="+apitest.ConvA, file, "Content-Type", "application/yaml")
		apitest.RequireProblem(t, w, http.StatusUnprocessableEntity, "invalid")
		require.LessOrEqual(t, strings.Count(w.Body.String(), `"message"`), 20, name)
		require.Contains(t, w.Body.String(), "line ", name)
		require.Less(t, time.Since(start), 5*time.Second, name)
	}
	w := apitest.Call(t, h, "admin", http.MethodPost, "/v1/rulesets/import?workstream_id="+apitest.ConvA, strings.Repeat("#\n", 400_000), "Content-Type", "application/yaml")
	apitest.RequireProblem(t, w, http.StatusRequestEntityTooLarge, "too-large")
}

// S13
func TestTry_refusesFactsThatAreTooLarge(t *testing.T) {
	t.Parallel()
	h := routingAPI(manyRules(1), evaluatorFunc(func() (bool, error) { return false, nil }))
	entries := func(n int, entry string) string {
		return "[" + strings.TrimSuffix(strings.Repeat(entry+",", n), ",") + "]"
	}
	for facts, status := range map[string]int{
		`{"message":{"text":"` + strings.Repeat("a", 2048) + `"}}`:                 http.StatusOK,
		`{"message":{"text":"` + strings.Repeat("a", 2049) + `"}}`:                 http.StatusUnprocessableEntity,
		`{"` + strings.Repeat("a", 2049) + `":1}`:                                  http.StatusUnprocessableEntity,
		`{"customer":{"tags":` + entries(100, `"vip"`) + `}}`:                      http.StatusOK,
		`{"customer":{"tags":` + entries(101, `"vip"`) + `}}`:                      http.StatusUnprocessableEntity,
		`{"context":{"a":` + entries(100, entries(100, "1")) + `}}`:                http.StatusUnprocessableEntity,
		`{"context":{"a":` + entries(20, `"`+strings.Repeat("a", 2000)+`"`) + `}}`: http.StatusOK,
	} {
		w := apitest.Call(t, h, "supervisor", http.MethodPost, "/v1/rulesets/try", `{"workstream_id":"`+apitest.ConvA+`","facts":`+facts+`}`)
		require.Equal(t, status, w.Code, "%.60s: %.300s", facts, w.Body)
		if status != http.StatusOK {
			require.Contains(t, w.Body.String(), `"location":"body.facts"`)
		}
	}
}

// S13
func TestTry_endsWithItsRequest(t *testing.T) {
	t.Parallel()
	ctx, leave := context.WithCancel(t.Context())
	judged := 0
	h := routingAPI(manyRules(100), evaluatorFunc(func() (bool, error) {
		judged++
		leave()
		return false, nil
	}))
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/v1/rulesets/try", strings.NewReader(`{"workstream_id":"`+apitest.ConvA+`"}`))
	r.Header.Set("Authorization", "Bearer supervisor")
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	apitest.RequireProblem(t, w, http.StatusServiceUnavailable, "unavailable")
	require.Equal(t, 1, judged)
}
