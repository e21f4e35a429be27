package decision_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/postgres/postgrestest"
)

const importInto = "/v1/rulesets/import?workstream_id=" + postgrestest.DefaultWorkstream

// shop is a desk whose queues, skills and capacity profiles have the names of the routing file below, and ids of their own.
func shop(t *testing.T) postgrestest.AdminAPI {
	t.Helper()
	d := postgrestest.NewAdminAPI(t)
	d.Make(t, "/v1/queues", `{"name":"VIP"}`)
	d.Make(t, "/v1/queues", `{"name":"Backup"}`)
	d.Make(t, "/v1/skills", `{"name":"English"}`)
	d.Make(t, "/v1/capacity-profiles", `{"name":"Chats","limit":2}`)
	return d
}

const routingOfTheShop = `format: wxdesk-routing/1
rulesets:
  - kind: classification
    name: Language
    rules:
      - name: English
        when: customer.language == "en"
        set:
          priority: 10
          product: tea
        skills:
          - skill: English
            rating: 5
        profiles:
          - Chats
  - kind: route
    name: Routes
    rules:
      - name: VIP
        when: "true"
        queue: VIP
        overflow:
          full:
            items: 3
            do: transfer
            queue: Backup
      - name: Half
        when: ""
        split:
          - queue: Backup
            percent: 50
          - queue: Default queue
            percent: 50
  - kind: prioritisation
    name: Who first
    queue: VIP
    rules:
      - name: All
        when: ""
        order_by:
          - by: priority
`

func send(d postgrestest.AdminAPI, t *testing.T, status int, file string) postgrestest.Thing {
	t.Helper()
	return d.Must(t, status, "admin", http.MethodPost, importInto, file, "Content-Type", "application/yaml")
}

func publishAll(d postgrestest.AdminAPI, t *testing.T) {
	t.Helper()
	var sets []string
	require.NoError(t, d.Raw.Select(&sets, "select id from rulesets where deleted_at is null"))
	for _, id := range sets {
		d.Must(t, http.StatusOK, "admin", http.MethodPost, "/v1/rulesets/"+id+"/publish", "")
	}
}

func TestRouting_exportedAndImportedByName(t *testing.T) {
	t.Parallel()
	here, there := shop(t), shop(t)
	send(here, t, http.StatusOK, routingOfTheShop)
	require.Zero(t, here.Count(t, "rulesets", "published is not null"), "an import gives drafts")
	publishAll(here, t)
	file := here.Ask(t, "supervisor", http.MethodGet, "/v1/rulesets/export?workstream_id="+postgrestest.DefaultWorkstream, "")
	require.Equal(t, http.StatusOK, file.Code)
	require.Equal(t, "application/yaml", file.Header().Get("Content-Type"))
	require.Equal(t, routingOfTheShop, file.Body.String())

	send(there, t, http.StatusOK, file.Body.String())
	publishAll(there, t)
	again := there.Ask(t, "supervisor", http.MethodGet, "/v1/rulesets/export?workstream_id="+postgrestest.DefaultWorkstream, "")
	require.Equal(t, file.Body.String(), again.Body.String())

	send(there, t, http.StatusOK, strings.Replace(routingOfTheShop, "priority: 10", "priority: 20", 1))
	require.Equal(t, 3, there.Count(t, "rulesets", "deleted_at is null"), "what has the name already gets a draft")
	require.Equal(t, 1, there.Count(t, "ruleset_versions", "published_at is null and rules::text like '%\"priority\": 20%'"))
}

// M08
func TestRouting_importIsAllOrNothing(t *testing.T) {
	t.Parallel()
	d := shop(t)
	for name, c := range map[string]struct{ file, location, says string }{
		"a queue that is not here":  {strings.Replace(routingOfTheShop, "queue: Backup\n            percent", "queue: canary\n            percent", 1), "rulesets[1].rules[1].split", "line 27: "},
		"a skill that is not here":  {strings.Replace(routingOfTheShop, "skill: English", "skill: canary", 1), "rulesets[0].rules[0].skills", "line 6: "},
		"a kind that there is not":  {strings.Replace(routingOfTheShop, "kind: route", "kind: canary", 1), "rulesets[1].kind", "line 16: "},
		"an unknown member":         {strings.Replace(routingOfTheShop, "when: \"true\"", "canary: true", 1), "body", "line 20: "},
		"the wrong kind of value":   {strings.Replace(routingOfTheShop, "rating: 5", "rating: canary", 1), "body", "line 13: "},
		"a member twice":            {strings.Replace(routingOfTheShop, "name: Routes", "name: Routes\n    name: canary", 1), "body", "line 18: "},
		"a ruleset twice":           {routingOfTheShop + "  - {kind: route, name: Again, rules: []}\n", "rulesets[3].name", "line 42: "},
		"no YAML":                   {"format: [canary", "body", "expected YAML"},
		"M08 a byte order mark":     {"\ufeff" + routingOfTheShop, "body", "byte order mark"},
		"another format":            {strings.Replace(routingOfTheShop, "routing/1", "routing/canary", 1), "body", "wxdesk-routing/1"},
		"two documents":             {routingOfTheShop + "---\ncanary: 1\n", "body", "one document"},
		"nothing":                   {"---\n", "body", "wxdesk-routing/1"},
		"a queue's without a queue": {"format: wxdesk-routing/1\nrulesets:\n- {kind: assignment, name: canary, rules: []}\n", "rulesets[0].queue", "line 3: "},
	} {
		w := d.Ask(t, "admin", http.MethodPost, importInto, c.file, "Content-Type", "application/yaml")
		require.Equal(t, http.StatusUnprocessableEntity, w.Code, "%s: %s", name, w.Body)
		require.Contains(t, w.Body.String(), c.location, name)
		require.Contains(t, w.Body.String(), c.says, name)
		require.NotContains(t, w.Body.String(), "canary", name)
	}
	require.Zero(t, d.Count(t, "rulesets", "true"))
	d.Must(t, http.StatusUnsupportedMediaType, "admin", http.MethodPost, importInto, routingOfTheShop, "Content-Type", "application/json")
	d.Must(t, http.StatusUnprocessableEntity, "admin", http.MethodPost, "/v1/rulesets/import", routingOfTheShop, "Content-Type", "application/yaml")
}

// M08
func TestRouting_importRefusesAYAMLBomb(t *testing.T) {
	t.Parallel()
	d := shop(t)
	var bomb strings.Builder
	bomb.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for _, step := range []string{"1", "2", "3", "4", "5", "6", "7", "8"} {
		before := string(step[0] - 1)
		bomb.WriteString("a" + step + ": &a" + step + " [" + strings.TrimSuffix(strings.Repeat("*a"+before+", ", 10), ", ") + "]\n")
	}
	send(d, t, http.StatusUnprocessableEntity, bomb.String())
}
