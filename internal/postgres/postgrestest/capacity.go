package postgrestest

import (
	"testing"
)

// Profiled gives every agent two capacity profiles, one of each reset, and every live assignment both of them.
func (f *Floor) Profiled(t testing.TB) {
	t.Helper()
	f.Exec(t, `insert into capacity_profiles (tenant, id, name, item_limit, reset)
		values ('default', gen_random_uuid(), 'now', 50, 'immediate'), ('default', gen_random_uuid(), 'day', 50, 'end_of_day')`)
	f.Exec(t, `insert into agent_profiles (tenant, agent_id, profile_id) select 'default', a.id, p.id from agents a cross join capacity_profiles p`)
	f.Exec(t, `update assignments set profiles = array(select id from capacity_profiles)`)
}
