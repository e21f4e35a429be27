package setup_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/account"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres/postgrestest"
	"wxdesk/internal/routing"
)

// route makes the default workstream's route ruleset and returns its path.
func route(d postgrestest.AdminAPI, t *testing.T) string {
	t.Helper()
	return "/v1/rulesets/" + d.Make(t, "/v1/rulesets", `{"name":"Routes","kind":"route","workstream_id":"%s"}`, postgrestest.DefaultWorkstream)
}

func rulesTo(name, queue string) string {
	return `{"rules":[{"name":"` + name + `","when":"","queue":"` + queue + `"}]}`
}

func TestRulesets_areDraftedPublishedAndRolledBack(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewAdminAPI(t)
	set := route(d, t)
	d.Must(t, http.StatusNotFound, "admin", http.MethodPost, set+"/publish", "")
	d.Must(t, http.StatusOK, "admin", http.MethodPut, set+"/versions/draft", rulesTo("one", postgrestest.DefaultQueue))
	require.Nil(t, d.Must(t, http.StatusOK, "admin", http.MethodGet, set, "").Published)
	require.Equal(t, int64(1), *d.Must(t, http.StatusOK, "admin", http.MethodPost, set+"/publish", "").Published)
	d.Must(t, http.StatusNotFound, "admin", http.MethodPost, set+"/publish", "", "If-Match", "*")

	d.Must(t, http.StatusUnprocessableEntity, "admin", http.MethodPost, set+"/rollback", `{"number":2}`)
	d.Must(t, http.StatusOK, "admin", http.MethodPut, set+"/versions/draft", rulesTo("two", postgrestest.DefaultQueue))
	d.Must(t, http.StatusUnprocessableEntity, "admin", http.MethodPost, set+"/rollback", `{"number":2}`)
	require.Equal(t, int64(2), *d.Must(t, http.StatusOK, "admin", http.MethodPost, set+"/publish", "").Published)
	require.Equal(t, int64(1), *d.Must(t, http.StatusOK, "admin", http.MethodPost, set+"/rollback", `{"number":1}`).Published)
	require.Nil(t, d.Must(t, http.StatusOK, "admin", http.MethodPost, set+"/rollback", `{"number":0}`).Published)
	versions := d.Ask(t, "supervisor", http.MethodGet, set+"/versions", "").Body.String()
	require.Less(t, strings.Index(versions, `"two"`), strings.Index(versions, `"one"`), "newest first")
	require.Equal(t, 2, d.Count(t, "audit", "action = 'ruleset.publish'"))
	require.Equal(t, 2, d.Count(t, "audit", "action = 'ruleset.rollback'"))
}

// L09
func TestRulesets_publishedVersionNeverChanges(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewAdminAPI(t)
	set := route(d, t)
	d.Must(t, http.StatusOK, "admin", http.MethodPut, set+"/versions/draft", rulesTo("one", postgrestest.DefaultQueue))
	d.Must(t, http.StatusOK, "admin", http.MethodPost, set+"/publish", "")
	id := routing.RulesetID(strings.TrimPrefix(set, "/v1/rulesets/"))
	before, err := d.RulesetVersions(t.Context(), postgrestest.Tenant, id, 2, 1)
	require.NoError(t, err)

	d.Must(t, http.StatusOK, "admin", http.MethodPut, set+"/versions/draft", rulesTo("two", postgrestest.DefaultQueue))
	d.Must(t, http.StatusOK, "admin", http.MethodPut, set+"/versions/draft", rulesTo("three", postgrestest.DefaultQueue))
	d.Must(t, http.StatusOK, "admin", http.MethodPost, set+"/publish", "")
	d.Must(t, http.StatusNoContent, "admin", http.MethodDelete, set, "")
	after, err := d.RulesetVersions(t.Context(), postgrestest.Tenant, id, 2, 1)
	require.NoError(t, err)
	require.Equal(t, before, after)
	require.Equal(t, 2, d.Count(t, "ruleset_versions", "true"), "a draft is replaced, a version never")
}

