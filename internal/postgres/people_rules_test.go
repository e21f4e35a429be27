package postgres_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/account"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// route makes the default workstream's route ruleset and returns its path.
func (d adminAPI) route(t *testing.T) string {
	t.Helper()
	return "/v1/rulesets/" + d.make(t, "/v1/rulesets", `{"name":"Routes","kind":"route","workstream_id":"%s"}`, defaultWorkstream)
}

func rulesTo(name, queue string) string {
	return `{"rules":[{"name":"` + name + `","when":"","queue":"` + queue + `"}]}`
}

func TestRulesets_areDraftedPublishedAndRolledBack(t *testing.T) {
	t.Parallel()
	d := newAdminAPI(t)
	set := d.route(t)
	d.must(t, http.StatusNotFound, "admin", http.MethodPost, set+"/publish", "")
	d.must(t, http.StatusOK, "admin", http.MethodPut, set+"/versions/draft", rulesTo("one", defaultQueue))
	require.Nil(t, d.must(t, http.StatusOK, "admin", http.MethodGet, set, "").Published)
	require.Equal(t, int64(1), *d.must(t, http.StatusOK, "admin", http.MethodPost, set+"/publish", "").Published)
	d.must(t, http.StatusNotFound, "admin", http.MethodPost, set+"/publish", "", "If-Match", "*")

	d.must(t, http.StatusUnprocessableEntity, "admin", http.MethodPost, set+"/rollback", `{"number":2}`)
	d.must(t, http.StatusOK, "admin", http.MethodPut, set+"/versions/draft", rulesTo("two", defaultQueue))
	d.must(t, http.StatusUnprocessableEntity, "admin", http.MethodPost, set+"/rollback", `{"number":2}`)
	require.Equal(t, int64(2), *d.must(t, http.StatusOK, "admin", http.MethodPost, set+"/publish", "").Published)
	require.Equal(t, int64(1), *d.must(t, http.StatusOK, "admin", http.MethodPost, set+"/rollback", `{"number":1}`).Published)
	require.Nil(t, d.must(t, http.StatusOK, "admin", http.MethodPost, set+"/rollback", `{"number":0}`).Published)
	versions := d.ask(t, "supervisor", http.MethodGet, set+"/versions", "").Body.String()
	require.Less(t, strings.Index(versions, `"two"`), strings.Index(versions, `"one"`), "newest first")
	require.Equal(t, 2, d.count(t, "audit", "action = 'ruleset.publish'"))
	require.Equal(t, 2, d.count(t, "audit", "action = 'ruleset.rollback'"))
}

func TestBad_L09_aVersionThatWasPublishedNeverChanges(t *testing.T) {
	t.Parallel()
	d := newAdminAPI(t)
	set := d.route(t)
	d.must(t, http.StatusOK, "admin", http.MethodPut, set+"/versions/draft", rulesTo("one", defaultQueue))
	d.must(t, http.StatusOK, "admin", http.MethodPost, set+"/publish", "")
	id := routing.RulesetID(strings.TrimPrefix(set, "/v1/rulesets/"))
	before, err := d.RulesetVersions(t.Context(), tenant, id, 2, 1)
	require.NoError(t, err)

	d.must(t, http.StatusOK, "admin", http.MethodPut, set+"/versions/draft", rulesTo("two", defaultQueue))
	d.must(t, http.StatusOK, "admin", http.MethodPut, set+"/versions/draft", rulesTo("three", defaultQueue))
	d.must(t, http.StatusOK, "admin", http.MethodPost, set+"/publish", "")
	d.must(t, http.StatusNoContent, "admin", http.MethodDelete, set, "")
	after, err := d.RulesetVersions(t.Context(), tenant, id, 2, 1)
	require.NoError(t, err)
	require.Equal(t, before, after)
	require.Equal(t, 2, d.count(t, "ruleset_versions", "true"), "a draft is replaced, a version never")
}

