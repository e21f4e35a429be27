package setup_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/postgres/postgrestest"
)

// CAP-9
func TestSettings_maximumCountsAtOnce(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewAdminAPI(t)
	var err error
	d.TheAccount, err = d.CreateAccount(t.Context(), postgrestest.CLI, postgrestest.SomeAccount(), postgrestest.SomeSecrets())
	require.NoError(t, err)
	f := &postgrestest.Floor{Fixture: d.Fixture}
	f.Agents(t, 1, 100)
	f.Arrive(t, 3)
	maximum := func() (n int) {
		var body map[string]int
		require.NoError(t, json.Unmarshal(d.Ask(t, "supervisor", http.MethodGet, "/v1/settings", "").Body.Bytes(), &body))
		return body["max_conversations"]
	}
	require.Equal(t, 10, maximum(), "where nobody says anything else")

	for _, wrong := range []string{`{"max_conversations":0}`, `{"max_conversations":1001}`, `{"other":1}`} {
		require.Equal(t, http.StatusUnprocessableEntity, d.Ask(t, "admin", http.MethodPatch, "/v1/settings", wrong).Code, wrong)
	}
	require.Equal(t, http.StatusForbidden, d.Ask(t, "supervisor", http.MethodPatch, "/v1/settings", `{"max_conversations":1}`).Code)
	require.Equal(t, http.StatusOK, d.Ask(t, "admin", http.MethodPatch, "/v1/settings", `{"max_conversations":1}`).Code)
	require.Equal(t, http.StatusOK, d.Ask(t, "admin", http.MethodPatch, "/v1/settings", `{}`).Code)
	require.Equal(t, 1, maximum())
	require.Equal(t, 1, f.MustDistribute(t, d.Ledger))
	require.Equal(t, 1, d.Count(t, "agents", "presence = 'dnd'"))

	require.Equal(t, http.StatusOK, d.Ask(t, "admin", http.MethodPatch, "/v1/settings", `{"max_conversations":2}`).Code)
	require.Equal(t, 1, d.Count(t, "agents", "presence = 'busy'"))
	require.Equal(t, 1, f.MustDistribute(t, d.Ledger))
	require.Equal(t, 2, d.Count(t, "audit", "action = 'settings.update'"))
}

// M10
func TestSettings_retentionWithinBounds(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewAdminAPI(t)
	for name, least := range map[string]int{
		"keep_conversations_days": 1, "keep_receipts_days": 7, "keep_events_days": 1, "keep_quarantine_days": 1, "keep_traces_days": 1,
		"keep_audit_days": 180,
	} {
		for _, wrong := range []int{0, -1, least - 1, 36501, 1_000_000_000} {
			body := fmt.Sprintf(`{%q:%d}`, name, wrong)
			require.Equal(t, http.StatusUnprocessableEntity, d.Ask(t, "admin", http.MethodPatch, "/v1/settings", body).Code, body)
		}
		body := fmt.Sprintf(`{%q:%d}`, name, least)
		require.Equal(t, http.StatusForbidden, d.Ask(t, "supervisor", http.MethodPatch, "/v1/settings", body).Code)
		got := d.Ask(t, "admin", http.MethodPatch, "/v1/settings", body)
		require.Equal(t, http.StatusOK, got.Code, body)
		require.Contains(t, got.Body.String(), fmt.Sprintf(`%q:%d`, name, least))
		require.Equal(t, 1, d.Count(t, "tenants", name+" = $1", least))
		require.Equal(t, 1, d.Count(t, "audit", "action = 'settings.update' and detail -> 'fields' = jsonb_build_array($1::text)", name))
	}
	require.Zero(t, d.Count(t, "distribution_triggers", "true"), "nothing of it makes a match")
}
