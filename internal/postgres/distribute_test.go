package postgres_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/routing"
)

// floor is a contact centre in SQL: agents of the default queue, and conversations that wait in it.
type floor struct {
	*fixture
	waiting int
}

func newFloor(t testing.TB) *floor {
	t.Helper()
	f := newFixture(t)
	return &floor{fixture: f}
}

// agents adds so many available members of the default queue, each with units for so many conversations of 25.
func (f *floor) agents(t testing.TB, n, each int) {
	t.Helper()
	f.exec(t, `
		with made as (
			insert into agents (tenant, id, name, units, presence)
			select 'default', gen_random_uuid(), 'agent', $2::int * 25, 'available' from generate_series(1, $1::int) returning id)
		insert into queue_members (tenant, queue_id, agent_id) select 'default', $3::uuid, id from made`, n, each, defaultQueue)
}

// arrive has so many conversations wait, in the order of their coming, each with a customer of its own.
func (f *floor) arrive(t testing.TB, n int) {
	t.Helper()
	f.exec(t, `
		with come as (
			select nth, gen_random_uuid() as customer, gen_random_uuid() as conversation from generate_series($2::int + 1, $2::int + $1::int) nth
		), customers as (
			insert into customers (tenant, id, account_id, customer_key, data_key, openid)
			select 'default', customer, $3::uuid, 'c' || nth, '', '' from come
		), begun as (
			insert into conversations (tenant, id, account_id, customer_id, workflow_id, state, holder, queue_id, waiting_since, workstream_id)
			select 'default', conversation, $3::uuid, customer, 'conversation/' || nth, 'open', 'queue', $4::uuid, now(), $5::uuid from come
		), triggered as (
			insert into distribution_triggers (tenant) values ('default')
		)
		insert into work_items (tenant, id, conversation_id, queue_id, state, mode, since, units, skill_match, presences, demand)
		select 'default', gen_random_uuid(), conversation, $4::uuid, 'waiting', 'push', timestamptz '2026-01-01' + nth * interval '1 second', 25,
			'exact', '{available,busy}', 'd'
		from come`, n, f.waiting, f.account.ID, defaultQueue, defaultWorkstream)
	f.waiting += n
}

// distribute distributes until there is nothing more to give, and returns what was given.
func (f *floor) distribute(t testing.TB, db *postgres.DB) (given int) {
	t.Helper()
	for {
		done, err := db.Distribute(t.Context(), tenant)
		require.NoError(t, err)
		given += done.Assigned
		if !done.Again {
			return given
		}
	}
}

func TestASG1_waitingWorkIsOfferedUntilNobodyHasRoom(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	f.agents(t, 3, 4)
	f.arrive(t, 20)

	require.Equal(t, 12, f.distribute(t, f.DB))
	require.Equal(t, 12, f.count(t, "assignments", "state = 'offered' and deadline > now()"))
	require.Equal(t, 8, f.count(t, "work_items", "state = 'waiting'"))
	require.Equal(t, 12, f.count(t, "conversations", "state = 'active' and holder = 'queue' and agent_id is null and revision = 2"))
	require.Equal(t, 12, f.count(t, "outbox", "act = 'assigned' and assignment"), "every run is to be told")
	require.Equal(t, 12, f.count(t, "feed", "kind = 'offer' and agent_id is not null"))
	require.Equal(t, 3, f.count(t, "agents", "presence = 'dnd'"), "PRE-4: full")
	require.Equal(t, 12, f.count(t, "routing_traces", "stage = 'distribution' and body ? 'agent_id'"))
	require.Zero(t, f.distribute(t, f.DB), "and nothing more")
}

func TestDSK5_autoAcceptGivesWithoutAsking(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	f.exec(t, `update workstreams set auto_accept = true`)
	f.agents(t, 1, 1)
	f.arrive(t, 2)

	require.Equal(t, 1, f.distribute(t, f.DB))
	require.Equal(t, 1, f.count(t, "conversations", "state = 'active' and holder = 'agent' and agent_id = last_agent and epoch = 2 and waiting_since is null"))
	require.Equal(t, 1, f.count(t, "assignments", "how = 'direct' and state = 'accepted' and deadline is null"))
	require.Equal(t, 1, f.count(t, "work_items", "state = 'assigned'"))
}

