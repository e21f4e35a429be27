package distribution_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres/postgrestest"
	"wxdesk/internal/routing"
)

// ASG-1, DSK-4
func TestDistribute_offersUntilNobodyHasRoom(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFloor(t)
	f.Agents(t, 3, 4)
	f.Arrive(t, 20)

	require.Equal(t, 12, f.MustDistribute(t, f.Ledger))
	require.Equal(t, 12, f.Count(t, "assignments", "state = 'offered' and deadline > now()"))
	require.Equal(t, 8, f.Count(t, "work_items", "state = 'waiting'"))
	require.Equal(t, 12, f.Count(t, "conversations", "state = 'active' and holder = 'queue' and agent_id is null and revision = 2"))
	require.Equal(t, 12, f.Count(t, "outbox", "act = 'assigned' and assignment"), "every run is to be told")
	require.Equal(t, 12, f.Count(t, "feed", "kind = 'offer' and agent_id is not null"))
	require.Equal(t, 3, f.Count(t, "agents", "presence = 'dnd'"), "PRE-4: full")
	require.Equal(t, 12, f.Count(t, "routing_traces", "stage = 'distribution' and body ? 'agent_id'"))
	require.Zero(t, f.MustDistribute(t, f.Ledger), "and nothing more")
}

// DSK-5
func TestDistribute_autoAcceptAssigns(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFloor(t)
	f.Exec(t, `update workstreams set auto_accept = true`)
	f.Agents(t, 1, 1)
	f.Arrive(t, 2)

	require.Equal(t, 1, f.MustDistribute(t, f.Ledger))
	require.Equal(t, 1, f.Count(t, "conversations", "state = 'active' and holder = 'agent' and agent_id = last_agent and epoch = 2 and waiting_since is null"))
	require.Equal(t, 1, f.Count(t, "assignments", "how = 'direct' and state = 'accepted' and deadline is null"))
	require.Equal(t, 1, f.Count(t, "work_items", "state = 'assigned'"))
}

// WS-3
func TestDistribute_neverOffersPickWork(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFloor(t)
	f.Agents(t, 1, 4)
	f.Arrive(t, 2)
	f.Exec(t, `update work_items set mode = 'pick'`)

	require.Zero(t, f.MustDistribute(t, f.Ledger))
}

// ASG-13
func TestDistribute_declineLimitEndsOffers(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFloor(t)
	f.Agents(t, 2, 4)
	f.Arrive(t, 1)
	f.Exec(t, `update work_items set declined = (select jsonb_build_object(min(id::text), 3) from agents)`)

	require.Equal(t, 1, f.MustDistribute(t, f.Ledger))
	require.Zero(t, f.Count(t, "assignments", "agent_id::text = (select min(id::text) from agents)"))
}

// WS-12, D2
func TestDistribute_keptForOneCountdown(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFloor(t)
	f.Agents(t, 2, 4)
	f.Arrive(t, 1)
	f.Exec(t, `update agents set presence = 'away' where id = (select min(id::text)::uuid from agents)`)
	f.Exec(t, `update work_items set affinity_agent = (select min(id::text)::uuid from agents), kept_until = now() + interval '2 minutes'`)
	require.Zero(t, f.MustDistribute(t, f.Ledger), "it waits for them")

	f.Exec(t, `update work_items set kept_until = now()`)
	require.Equal(t, 1, f.MustDistribute(t, f.Ledger))
}

// WS-12, D2
func TestDistribute_keptAlwaysWaits(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFloor(t)
	f.Agents(t, 2, 4)
	f.Arrive(t, 1)
	f.Exec(t, `update agents set presence = 'away' where id = (select min(id::text)::uuid from agents)`)
	f.Exec(t, `update work_items set affinity_agent = (select min(id::text)::uuid from agents), kept_until = '9999-12-31'`)
	require.Zero(t, f.MustDistribute(t, f.Ledger))
	require.Zero(t, f.Count(t, "distribution_triggers", "true"), "the agent's return triggers the distribution")

	f.Exec(t, `update agents set presence = 'available'`)
	require.Equal(t, 1, f.MustDistribute(t, f.Ledger))
	require.Equal(t, 1, f.Count(t, "assignments", "agent_id = (select min(id::text)::uuid from agents)"))
}

// D2
func TestDistribute_keptForNobodyWhoIsGone(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFloor(t)
	f.Agents(t, 2, 4)
	f.Arrive(t, 1)
	f.Exec(t, `update work_items set affinity_agent = (select min(id::text)::uuid from agents), kept_until = '9999-12-31'`)
	f.Exec(t, `update agents set disabled = true where id = (select min(id::text)::uuid from agents)`)
	require.Equal(t, 1, f.MustDistribute(t, f.Ledger))
	require.Equal(t, 1, f.Count(t, "assignments", "agent_id = (select max(id::text)::uuid from agents)"))
}

