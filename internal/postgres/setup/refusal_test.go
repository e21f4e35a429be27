package setup_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/postgres/postgrestest"
	"wxdesk/internal/routing"
)

// L01, L02, L04, L06, L08, ASG-9, CLS-5
func TestRulesets_invalidRulesAreNotSaved(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewAdminAPI(t)
	set := route(d, t)
	when := func(condition string) string {
		return fmt.Sprintf(`{"rules":[{"name":"good","when":"","queue":%q},{"name":"bad","when":%q,"queue":%q}]}`, postgrestest.DefaultQueue, condition, postgrestest.DefaultQueue)
	}
	for name, body := range map[string]string{
		"L01 a syntax error":       when(`customer.language == `),
		"L01 an unknown field":     when(`customer.canary == "x"`),
		"L01 an unknown function":  when(`canary(1)`),
		"L01 no condition":         when(`1 + 1`),
		"L02 too long":             when(strings.Repeat("true || ", 12_800) + "true"),
		"L02 too many brackets":    when(strings.Repeat("(", 2000) + "true" + strings.Repeat(")", 2000)),
		"L04 too long a pattern":   when(`message.text.matches("` + strings.Repeat("a", 300) + `")`),
		"L08 the environment":      when(`env("HOME") == "x"`),
		"L08 a queue that is gone": strings.Replace(when("true"), postgrestest.DefaultQueue, uuid.NewString(), 2),
	} {
		got := d.Must(t, http.StatusUnprocessableEntity, "admin", http.MethodPut, set+"/versions/draft", body)
		require.NotEmpty(t, got.Errors, name)
		require.Contains(t, got.Errors[0].Location, "body.rules[", name)
		require.NotContains(t, fmt.Sprint(got.Errors), "canary", name)
	}
	got := d.Must(t, http.StatusUnprocessableEntity, "admin", http.MethodPut, set+"/versions/draft", when(`customer.language == `))
	require.Equal(t, "body.rules[1].when", got.Errors[0].Location)
	require.Regexp(t, `^line 1, column \d+: `, got.Errors[0].Message)
	require.Zero(t, d.Count(t, "ruleset_versions", "true"))
}

// L06, OVF-6
func TestQueues_overflowCircleIsNotSaved(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewAdminAPI(t)
	to := func(condition, queue string) string {
		return fmt.Sprintf(`{"overflow":{%q:{%s"do":"transfer","queue_id":%q}}}`,
			condition, map[string]string{"full": `"items":3,`, "wait": `"seconds":60,`}[condition], queue)
	}
	first := d.Make(t, "/v1/queues", `{"name":"First"}`)
	second := d.Make(t, "/v1/queues", `{"name":"Second",%s`, strings.TrimPrefix(to("full", first), "{"))
	third := d.Make(t, "/v1/queues", `{"name":"Third",%s`, strings.TrimPrefix(to("wait", second), "{"))

	got := d.Must(t, http.StatusUnprocessableEntity, "admin", http.MethodPatch, "/v1/queues/"+first, to("out_of_hours", second))
	require.Equal(t, "body.overflow", got.Errors[0].Location)
	require.Equal(t, "leads round in a circle: First → Second → First", got.Errors[0].Message)
	got = d.Must(t, http.StatusUnprocessableEntity, "admin", http.MethodPatch, "/v1/queues/"+first, to("full", third))
	require.Equal(t, "leads round in a circle: First → Third → Second → First", got.Errors[0].Message)
	require.Equal(t, 1, d.Count(t, "queues", "id = $1 and overflow = '{}' and version = 1", first))

	d.Must(t, http.StatusOK, "admin", http.MethodPatch, "/v1/queues/"+second, `{"overflow":{}}`)
	d.Must(t, http.StatusOK, "admin", http.MethodPatch, "/v1/queues/"+first, to("full", third))
}

// L06
func TestQueues_circleByTwoChangesIsRefused(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewEmptyFixture(t)
	var ring [4]routing.Queue
	for i := range ring {
		var err error
		ring[i], err = f.CreateQueue(t.Context(), postgrestest.CLI, routing.Queue{Name: fmt.Sprint("ring ", i), Priority: 100, Method: routing.RoundRobin, DeclineLimit: 3})
		require.NoError(t, err)
	}
	// Two that are not neighbours stand already, so that the other two meet in no row.
	save := func(i int) error {
		q := ring[i]
		q.Overflow.OutOfHours = &routing.OverflowAction{Do: routing.OverflowTransfer, QueueID: ring[(i+1)%len(ring)].ID}
		_, err := f.UpdateQueue(t.Context(), postgrestest.CLI, q)
		return err
	}
	require.NoError(t, save(1))
	require.NoError(t, save(3))
	answers := make(chan error, 2)
	for _, i := range []int{0, 2} {
		go func() { answers <- save(i) }()
	}
	first, second := <-answers, <-answers
	if first == nil {
		first, second = second, first
	}
	require.ErrorAs(t, first, new(*routing.CircleError))
	require.NoError(t, second)
}

// L07, WS-5
func TestTryRules_noMatchAlertsAndFallsBack(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewAdminAPI(t)
	w := d.Ask(t, "supervisor", http.MethodPost, "/v1/rulesets/try", `{"workstream_id":"`+postgrestest.DefaultWorkstream+`","facts":{"customer":{"language":"en"}}}`)
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	require.Contains(t, w.Body.String(), `"queue_id":"`+postgrestest.DefaultQueue+`"`)
	require.Contains(t, w.Body.String(), `"alert":"`)
}

// M05
func TestUpdateAgent_disablingReturnsTheWork(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewAdminAPI(t)
	var err error
	d.TheAccount, err = d.CreateAccount(t.Context(), postgrestest.CLI, postgrestest.SomeAccount(), postgrestest.SomeSecrets())
	require.NoError(t, err)
	agent := d.Make(t, "/v1/agents", `{"name":"Ann","queue_ids":["%s"]}`, postgrestest.DefaultQueue)
	id := postgrestest.NewConversation()
	d.MustReceive(t, d.Batch(id, "li", postgrestest.Says("1", "hello")))
	item := uuid.NewString()
	d.Exec(t, `
		insert into work_items (tenant, id, conversation_id, queue_id, state, mode, since, units, skill_match, presences, demand)
		values ('default', $1, $2, $3, 'assigned', 'push', now(), 25, 'exact', '{available}', '')`, item, id, postgrestest.DefaultQueue)
	d.Exec(t, `
		insert into assignments (tenant, id, work_item_id, conversation_id, queue_id, agent_id, how, state, units, accepted_at)
		values ('default', gen_random_uuid(), $1, $2, $3, $4, 'offer', 'accepted', 25, now())`, item, id, postgrestest.DefaultQueue, agent)
	d.Exec(t, `update conversations set state = 'active', holder = 'agent', queue_id = $2, agent_id = $3 where id = $1`, id, postgrestest.DefaultQueue, agent)
	d.Must(t, http.StatusOK, "admin", http.MethodPatch, "/v1/agents/"+agent, `{"disabled":true}`)
	require.Equal(t, 1, d.Count(t, "conversations", "state = 'open' and holder = 'queue' and agent_id is null"))
	require.Equal(t, 1, d.Count(t, "work_items", "state = 'waiting'"))
	require.Zero(t, d.Count(t, "assignments", "state in ('offered', 'accepted')"))
	require.Equal(t, 1, d.Count(t, "outbox", "true"))
}