func TestWS3_pickedWorkIsNeverOffered(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	f.agents(t, 1, 4)
	f.arrive(t, 2)
	f.exec(t, `update work_items set mode = 'pick'`)

	require.Zero(t, f.distribute(t, f.DB))
}

func TestASG13_whoDeclinesTooOftenIsNotAskedAgain(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	f.agents(t, 2, 4)
	f.arrive(t, 1)
	f.exec(t, `update work_items set declined = (select jsonb_build_object(min(id::text), 3) from agents)`)

	require.Equal(t, 1, f.distribute(t, f.DB))
	require.Zero(t, f.count(t, "assignments", "agent_id::text = (select min(id::text) from agents)"))
}

func TestD2_whatIsKeptForAnAbsentAgentGoesToOthersAfterOneCountdown(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	f.agents(t, 2, 4)
	f.arrive(t, 1)
	f.exec(t, `update agents set presence = 'away' where id = (select min(id::text)::uuid from agents)`)
	f.exec(t, `update work_items set affinity_agent = (select min(id::text)::uuid from agents), kept_until = now() + interval '2 minutes'`)
	require.Zero(t, f.distribute(t, f.DB), "it waits for them")

	f.exec(t, `update work_items set kept_until = now()`)
	require.Equal(t, 1, f.distribute(t, f.DB))
}

func TestD2_whatIsKeptAlwaysWaitsForTheSameAgent(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	f.agents(t, 2, 4)
	f.arrive(t, 1)
	f.exec(t, `update agents set presence = 'away' where id = (select min(id::text)::uuid from agents)`)
	f.exec(t, `update work_items set affinity_agent = (select min(id::text)::uuid from agents), kept_until = '9999-12-31'`)
	require.Zero(t, f.distribute(t, f.DB))
	require.Zero(t, f.count(t, "distribution_triggers", "true"), "the agent's return triggers the distribution")

	f.exec(t, `update agents set presence = 'available'`)
	require.Equal(t, 1, f.distribute(t, f.DB))
	require.Equal(t, 1, f.count(t, "assignments", "agent_id = (select min(id::text)::uuid from agents)"))
}

func TestD2_nothingIsKeptForAnAgentWhoIsGone(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	f.agents(t, 2, 4)
	f.arrive(t, 1)
	f.exec(t, `update work_items set affinity_agent = (select min(id::text)::uuid from agents), kept_until = '9999-12-31'`)
	f.exec(t, `update agents set disabled = true where id = (select min(id::text)::uuid from agents)`)
	require.Equal(t, 1, f.distribute(t, f.DB))
	require.Equal(t, 1, f.count(t, "assignments", "agent_id = (select max(id::text)::uuid from agents)"))
}

func TestSKL1_aDisabledSkillDoesNotCount(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	f.agents(t, 1, 4)
	f.arrive(t, 1)
	const skill = "00000000-0000-7000-8000-0000000000bb"
	f.exec(t, `insert into skills (tenant, id, name) values ('default', $1, 'Tea')`, skill)
	f.exec(t, `insert into agent_skills (tenant, agent_id, skill_id, rating, disabled) select 'default', id, $1, 9, true from agents`, skill)
	f.exec(t, `update work_items set skills = jsonb_build_array(jsonb_build_object('skill_id', $1::text, 'rating', 5))`, skill)
	require.Zero(t, f.distribute(t, f.DB))
	f.exec(t, `update agent_skills set disabled = false`)
	require.Equal(t, 1, f.distribute(t, f.DB))
}