// SKL-1
func TestDistribute_disabledSkillDoesNotCount(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFloor(t)
	f.Agents(t, 1, 4)
	f.Arrive(t, 1)
	const skill = "00000000-0000-7000-8000-0000000000bb"
	f.Exec(t, `insert into skills (tenant, id, name) values ('default', $1, 'Tea')`, skill)
	f.Exec(t, `insert into agent_skills (tenant, agent_id, skill_id, rating, disabled) select 'default', id, $1, 9, true from agents`, skill)
	f.Exec(t, `update work_items set skills = jsonb_build_array(jsonb_build_object('skill_id', $1::text, 'rating', 5))`, skill)
	require.Zero(t, f.MustDistribute(t, f.Ledger))
	f.Exec(t, `update agent_skills set disabled = false`)
	require.Equal(t, 1, f.MustDistribute(t, f.Ledger))
}

// R8, ASG-1
func TestDistribute_goesOnAfterAKill(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFloor(t)
	f.Agents(t, 2, 2)
	f.Arrive(t, 3)
	killed, err := f.Raw.Begin()
	require.NoError(t, err)
	var pid int
	require.NoError(t, killed.QueryRow(`
		select pg_backend_pid() from pg_advisory_xact_lock(hashtextextended('distribution of default', 0))`).Scan(&pid))
	_, err = killed.Exec(`delete from distribution_triggers`)
	require.NoError(t, err)
	done, err := f.Distribute(t.Context(), postgrestest.Tenant)
	require.NoError(t, err)
	require.Zero(t, done.Assigned, "one distributes at a time")

	f.Exec(t, `select pg_terminate_backend($1)`, pid)
	require.Eventually(t, func() bool { return f.MustDistribute(t, f.Ledger) == 3 }, 10*time.Second, 10*time.Millisecond)
	_ = killed.Rollback()
}

// R8
func TestDistribute_looksAgainAtLockedRows(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]string{
		"the conversation": `select from conversations for no key update`,
		"the work item":    `select from work_items for no key update`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := postgrestest.NewFloor(t)
			f.Agents(t, 1, 1)
			f.Arrive(t, 1)
			other, err := f.Raw.Begin()
			require.NoError(t, err)
			_, err = other.Exec(row)
			require.NoError(t, err)

			done, err := f.Distribute(t.Context(), postgrestest.Tenant)
			require.NoError(t, err)
			require.Equal(t, routing.Distributed{Soon: true}, done, "nothing would trigger it for this")
			require.NoError(t, other.Rollback())
			done, err = f.Distribute(t.Context(), postgrestest.Tenant)
			require.NoError(t, err)
			require.Equal(t, []any{1, 1, false, false}, []any{done.Assigned, len(done.Notices), done.Again, done.Soon})
		})
	}
}

func TestRunGone_closesTheConversation(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFloor(t)
	f.Agents(t, 1, 1)
	f.Arrive(t, 2)
	require.Equal(t, 1, f.MustDistribute(t, f.Ledger))
	var ref conversation.Ref
	ref.Tenant = postgrestest.Tenant
	require.NoError(t, f.Raw.Get(&ref.Conversation, `select conversation_id from outbox`))

	require.NoError(t, f.RunGone(t.Context(), ref))
	require.Equal(t, 1, f.Count(t, "conversations", "id = $1 and state = 'closed' and close_reason = 'superseded'", ref.Conversation))
	require.Zero(t, f.Count(t, "assignments", "state in ('offered', 'accepted')"))
	require.Equal(t, 1, f.Count(t, "work_items", "state = 'done'"))
	require.Zero(t, f.Count(t, "outbox", "true"))
	require.Equal(t, 1, f.MustDistribute(t, f.Ledger), "the agent has room for the other one")
}

func TestListen_triggersAndReconnects(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFloor(t)
	triggers, err := f.DistributionTriggers(t.Context())
	require.NoError(t, err)
	heard := func() {
		t.Helper()
		select {
		case <-triggers:
		case <-time.After(10 * time.Second):
			t.Fatal("nothing was heard")
		}
	}
	heard() // connected
	require.Eventually(t, func() bool {
		f.Exec(t, `select pg_notify('wxdesk_distribution', '')`)
		select {
		case <-triggers:
			return true
		default:
			return false
		}
	}, 10*time.Second, 10*time.Millisecond)
}
