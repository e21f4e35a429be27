package distribution_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres/postgrestest"
	"wxdesk/internal/routing"
)

// atNoon is a time zone in which it is about noon now, so that no day ends while a test runs.
func atNoon() string {
	return fmt.Sprintf("Etc/GMT%+d", time.Now().UTC().Hour()-12) // their signs are the other way round
}

// CAP-3
// What a capacity profile takes for a day comes back when the agent's day ends, and their presence with it.
func TestDistribute_dayEndGivesProfilesBack(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFloor(t)
	const profile = "00000000-0000-7000-8000-0000000000aa"
	f.Exec(t, `update workstreams set auto_accept = true`)
	f.Agents(t, 1, 4)
	f.Exec(t, `update agents set time_zone = $1`, atNoon())
	f.Exec(t, `insert into capacity_profiles (tenant, id, name, item_limit, reset, blocking) values ('default', $1, 'Daily', 1, 'end_of_day', true)`, profile)
	f.Exec(t, `insert into agent_profiles (tenant, agent_id, profile_id) select 'default', id, $1 from agents`, profile)
	f.Arrive(t, 2)
	f.Exec(t, `update work_items set units = 0, profiles = array[$1::uuid]`, profile)
	presence := func() routing.Presence {
		var agent conversation.AgentID
		require.NoError(t, f.Raw.Get(&agent, `select id from agents`))
		return f.Presence(t, agent)
	}

	require.Equal(t, 1, f.MustDistribute(t, f.Ledger))
	require.Equal(t, routing.DND, presence())
	require.Zero(t, f.MustDistribute(t, f.Ledger), "the day's one conversation is taken")
	require.Equal(t, 1, f.Count(t, "distribution_triggers", `due_at = (select (date_trunc('day', now() at time zone time_zone) + interval '1 day') at time zone time_zone from agents)`),
		"the distribution runs again when the day ends")
	require.Equal(t, 1, f.Count(t, "distribution_triggers", "true"))

	f.Exec(t, `update assignments set accepted_at = accepted_at - interval '1 day'`)
	f.Exec(t, `update agents set presence_at = presence_at - interval '1 day'`)
	require.Equal(t, 1, f.MustDistribute(t, f.Ledger), "a day later there is room again")
	require.Equal(t, routing.DND, presence())
}

// The presence is set right although nothing waits.
func TestDistribute_dayEndSettlesPresence(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFloor(t)
	const profile = "00000000-0000-7000-8000-0000000000aa"
	f.Agents(t, 4, 1)
	f.Exec(t, `update agents set time_zone = $1, presence = 'dnd', presence_at = now() - interval '1 day'`, atNoon())
	f.Exec(t, `insert into capacity_profiles (tenant, id, name, item_limit, reset) values ('default', $1, 'Daily', 1, 'end_of_day')`, profile)
	f.Exec(t, `
		with a as (select id, row_number() over (order by id) as nth from agents),
		daily as (insert into agent_profiles (tenant, agent_id, profile_id) select 'default', id, $1 from a where nth < 4)
		update agents set presence_manual = a.nth = 2, presence_at = case when a.nth = 3 then now() else presence_at end
		from a where a.id = agents.id`, profile)
	require.Zero(t, f.MustDistribute(t, f.Ledger))
	var got []string
	require.NoError(t, f.Raw.Select(&got, `select presence from agents order by id`))
	require.Equal(t, []string{"available", "dnd", "dnd", "dnd"}, got, "not where a person chose it, it is of today, or no profile lasts for a day")
	require.Equal(t, 1, f.Count(t, "feed", "kind = 'presence' and body ->> 'presence' = 'available'"))
}