// CLS-4, RTQ-1
func TestRulesets_numberIsLimited(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewAdminAPI(t)
	route(d, t)
	d.Must(t, http.StatusConflict, "admin", http.MethodPost, "/v1/rulesets", `{"name":"Another","kind":"route","workstream_id":"`+postgrestest.DefaultWorkstream+`"}`)
	for i := range routing.MaxClassifications {
		d.Make(t, "/v1/rulesets", `{"name":"c%d","kind":"classification","workstream_id":"%s"}`, i, postgrestest.DefaultWorkstream)
	}
	w := d.Ask(t, "admin", http.MethodPost, "/v1/rulesets", `{"name":"eleventh","kind":"classification","workstream_id":"`+postgrestest.DefaultWorkstream+`"}`)
	require.Equal(t, http.StatusConflict, w.Code)
	require.Contains(t, w.Body.String(), "too-many")
	require.Zero(t, d.Count(t, "rulesets", "name = 'eleventh'"))
	for _, body := range []string{
		`{"name":"x","kind":"route"}`, `{"name":"x","kind":"assignment","workstream_id":"` + postgrestest.DefaultWorkstream + `"}`,
		`{"name":"x","kind":"assignment","queue_id":"00000000-0000-7000-8000-00000000000f"}`,
	} {
		d.Must(t, http.StatusUnprocessableEntity, "admin", http.MethodPost, "/v1/rulesets", body)
	}
}

// QUE-4, WS-15
func TestSetup_partsInUseStay(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewAdminAPI(t)
	hours := d.Make(t, "/v1/operating-hours", `{"name":"Day","weekly":[]}`)
	skill := d.Make(t, "/v1/skills", `{"name":"English"}`)
	ruleSkill := d.Make(t, "/v1/skills", `{"name":"Japanese"}`)
	profile := d.Make(t, "/v1/capacity-profiles", `{"name":"Chats","limit":2}`)
	shift := d.Make(t, "/v1/operating-hours", `{"name":"Night","weekly":[]}`)
	target := d.Make(t, "/v1/queues", `{"name":"Target"}`)
	ruled := d.Make(t, "/v1/queues", `{"name":"Ruled"}`)
	queue := d.Make(t, "/v1/queues", `{"name":"VIP","hours_id":"%s","overflow":{"wait":{"seconds":60,"do":"transfer","queue_id":"%s"}}}`, hours, target)
	stream := d.Make(t, "/v1/workstreams", `{"name":"Shop","fallback_queue_id":"%s","profile_ids":["%s"]}`, queue, profile)
	agent := d.Make(t, "/v1/agents", `{"name":"Ann","skills":[{"skill_id":"%s","rating":5}],"queue_ids":["%s"],"hours_id":"%s"}`, skill, queue, shift)
	set := "/v1/rulesets/" + d.Make(t, "/v1/rulesets", `{"name":"R","kind":"route","workstream_id":"%s"}`, stream)
	d.Must(t, http.StatusOK, "admin", http.MethodPut, set+"/versions/draft", rulesTo("to", ruled))
	classes := "/v1/rulesets/" + d.Make(t, "/v1/rulesets", `{"name":"C","kind":"classification","workstream_id":"%s"}`, stream)
	d.Must(t, http.StatusOK, "admin", http.MethodPut, classes+"/versions/draft", `{"rules":[{"name":"j","when":"","skills":[{"skill_id":"`+ruleSkill+`","rating":3}]}]}`)

	paths := map[string]string{
		"the default queue": "/v1/queues/" + postgrestest.DefaultQueue, "the default workstream": "/v1/workstreams/" + postgrestest.DefaultWorkstream,
		"hours of a queue": "/v1/operating-hours/" + hours, "hours of an agent": "/v1/operating-hours/" + shift, "a skill of an agent": "/v1/skills/" + skill, "a skill of a rule": "/v1/skills/" + ruleSkill,
		"a profile of a workstream": "/v1/capacity-profiles/" + profile, "a target of overflow": "/v1/queues/" + target,
		"a queue of a rule": "/v1/queues/" + ruled, "a fallback queue": "/v1/queues/" + queue,
	}
	for name, path := range paths {
		w := d.Ask(t, "admin", http.MethodDelete, path, "")
		require.Equal(t, http.StatusConflict, w.Code, name)
		require.Contains(t, w.Body.String(), "in-use", name)
		d.Must(t, http.StatusOK, "admin", http.MethodGet, path, "")
	}
	d.Must(t, http.StatusNoContent, "admin", http.MethodDelete, "/v1/workstreams/"+stream, "")
	d.Must(t, http.StatusNoContent, "admin", http.MethodDelete, "/v1/queues/"+queue, "")
	require.Equal(t, []string{postgrestest.DefaultQueue}, d.Must(t, http.StatusOK, "admin", http.MethodGet, "/v1/agents/"+agent, "").QueueIDs, "a member is no obstacle")
	d.Must(t, http.StatusNoContent, "admin", http.MethodDelete, "/v1/agents/"+agent, "")
	for _, name := range []string{"hours of a queue", "hours of an agent", "a skill of an agent", "a skill of a rule", "a profile of a workstream", "a target of overflow", "a queue of a rule"} {
		d.Must(t, http.StatusNoContent, "admin", http.MethodDelete, paths[name], "")
	}
}

