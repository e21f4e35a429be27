package setup_test

import (
	"crypto/sha256"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres/postgrestest"
	"wxdesk/internal/routing"
)

// everyPart is a body for each part of the set-up, and a change of it.
func everyPart() map[string][2]string {
	return map[string][2]string{
		"/v1/workstreams":       {`{"name":"A","fallback_queue_id":"` + postgrestest.DefaultQueue + `"}`, `{"name":"B","mode":"pick","auto_close":"2h","units":0,"affinity_always":true,"transfer_to_agents":false,"agents_set_skills":true}`},
		"/v1/queues":            {`{"name":"A"}`, `{"name":"B","priority":5,"overflow":{"full":{"items":3,"do":"end"}}}`},
		"/v1/operating-hours":   {`{"name":"A","weekly":[{"day":"monday","from":"08:00","to":"17:00"}]}`, `{"name":"B","holidays":[{"first":"2026-10-01","last":"2026-10-07","reason":"National day"}]}`},
		"/v1/skills":            {`{"name":"A"}`, `{"name":"B","kind":"language"}`},
		"/v1/capacity-profiles": {`{"name":"A","limit":3}`, `{"name":"B","limit":4,"blocking":true}`},
		"/v1/custom-presences":  {`{"name":"A","text":"At lunch","base":"away"}`, `{"name":"B","base":"dnd"}`},
		"/v1/agents":            {`{"name":"A"}`, `{"name":"B","units":50,"hours_id":null,"attributes":{"team":"red"}}`},
		"/v1/rulesets":          {`{"name":"A","kind":"classification","workstream_id":"` + postgrestest.DefaultWorkstream + `"}`, `{"name":"B","position":3}`},
	}
}

// CAP-2, PRE-2, QUE-1, SKL-1, WS-1
func TestSetup_everyPartCanBeManaged(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewAdminAPI(t)
	for path, bodies := range everyPart() {
		t.Run(path, func(t *testing.T) {
			made := d.Must(t, http.StatusCreated, "admin", http.MethodPost, path, bodies[0])
			require.Equal(t, int64(1), made.Version)
			at := path + "/" + made.ID
			require.Equal(t, "A", d.Must(t, http.StatusOK, "supervisor", http.MethodGet, at, "").Name)
			require.Contains(t, d.Ask(t, "supervisor", http.MethodGet, path+"?limit=200", "").Body.String(), made.ID)

			changed := d.Must(t, http.StatusOK, "admin", http.MethodPatch, at, bodies[1])
			require.Equal(t, "B", changed.Name)
			require.Equal(t, int64(2), changed.Version)
			require.Equal(t, int64(2), d.Must(t, http.StatusOK, "admin", http.MethodPatch, at, bodies[1]).Version, "the same once more is no change")
			d.Must(t, http.StatusPreconditionFailed, "admin", http.MethodPatch, at, `{"name":"C"}`, "If-Match", `"1"`)

			d.Must(t, http.StatusNoContent, "admin", http.MethodDelete, at, "")
			d.Must(t, http.StatusNoContent, "admin", http.MethodDelete, at, "")
			d.Must(t, http.StatusNotFound, "admin", http.MethodGet, at, "")
			d.Must(t, http.StatusNotFound, "admin", http.MethodPatch, at, `{"name":"C"}`)
			for _, act := range []string{"%.create", "%.update", "%.delete"} {
				require.Equal(t, 1, d.Count(t, "audit", "action like $1 and subject = $2", act, made.ID), act)
			}
		})
	}
}

func TestSetup_pagesLeadThroughTheWholeList(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewAdminAPI(t)
	for i := range 5 {
		d.Make(t, "/v1/skills", `{"name":"skill %d"}`, i)
	}
	var names []string
	for next := ""; ; {
		var page struct {
			Items []struct{ Name string }
			Next  *string
		}
		require.NoError(t, json.Unmarshal(d.Ask(t, "agent", http.MethodGet, "/v1/skills?limit=2&cursor="+next, "").Body.Bytes(), &page))
		for _, item := range page.Items {
			names = append(names, item.Name)
		}
		if page.Next == nil {
			break
		}
		next = *page.Next
	}
	require.Equal(t, []string{"skill 0", "skill 1", "skill 2", "skill 3", "skill 4"}, names)
}