func TestRulesets_CLS4_RTQ1_asManyAsThereMayBe(t *testing.T) {
	t.Parallel()
	d := newAdminAPI(t)
	d.route(t)
	d.must(t, http.StatusConflict, "admin", http.MethodPost, "/v1/rulesets", `{"name":"Another","kind":"route","workstream_id":"`+defaultWorkstream+`"}`)
	for i := range routing.MaxClassifications {
		d.make(t, "/v1/rulesets", `{"name":"c%d","kind":"classification","workstream_id":"%s"}`, i, defaultWorkstream)
	}
	w := d.ask(t, "admin", http.MethodPost, "/v1/rulesets", `{"name":"eleventh","kind":"classification","workstream_id":"`+defaultWorkstream+`"}`)
	require.Equal(t, http.StatusConflict, w.Code)
	require.Contains(t, w.Body.String(), "too-many")
	require.Zero(t, d.count(t, "rulesets", "name = 'eleventh'"))
	for _, body := range []string{
		`{"name":"x","kind":"route"}`, `{"name":"x","kind":"assignment","workstream_id":"` + defaultWorkstream + `"}`,
		`{"name":"x","kind":"assignment","queue_id":"00000000-0000-7000-8000-00000000000f"}`,
	} {
		d.must(t, http.StatusUnprocessableEntity, "admin", http.MethodPost, "/v1/rulesets", body)
	}
}

func TestPeople_whatIsInUseStays(t *testing.T) {
	t.Parallel()
	d := newAdminAPI(t)
	hours := d.make(t, "/v1/operating-hours", `{"name":"Day","weekly":[]}`)
	skill := d.make(t, "/v1/skills", `{"name":"English"}`)
	ruleSkill := d.make(t, "/v1/skills", `{"name":"Japanese"}`)
	profile := d.make(t, "/v1/capacity-profiles", `{"name":"Chats","limit":2}`)
	shift := d.make(t, "/v1/operating-hours", `{"name":"Night","weekly":[]}`)
	target := d.make(t, "/v1/queues", `{"name":"Target"}`)
	ruled := d.make(t, "/v1/queues", `{"name":"Ruled"}`)
	queue := d.make(t, "/v1/queues", `{"name":"VIP","hours_id":"%s","overflow":{"wait":{"seconds":60,"do":"transfer","queue_id":"%s"}}}`, hours, target)
	stream := d.make(t, "/v1/workstreams", `{"name":"Shop","fallback_queue_id":"%s","profile_ids":["%s"]}`, queue, profile)
	agent := d.make(t, "/v1/agents", `{"name":"Ann","skills":[{"skill_id":"%s","rating":5}],"queue_ids":["%s"],"hours_id":"%s"}`, skill, queue, shift)
	set := "/v1/rulesets/" + d.make(t, "/v1/rulesets", `{"name":"R","kind":"route","workstream_id":"%s"}`, stream)
	d.must(t, http.StatusOK, "admin", http.MethodPut, set+"/versions/draft", rulesTo("to", ruled))
	classes := "/v1/rulesets/" + d.make(t, "/v1/rulesets", `{"name":"C","kind":"classification","workstream_id":"%s"}`, stream)
	d.must(t, http.StatusOK, "admin", http.MethodPut, classes+"/versions/draft", `{"rules":[{"name":"j","when":"","skills":[{"skill_id":"`+ruleSkill+`","rating":3}]}]}`)

	paths := map[string]string{
		"the default queue": "/v1/queues/" + defaultQueue, "the default workstream": "/v1/workstreams/" + defaultWorkstream,
		"hours of a queue": "/v1/operating-hours/" + hours, "hours of an agent": "/v1/operating-hours/" + shift, "a skill of an agent": "/v1/skills/" + skill, "a skill of a rule": "/v1/skills/" + ruleSkill,
		"a profile of a workstream": "/v1/capacity-profiles/" + profile, "a target of overflow": "/v1/queues/" + target,
		"a queue of a rule": "/v1/queues/" + ruled, "a fallback queue": "/v1/queues/" + queue,
	}
	for name, path := range paths {
		w := d.ask(t, "admin", http.MethodDelete, path, "")
		require.Equal(t, http.StatusConflict, w.Code, name)
		require.Contains(t, w.Body.String(), "in-use", name)
		d.must(t, http.StatusOK, "admin", http.MethodGet, path, "")
	}
	d.must(t, http.StatusNoContent, "admin", http.MethodDelete, "/v1/workstreams/"+stream, "")
	d.must(t, http.StatusNoContent, "admin", http.MethodDelete, "/v1/queues/"+queue, "")
	require.Equal(t, []string{defaultQueue}, d.must(t, http.StatusOK, "admin", http.MethodGet, "/v1/agents/"+agent, "").QueueIDs, "a member is no obstacle")
	d.must(t, http.StatusNoContent, "admin", http.MethodDelete, "/v1/agents/"+agent, "")
	for _, name := range []string{"hours of a queue", "hours of an agent", "a skill of an agent", "a skill of a rule", "a profile of a workstream", "a target of overflow", "a queue of a rule"} {
		d.must(t, http.StatusNoContent, "admin", http.MethodDelete, paths[name], "")
	}
}