func TestM05_theWorkOfAnAgentWhoIsGoneGoesBackToItsQueue(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	f.exec(t, `update workstreams set auto_accept = true`)
	f.agents(t, 1, 4)
	f.arrive(t, 2)
	require.Equal(t, 2, f.distribute(t, f.DB))
	var agent conversation.AgentID
	require.NoError(t, f.raw.Get(&agent, `select id from agents`))

	gone := func() {
		f.exec(t, `insert into due (tenant, kind, agent_id, since, due_at) select tenant, 'agent-gone', id, now(), now() from agents`)
		_, err := f.doAgentDue(t)
		require.NoError(t, err)
	}
	gone()
	require.Equal(t, 2, f.count(t, "conversations", "holder = 'agent'"), "the agent is not offline")

	f.exec(t, `update agents set presence = 'offline', presence_at = now()`)
	f.exec(t, `update conversations set state = 'wrap_up' where id = (select min(id::text)::uuid from conversations)`)
	gone()
	require.Equal(t, 1, f.count(t, "conversations", "state = 'open' and holder = 'queue' and agent_id is null and epoch = 3"))
	require.Equal(t, 1, f.count(t, "conversations", "state = 'wrap_up' and holder = 'agent'"), "what the agent wraps up stays theirs")
	require.Equal(t, 1, f.count(t, "assignments", "state = 'ended'"))

	require.NoError(t, postgres.ReleaseWork(t.Context(), f.DB, tenant, agent, "agent-disabled"))
	require.Equal(t, 2, f.count(t, "work_items", "state = 'waiting' and affinity_agent is null"))
	require.Zero(t, f.count(t, "assignments", "state in ('offered', 'accepted')"))
}

func TestR8_anotherGoesOnWhereADistributorIsKilled(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	f.agents(t, 2, 2)
	f.arrive(t, 3)
	killed, err := f.raw.Begin()
	require.NoError(t, err)
	var pid int
	require.NoError(t, killed.QueryRow(`
		select pg_backend_pid() from pg_advisory_xact_lock(hashtextextended('distribution of default', 0))`).Scan(&pid))
	_, err = killed.Exec(`delete from distribution_triggers`)
	require.NoError(t, err)
	done, err := f.Distribute(t.Context(), tenant)
	require.NoError(t, err)
	require.Zero(t, done.Assigned, "one distributes at a time")

	f.exec(t, `select pg_terminate_backend($1)`, pid)
	require.Eventually(t, func() bool { return f.distribute(t, f.DB) == 3 }, 10*time.Second, 10*time.Millisecond)
	_ = killed.Rollback()
}

func TestR8_whatSomebodyIsJustChangingIsLookedAtAgainSoon(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]string{
		"the conversation": `select from conversations for no key update`,
		"the work item":    `select from work_items for no key update`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFloor(t)
			f.agents(t, 1, 1)
			f.arrive(t, 1)
			other, err := f.raw.Begin()
			require.NoError(t, err)
			_, err = other.Exec(row)
			require.NoError(t, err)

			done, err := f.Distribute(t.Context(), tenant)
			require.NoError(t, err)
			require.Equal(t, routing.Distributed{Soon: true}, done, "nothing would trigger it for this")
			require.NoError(t, other.Rollback())
			done, err = f.Distribute(t.Context(), tenant)
			require.NoError(t, err)
			require.Equal(t, []any{1, 1, false, false}, []any{done.Assigned, len(done.Notices), done.Again, done.Soon})
		})
	}
}

func TestRunGone_endsWhatTheConversationAsksOfPeople(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	f.agents(t, 1, 1)
	f.arrive(t, 2)
	require.Equal(t, 1, f.distribute(t, f.DB))
	var ref conversation.Ref
	ref.Tenant = tenant
	require.NoError(t, f.raw.Get(&ref.Conversation, `select conversation_id from outbox`))

	require.NoError(t, f.RunGone(t.Context(), ref))
	require.Equal(t, 1, f.count(t, "conversations", "id = $1 and state = 'closed' and close_reason = 'superseded'", ref.Conversation))
	require.Zero(t, f.count(t, "assignments", "state in ('offered', 'accepted')"))
	require.Equal(t, 1, f.count(t, "work_items", "state = 'done'"))
	require.Zero(t, f.count(t, "outbox", "true"))
	require.Equal(t, 1, f.distribute(t, f.DB), "the agent has room for the other one")
}

func TestListen_triggersAndReconnects(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
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
		f.exec(t, `select pg_notify('wxdesk_distribution', '')`)
		select {
		case <-triggers:
			return true
		default:
			return false
		}
	}, 10*time.Second, 10*time.Millisecond)
}
