package postgrestest

import (
	"encoding/json"
	"fmt"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/routing"
)

// PutsAside gives every agent two conversations that are put aside, and two capacity profiles.
func (f *Floor) PutsAside(t testing.TB) {
	t.Helper()
	f.Exec(t, `update agents set attributes = jsonb_build_object('desk', (('x' || substr(md5(id::text), 1, 4))::bit(16)::int % 50)::text)`)
	f.Exec(t, `update workstreams set auto_accept = true`)
	f.Arrive(t, 2*f.Count(t, "agents", "true"))
	f.MustDistribute(t, f.Ledger)
	f.Exec(t, `update workstreams set auto_accept = false`)
	f.Exec(t, `update conversations set state = 'waiting'`)
	f.Exec(t, `update assignments set holds_until = now() - interval '1 hour', accepted_at = now() - interval '2 hours'`)
	f.Exec(t, `update agents set presence = 'available'`)
	f.Profiled(t)
}

// TenRules are rules of an assignment ruleset, of which the last one holds.
func TenRules(t testing.TB) string {
	t.Helper()
	var list []routing.Rule
	for n := range 9 {
		list = append(list, routing.Rule{Name: strconv.Itoa(n), When: fmt.Sprintf(`item.attributes.kind < 9 && agent.attributes.desk == "none%d"`, n)})
	}
	list = append(list, routing.Rule{Name: "last", When: `agent.presence in ["available", "busy"] && agent.free_units >= 25`})
	encoded, err := json.Marshal(list)
	require.NoError(t, err)
	return string(encoded)
}