// M04
func TestAgents_invalidCapacityIsRefused(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewAdminAPI(t)
	for _, units := range []string{"-1", "1.5", "1000000000", "null", `"5"`, "1e400"} {
		status := http.StatusUnprocessableEntity
		if units == "1e400" {
			status = http.StatusBadRequest // no double can hold it
		}
		d.Must(t, status, "admin", http.MethodPost, "/v1/agents", `{"name":"A","units":`+units+`}`)
		d.Must(t, status, "admin", http.MethodPost, "/v1/workstreams", `{"name":"A","fallback_queue_id":"`+postgrestest.DefaultQueue+`","units":`+units+`}`)
		d.Must(t, status, "admin", http.MethodPost, "/v1/capacity-profiles", `{"name":"A","limit":`+units+`}`)
		d.Must(t, status, "admin", http.MethodPatch, "/v1/workstreams/"+postgrestest.DefaultWorkstream, `{"units":`+units+`}`)
	}
	none := d.Must(t, http.StatusCreated, "admin", http.MethodPost, "/v1/agents", `{"name":"A","units":0}`)
	require.Equal(t, 0, *none.Units, "no new work")
	require.Equal(t, 0, d.Count(t, "agents", "units <> 0"))
}

// M05
func TestUpdateAgent_disablingEndsTheTokens(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewAdminAPI(t)
	id := conversation.AgentID(d.Make(t, "/v1/agents", `{"name":"Ann","queue_ids":["%s"]}`, postgrestest.DefaultQueue))
	token, _, err := d.CreateToken(t.Context(), postgrestest.CLI, "Ann's", access.RoleAgent, id, time.Hour)
	require.NoError(t, err)
	hash := sha256.Sum256([]byte(token.Reveal()))
	who, err := d.Authenticate(t.Context(), hash)
	require.NoError(t, err)
	require.Equal(t, id, who.AgentID)

	d.Must(t, http.StatusOK, "admin", http.MethodPatch, "/v1/agents/"+string(id), `{"disabled":true}`)
	_, err = d.Authenticate(t.Context(), hash)
	require.ErrorIs(t, err, conversation.ErrNotFound)
	require.Equal(t, 1, d.Count(t, "agents", "presence = 'offline' and disabled"))
	d.Must(t, http.StatusOK, "admin", http.MethodPatch, "/v1/agents/"+string(id), `{"disabled":false}`)
	_, err = d.Authenticate(t.Context(), hash)
	require.NoError(t, err)

	d.Must(t, http.StatusNoContent, "admin", http.MethodDelete, "/v1/agents/"+string(id), "")
	_, err = d.Authenticate(t.Context(), hash)
	require.ErrorIs(t, err, conversation.ErrNotFound)
	require.Zero(t, d.Count(t, "queue_members", "true"))
	_, _, err = d.CreateToken(t.Context(), postgrestest.CLI, "too late", access.RoleAgent, id, time.Hour)
	require.ErrorIs(t, err, conversation.ErrNotFound)
}

// M11
func TestRulesets_staleSaveIsRefused(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewAdminAPI(t)
	set := "/v1/rulesets/" + d.Make(t, "/v1/rulesets", `{"name":"Routes","kind":"route","workstream_id":"%s"}`, postgrestest.DefaultWorkstream)
	seen := d.Ask(t, "admin", http.MethodGet, set, "").Header().Get("ETag")
	first := `{"rules":[{"name":"first","when":"","queue":"` + postgrestest.DefaultQueue + `"}]}`
	d.Must(t, http.StatusOK, "admin", http.MethodPut, set+"/versions/draft", first, "If-Match", seen)
	d.Must(t, http.StatusPreconditionFailed, "admin", http.MethodPut, set+"/versions/draft", strings.Replace(first, "first", "second", 1), "If-Match", seen)
	d.Must(t, http.StatusPreconditionFailed, "admin", http.MethodPost, set+"/publish", "", "If-Match", seen)
	require.Equal(t, 1, d.Count(t, "ruleset_versions", "rules::text like '%first%'"))

	members := "/v1/queues/" + d.Make(t, "/v1/queues", `{"name":"VIP"}`) + "/members"
	ann := d.Make(t, "/v1/agents", `{"name":"Ann"}`)
	seen = d.Ask(t, "supervisor", http.MethodGet, members, "").Header().Get("ETag")
	d.Must(t, http.StatusOK, "supervisor", http.MethodPut, members, `{"agent_ids":["`+ann+`"]}`, "If-Match", seen)
	d.Must(t, http.StatusPreconditionFailed, "supervisor", http.MethodPut, members, `{"agent_ids":[]}`, "If-Match", seen)
}