func TestPeople_DIA3_supervisorsChangeMembershipCapacityAndSkillsAndNothingElse(t *testing.T) {
	t.Parallel()
	d := newAdminAPI(t)
	skill := d.make(t, "/v1/skills", `{"name":"English"}`)
	agent := "/v1/agents/" + d.make(t, "/v1/agents", `{"name":"Ann","attributes":{"team":"red"}}`)
	before := d.triggers(t)
	d.must(t, http.StatusOK, "supervisor", http.MethodPatch, agent,
		`{"units":50,"skills":[{"skill_id":"`+skill+`","rating":7}],"queue_ids":["`+defaultQueue+`"],"default_presence":"away"}`)
	require.Greater(t, d.triggers(t), before)
	require.Equal(t, int64(2), d.must(t, http.StatusOK, "admin", http.MethodGet, "/v1/queues/"+defaultQueue, "").Version, "its members changed")
	for _, body := range []string{`{"name":"Bob"}`, `{"disabled":true}`, `{"attributes":{}}`, `{"time_zone":"UTC"}`, `{"hours_id":null}`} {
		d.must(t, http.StatusForbidden, "supervisor", http.MethodPatch, agent, body)
	}
	colleague := d.ask(t, "agent", http.MethodGet, agent, "").Body.String()
	require.Contains(t, colleague, `"Ann"`)
	for _, private := range []string{"units", "skills", "attributes", "queue_ids", "red"} {
		require.NotContains(t, colleague, private)
	}
}

func TestQueueMembers_replaceEachOtherAndKeepTheirPlace(t *testing.T) {
	t.Parallel()
	d := newAdminAPI(t)
	ann, bob := d.make(t, "/v1/agents", `{"name":"Ann"}`), d.make(t, "/v1/agents", `{"name":"Bob"}`)
	queue := d.make(t, "/v1/queues", `{"name":"VIP"}`)
	members := "/v1/queues/" + queue + "/members"
	d.must(t, http.StatusOK, "supervisor", http.MethodPut, members, `{"agent_ids":["`+ann+`"]}`)
	d.exec(t, `update queue_members set joined_at = '2020-01-01'`)
	before := d.triggers(t)
	require.ElementsMatch(t, []string{ann, bob},
		d.must(t, http.StatusOK, "supervisor", http.MethodPut, members, `{"agent_ids":["`+bob+`","`+ann+`","`+bob+`"]}`).AgentIDs)
	require.Equal(t, before+1, d.triggers(t))
	require.Equal(t, 1, d.count(t, "queue_members", "joined_at = '2020-01-01' and agent_id = $1 and queue_id = $2", ann, queue))
	require.Equal(t, []string{bob}, d.must(t, http.StatusOK, "supervisor", http.MethodPut, members, `{"agent_ids":["`+bob+`"]}`).AgentIDs)
	d.must(t, http.StatusUnprocessableEntity, "supervisor", http.MethodPut, members, `{"agent_ids":["00000000-0000-7000-8000-00000000000f"]}`)
	d.must(t, http.StatusUnprocessableEntity, "supervisor", http.MethodPut, members, `{"agent_ids":["Ann"]}`)
	require.Equal(t, 1, d.count(t, "queue_members", "queue_id = $1", queue))
}

func TestQUE4_everyAgentIsAMemberOfTheDefaultQueue(t *testing.T) {
	t.Parallel()
	d := newAdminAPI(t)
	vip := d.make(t, "/v1/queues", `{"name":"VIP"}`)
	ann := d.make(t, "/v1/agents", `{"name":"Ann"}`)
	bob := d.make(t, "/v1/agents", `{"name":"Bob","queue_ids":["%s"]}`, vip)
	members := "/v1/queues/" + defaultQueue + "/members"
	everybody := func() []string { return d.must(t, http.StatusOK, "supervisor", http.MethodGet, members, "").AgentIDs }
	require.ElementsMatch(t, []string{ann, bob}, everybody())

	require.Equal(t, []string{defaultQueue, vip}, d.must(t, http.StatusOK, "supervisor", http.MethodPatch, "/v1/agents/"+ann, `{"queue_ids":["`+vip+`"]}`).QueueIDs)
	require.Equal(t, []string{defaultQueue}, d.must(t, http.StatusOK, "supervisor", http.MethodPatch, "/v1/agents/"+ann, `{"queue_ids":[]}`).QueueIDs)
	got := d.must(t, http.StatusUnprocessableEntity, "supervisor", http.MethodPut, members, `{"agent_ids":["`+ann+`"]}`)
	require.Contains(t, got.Errors[0].Message, "every agent is a member")
	q, err := d.Queue(t.Context(), tenant, defaultQueue)
	require.NoError(t, err)
	_, err = d.SetQueueMembers(t.Context(), cli, defaultQueue, q.Version, nil)
	require.ErrorIs(t, err, conversation.ErrInUse)
	require.ElementsMatch(t, []string{ann, bob}, everybody())

	d.must(t, http.StatusNoContent, "admin", http.MethodDelete, "/v1/agents/"+bob, "")
	require.Equal(t, []string{ann}, everybody())
	d.must(t, http.StatusOK, "admin", http.MethodPatch, "/v1/queues/"+defaultQueue, `{"method":"round_robin"}`)
}