// DIA-3, SUP-7
func TestUpdateAgent_bySupervisorsInPart(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewAdminAPI(t)
	skill := d.Make(t, "/v1/skills", `{"name":"English"}`)
	agent := "/v1/agents/" + d.Make(t, "/v1/agents", `{"name":"Ann","attributes":{"team":"red"}}`)
	before := d.CountTriggers(t)
	d.Must(t, http.StatusOK, "supervisor", http.MethodPatch, agent,
		`{"units":50,"skills":[{"skill_id":"`+skill+`","rating":7}],"queue_ids":["`+postgrestest.DefaultQueue+`"],"default_presence":"away"}`)
	require.Greater(t, d.CountTriggers(t), before)
	require.Equal(t, int64(2), d.Must(t, http.StatusOK, "admin", http.MethodGet, "/v1/queues/"+postgrestest.DefaultQueue, "").Version, "its members changed")
	for _, body := range []string{`{"name":"Bob"}`, `{"disabled":true}`, `{"attributes":{}}`, `{"time_zone":"UTC"}`, `{"hours_id":null}`} {
		d.Must(t, http.StatusForbidden, "supervisor", http.MethodPatch, agent, body)
	}
	colleague := d.Ask(t, "agent", http.MethodGet, agent, "").Body.String()
	require.Contains(t, colleague, `"Ann"`)
	for _, private := range []string{"units", "skills", "attributes", "queue_ids", "red"} {
		require.NotContains(t, colleague, private)
	}
}

func TestSetQueueMembers_keepTheirPlace(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewAdminAPI(t)
	ann, bob := d.Make(t, "/v1/agents", `{"name":"Ann"}`), d.Make(t, "/v1/agents", `{"name":"Bob"}`)
	queue := d.Make(t, "/v1/queues", `{"name":"VIP"}`)
	members := "/v1/queues/" + queue + "/members"
	d.Must(t, http.StatusOK, "supervisor", http.MethodPut, members, `{"agent_ids":["`+ann+`"]}`)
	d.Exec(t, `update queue_members set joined_at = '2020-01-01'`)
	before := d.CountTriggers(t)
	require.ElementsMatch(t, []string{ann, bob},
		d.Must(t, http.StatusOK, "supervisor", http.MethodPut, members, `{"agent_ids":["`+bob+`","`+ann+`","`+bob+`"]}`).AgentIDs)
	require.Equal(t, before+1, d.CountTriggers(t))
	require.Equal(t, 1, d.Count(t, "queue_members", "joined_at = '2020-01-01' and agent_id = $1 and queue_id = $2", ann, queue))
	require.Equal(t, []string{bob}, d.Must(t, http.StatusOK, "supervisor", http.MethodPut, members, `{"agent_ids":["`+bob+`"]}`).AgentIDs)
	d.Must(t, http.StatusUnprocessableEntity, "supervisor", http.MethodPut, members, `{"agent_ids":["00000000-0000-7000-8000-00000000000f"]}`)
	d.Must(t, http.StatusUnprocessableEntity, "supervisor", http.MethodPut, members, `{"agent_ids":["Ann"]}`)
	require.Equal(t, 1, d.Count(t, "queue_members", "queue_id = $1", queue))
}

// QUE-4
func TestDefaultQueue_hasEveryAgent(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewAdminAPI(t)
	vip := d.Make(t, "/v1/queues", `{"name":"VIP"}`)
	ann := d.Make(t, "/v1/agents", `{"name":"Ann"}`)
	bob := d.Make(t, "/v1/agents", `{"name":"Bob","queue_ids":["%s"]}`, vip)
	members := "/v1/queues/" + postgrestest.DefaultQueue + "/members"
	everybody := func() []string { return d.Must(t, http.StatusOK, "supervisor", http.MethodGet, members, "").AgentIDs }
	require.ElementsMatch(t, []string{ann, bob}, everybody())

	require.Equal(t, []string{postgrestest.DefaultQueue, vip}, d.Must(t, http.StatusOK, "supervisor", http.MethodPatch, "/v1/agents/"+ann, `{"queue_ids":["`+vip+`"]}`).QueueIDs)
	require.Equal(t, []string{postgrestest.DefaultQueue}, d.Must(t, http.StatusOK, "supervisor", http.MethodPatch, "/v1/agents/"+ann, `{"queue_ids":[]}`).QueueIDs)
	got := d.Must(t, http.StatusUnprocessableEntity, "supervisor", http.MethodPut, members, `{"agent_ids":["`+ann+`"]}`)
	require.Contains(t, got.Errors[0].Message, "every agent is a member")
	q, err := d.Queue(t.Context(), postgrestest.Tenant, postgrestest.DefaultQueue)
	require.NoError(t, err)
	_, err = d.SetQueueMembers(t.Context(), postgrestest.CLI, postgrestest.DefaultQueue, q.Version, nil)
	require.ErrorIs(t, err, conversation.ErrInUse)
	require.ElementsMatch(t, []string{ann, bob}, everybody())

	d.Must(t, http.StatusNoContent, "admin", http.MethodDelete, "/v1/agents/"+bob, "")
	require.Equal(t, []string{ann}, everybody())
	d.Must(t, http.StatusOK, "admin", http.MethodPatch, "/v1/queues/"+postgrestest.DefaultQueue, `{"method":"round_robin"}`)
}