// ASG-2
func TestSetup_changesTriggerDistribution(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewAdminAPI(t)
	for _, path := range []string{"/v1/workstreams", "/v1/queues", "/v1/operating-hours", "/v1/capacity-profiles", "/v1/agents", "/v1/rulesets"} {
		bodies := everyPart()[path]
		at := path + "/" + d.Make(t, path, "%s", bodies[0])
		before := d.CountTriggers(t)
		d.Must(t, http.StatusOK, "admin", http.MethodPatch, at, bodies[1])
		require.Equal(t, before+1, d.CountTriggers(t), path)
		d.Must(t, http.StatusOK, "admin", http.MethodPatch, at, bodies[1])
		require.Equal(t, before+1, d.CountTriggers(t), "what changes nothing triggers nothing")
	}
}

func TestQueues_newTimeLimitReachesTheRuns(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	id := postgrestest.NewConversation()
	f.MustReceive(t, f.Batch(id, "ann", postgrestest.Says("1", "hello")))
	f.Exec(t, `
		insert into work_items (tenant, id, conversation_id, queue_id, state, mode, since, units, skill_match, presences, demand)
		values ('default', gen_random_uuid(), $1, $2, 'waiting', 'push', now(), 25, 'exact', '{available}', '')`, id, postgrestest.DefaultQueue)
	q, err := f.Queue(t.Context(), postgrestest.Tenant, postgrestest.DefaultQueue)
	require.NoError(t, err)
	q.Priority = 1
	q, err = f.UpdateQueue(t.Context(), postgrestest.CLI, q)
	require.NoError(t, err)
	require.Zero(t, f.Count(t, "outbox", "true"))

	q.Overflow.Wait = &routing.OverflowWait{Seconds: 60, OverflowAction: routing.OverflowAction{Do: routing.OverflowEnd}}
	_, err = f.UpdateQueue(t.Context(), postgrestest.CLI, q)
	require.NoError(t, err)
	require.Equal(t, 1, f.Count(t, "outbox", "conversation_id = $1 and not assignment", id))

	f.Exec(t, `update queues set is_default = false`)
	f.Exec(t, `update workstreams set deleted_at = now()`)
	require.ErrorIs(t, f.DeleteQueue(t.Context(), postgrestest.CLI, postgrestest.DefaultQueue), conversation.ErrInUse, "somebody waits in it")
}

// CAP-6, SKL-1
func TestAgents_invalidFieldsAreNamed(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewAdminAPI(t)
	skill := d.Make(t, "/v1/skills", `{"name":"English"}`)
	profile := d.Make(t, "/v1/capacity-profiles", `{"name":"Chats","limit":1}`)
	for field, body := range map[string]string{
		"name":                   `{"name":"  "}`,
		"time_zone":              `{"name":"A","time_zone":"Local"}`,
		"skills[0].rating":       `{"name":"A","skills":[{"skill_id":"` + skill + `","rating":11}]}`,
		"skills[1].skill_id":     `{"name":"A","skills":[{"skill_id":"` + skill + `","rating":1},{"skill_id":"` + skill + `","rating":2}]}`,
		"profiles[1].profile_id": `{"name":"A","profiles":[{"profile_id":"` + profile + `"},{"profile_id":"` + profile + `","limit":2}]}`,
		"skills":                 `{"name":"A","skills":[{"skill_id":"` + profile + `","rating":1}]}`,
		"profiles":               `{"name":"A","profiles":[{"profile_id":"` + skill + `"}]}`,
		"attributes":             `{"name":"A","attributes":{"team":"` + strings.Repeat("x", 101) + `"}}`,
		"queue_ids":              `{"name":"A","queue_ids":["` + skill + `"]}`,
	} {
		got := d.Must(t, http.StatusUnprocessableEntity, "admin", http.MethodPost, "/v1/agents", body)
		require.NotEmpty(t, got.Errors, field)
		require.Equal(t, "body."+field, got.Errors[0].Location)
	}
	require.Zero(t, d.Count(t, "agents", "true"))
	d.Make(t, "/v1/agents", `{"name":"A","skills":[{"skill_id":"%s","rating":10}],"profiles":[{"profile_id":"%s","limit":0}]}`, skill, profile)
	require.Equal(t, 1, d.Count(t, "agent_profiles", "item_limit = 0"))
}