func TestAccounts_nameAWorkstreamThatThereIs(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	a := f.account
	require.Empty(t, a.Workstream)
	a.Workstream = defaultWorkstream
	a, err := f.UpdateAccount(t.Context(), cli, a, account.Secrets{})
	require.NoError(t, err)
	require.EqualValues(t, defaultWorkstream, a.Workstream)
	a.Workstream = conversation.WorkstreamID(newConversation())
	_, err = f.UpdateAccount(t.Context(), cli, a, account.Secrets{})
	var unknown *routing.UnknownError
	require.ErrorAs(t, err, &unknown)
	require.Equal(t, "workstream_id", unknown.Field)
}

func TestCTX4_aVariableThatARuleInForceAsksForStays(t *testing.T) {
	t.Parallel()
	d := newAdminAPI(t)
	at := "/v1/workstreams/" + defaultWorkstream
	d.must(t, http.StatusOK, "admin", http.MethodPatch, at, `{"variables":[{"name":"order"},{"name":"visits","number":true},{"name":"idle"}]}`)
	set := "/v1/rulesets/" + d.make(t, "/v1/rulesets", `{"name":"Urgency","kind":"classification","workstream_id":"%s"}`, defaultWorkstream)
	publish := func(when string) {
		body := `{"rules":[{"name":"all","when":"","set":{"topic":"tea"}},{"name":"comes again","when":` + strconv.Quote(when) + `,"set":{"topic":"order"}}]}`
		d.must(t, http.StatusOK, "admin", http.MethodPut, set+"/versions/draft", body)
		d.must(t, http.StatusOK, "admin", http.MethodPost, set+"/publish", "")
	}
	const without = `{"variables":[{"name":"visits","number":true},{"name":"idle"}]}`
	for _, when := range []string{`has(context.order)`, `context["order"] == "A1"`, `"order" in context`, `true || context.order == "A1"`} {
		publish(when)
		for _, body := range []string{without, `{"variables":[{"name":"Order"},{"name":"visits","number":true}]}`, `{"variables":[]}`} {
			w := d.ask(t, "admin", http.MethodPatch, at, body)
			require.Equal(t, http.StatusConflict, w.Code, when)
			for _, said := range []string{"in-use", "comes again", "Urgency", "variable order"} {
				require.Contains(t, w.Body.String(), said)
			}
		}
		d.must(t, http.StatusOK, "admin", http.MethodPatch, at, `{"name":"Renamed"}`)
	}
	require.Equal(t, 1, d.count(t, "workstreams", `variables @> '[{"name": "order"}]'`))

	d.must(t, http.StatusOK, "admin", http.MethodPatch, at, `{"variables":[{"name":"order"},{"name":"visits","number":true}]}`)
	publish(`context.visits > 2 && message.text == "order"`)
	d.must(t, http.StatusOK, "admin", http.MethodPut, set+"/versions/draft", `{"rules":[{"name":"a draft","when":"has(context.order)","set":{"topic":"tea"}}]}`)
	d.must(t, http.StatusOK, "admin", http.MethodPatch, at, `{"variables":[{"name":"visits","number":true}]}`)
	d.must(t, http.StatusUnprocessableEntity, "admin", http.MethodPost, set+"/publish", "")
	d.must(t, http.StatusOK, "admin", http.MethodPost, set+"/rollback", `{"number":0}`)
	d.must(t, http.StatusOK, "admin", http.MethodPatch, at, `{"variables":[]}`)
}