// WS-1
func TestAccounts_nameAWorkstreamThatThereIs(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	a := f.TheAccount
	require.Empty(t, a.Workstream)
	a.Workstream = postgrestest.DefaultWorkstream
	a, err := f.UpdateAccount(t.Context(), postgrestest.CLI, a, account.Secrets{})
	require.NoError(t, err)
	require.EqualValues(t, postgrestest.DefaultWorkstream, a.Workstream)
	a.Workstream = conversation.WorkstreamID(postgrestest.NewConversation())
	_, err = f.UpdateAccount(t.Context(), postgrestest.CLI, a, account.Secrets{})
	var unknown *routing.UnknownError
	require.ErrorAs(t, err, &unknown)
	require.Equal(t, "workstream_id", unknown.Field)
}

// CTX-4
func TestVariables_usedByARuleStay(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewAdminAPI(t)
	at := "/v1/workstreams/" + postgrestest.DefaultWorkstream
	d.Must(t, http.StatusOK, "admin", http.MethodPatch, at, `{"variables":[{"name":"order"},{"name":"visits","number":true},{"name":"idle"}]}`)
	set := "/v1/rulesets/" + d.Make(t, "/v1/rulesets", `{"name":"Urgency","kind":"classification","workstream_id":"%s"}`, postgrestest.DefaultWorkstream)
	publish := func(when string) {
		body := `{"rules":[{"name":"all","when":"","set":{"topic":"tea"}},{"name":"comes again","when":` + strconv.Quote(when) + `,"set":{"topic":"order"}}]}`
		d.Must(t, http.StatusOK, "admin", http.MethodPut, set+"/versions/draft", body)
		d.Must(t, http.StatusOK, "admin", http.MethodPost, set+"/publish", "")
	}
	const without = `{"variables":[{"name":"visits","number":true},{"name":"idle"}]}`
	for _, when := range []string{`has(context.order)`, `context["order"] == "A1"`, `"order" in context`, `true || context.order == "A1"`} {
		publish(when)
		for _, body := range []string{without, `{"variables":[{"name":"Order"},{"name":"visits","number":true}]}`, `{"variables":[]}`} {
			w := d.Ask(t, "admin", http.MethodPatch, at, body)
			require.Equal(t, http.StatusConflict, w.Code, when)
			for _, said := range []string{"in-use", "comes again", "Urgency", "variable order"} {
				require.Contains(t, w.Body.String(), said)
			}
		}
		d.Must(t, http.StatusOK, "admin", http.MethodPatch, at, `{"name":"Renamed"}`)
	}
	require.Equal(t, 1, d.Count(t, "workstreams", `variables @> '[{"name": "order"}]'`))

	d.Must(t, http.StatusOK, "admin", http.MethodPatch, at, `{"variables":[{"name":"order"},{"name":"visits","number":true}]}`)
	publish(`context.visits > 2 && message.text == "order"`)
	d.Must(t, http.StatusOK, "admin", http.MethodPut, set+"/versions/draft", `{"rules":[{"name":"a draft","when":"has(context.order)","set":{"topic":"tea"}}]}`)
	d.Must(t, http.StatusOK, "admin", http.MethodPatch, at, `{"variables":[{"name":"visits","number":true}]}`)
	d.Must(t, http.StatusUnprocessableEntity, "admin", http.MethodPost, set+"/publish", "")
	d.Must(t, http.StatusOK, "admin", http.MethodPost, set+"/rollback", `{"number":0}`)
	d.Must(t, http.StatusOK, "admin", http.MethodPatch, at, `{"variables":[]}`)
}
