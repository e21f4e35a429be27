package distribution_test

import (
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/lib/pq"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres/postgrestest"
	"wxdesk/internal/routing"
)

// byRule has the default queue ask a rule of its own, which judge judges, and opens the ledger with that judge.
func byRule(f *postgrestest.Floor, t testing.TB, evaluator routing.Evaluator, more ...postgrestest.Option) *postgrestest.Ledger {
	t.Helper()
	set := uuid.NewString()
	f.Exec(t, `update queues set method = 'custom'`)
	f.Exec(t, `insert into rulesets (tenant, id, kind, queue_id, name, published) values ('default', $1, 'assignment', $2, 'Own', 1)`, set, postgrestest.DefaultQueue)
	f.Exec(t, `insert into ruleset_versions (tenant, ruleset_id, number, rules, created_by, published_at)
		values ('default', $1, 1, '[{"name": "own", "when": "own"}]', 'x', now())`, set)
	return postgrestest.Open(t, f.DSN, f.Ring, append(more, postgrestest.WithEvaluator(evaluator))...)
}

// evaluatorFunc is a judge of one condition.
type evaluatorFunc func(facts routing.Facts) bool

func (j evaluatorFunc) Evaluate(_ string, facts routing.Facts) (bool, error) { return j(facts), nil }

// wants is a judge for whom an agent gets what has the attribute "easy".
var wants = evaluatorFunc(func(facts routing.Facts) bool {
	return facts["item"].(map[string]any)["attributes"].(map[string]any)["easy"] != nil
})

// ASG-7
// While rules are judged, no transaction has an id, so none holds up the readers of the feed, and none can be killed for
// being idle with rows locked.
func TestDistribute_judgesOutsideTransactions(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFloor(t)
	writing := 0
	db := byRule(f, t, evaluatorFunc(func(routing.Facts) bool {
		writing += f.Count(t, "pg_stat_activity", "datname = current_database() and backend_xid is not null")
		return true
	}))
	f.Agents(t, 1, 4)
	f.Arrive(t, 2)
	require.Equal(t, 2, f.MustDistribute(t, db))
	require.Zero(t, writing)
}

// ASG-1
// However many items a queue's rules have no agent for, what is behind them is judged.
func TestDistribute_unmatchedItemsHideNone(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFloor(t)
	db := byRule(f, t, wants)
	f.Agents(t, 1, 4)
	f.Arrive(t, 130)
	f.Exec(t, `update work_items set attributes = jsonb_build_object('n', conversation_id), demand = conversation_id::text`)
	f.Exec(t, `update work_items set attributes = '{"easy": 1}' where since = (select max(since) from work_items)`)
	require.Equal(t, 1, f.MustDistribute(t, db))
}

// WS-13
// What is kept for agents who are away hides nothing else, of no queue.
func TestDistribute_keptItemsHideNone(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFloor(t)
	f.Agents(t, 3, 4)
	f.Arrive(t, 1002)
	f.Exec(t, `update agents set presence = 'away' where id = (select min(id::text)::uuid from agents)`)
	f.Exec(t, `update work_items set affinity_agent = (select min(id::text)::uuid from agents), kept_until = now() + interval '1 hour', priority = 1`)
	f.Exec(t, `update work_items set affinity_agent = null, kept_until = null, priority = 100,
		declined = (select jsonb_build_object(max(id::text), 1) from agents) where since = (select max(since) from work_items)`)
	f.Exec(t, `update work_items set affinity_agent = (select max(id::text)::uuid from agents)
		where since = (select max(since) from work_items where affinity_agent is not null)`)
	require.Equal(t, 2, f.MustDistribute(t, f.Ledger), "what was declined, and what is kept for an agent who is there")
}

// Only agents who are assigned something are locked, however many have something put aside.
func TestDistribute_locksOnlyAssignedAgents(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFloor(t)
	f.Exec(t, `update workstreams set auto_accept = true`)
	f.Agents(t, 3, 4)
	f.Arrive(t, 6)
	require.Equal(t, 6, f.MustDistribute(t, f.Ledger))
	f.Exec(t, `update conversations set state = 'waiting' where id in (select max(conversation_id::text)::uuid from assignments group by agent_id)`)
	f.Exec(t, `update assignments set holds_until = now() - interval '1 minute' where conversation_id in (select id from conversations where state = 'waiting')`)
	f.Exec(t, `update agents set presence = 'busy', units = 100`)
	var others []conversation.AgentID
	require.NoError(t, f.Raw.Select(&others, `select id from agents order by id offset 1`))
	f.Exec(t, `update agents set units = 50 where id::text = any($1)`, pq.Array(others))
	f.Arrive(t, 1)
	held := f.Locked(t, `select from agents where id::text = any($1) for no key update`, pq.Array(others))
	done, err := f.Distribute(t.Context(), postgrestest.Tenant)
	require.NoError(t, err)
	require.Equal(t, 1, done.Assigned)
	require.NoError(t, held.Rollback())
}

// WS-11
// An item is kept only for an agent who still serves its queue, and still has the skills that it needs.
func TestDistribute_keptOnlyForMembersWhoFit(t *testing.T) {
	t.Parallel()
	const skill = "00000000-0000-7000-8000-0000000000bb"
	for name, change := range map[string]string{
		"no member any more": `delete from queue_members where agent_id = (select min(id::text)::uuid from agents)`,
		"lacks the skill":    `delete from agent_skills where agent_id = (select min(id::text)::uuid from agents)`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := postgrestest.NewFloor(t)
			f.Agents(t, 2, 4)
			f.Arrive(t, 1)
			f.Exec(t, `insert into skills (tenant, id, name) values ('default', $1, 'Tea')`, skill)
			f.Exec(t, `insert into agent_skills (tenant, agent_id, skill_id, rating) select 'default', id, $1, 9 from agents`, skill)
			f.Exec(t, `update work_items set skills = jsonb_build_array(jsonb_build_object('skill_id', $1::text, 'rating', 5)),
				affinity_agent = (select min(id::text)::uuid from agents), kept_until = now() + interval '1 hour'`, skill)
			f.Exec(t, change)
			require.Equal(t, 1, f.MustDistribute(t, f.Ledger))
			require.Equal(t, 1, f.Count(t, "assignments", "agent_id = (select max(id::text)::uuid from agents)"))
		})
	}
}

// ASG-7
// A batch that has no time left to judge commits what it has, and has itself run again until all is judged.
func TestDistribute_commitsWhenTimeIsUp(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFloor(t)
	db := byRule(f, t, wants)
	db.EvaluateFor(0)
	f.Agents(t, 1, 4)
	f.Arrive(t, 20)
	f.Exec(t, `update work_items set attributes = jsonb_build_object('n', conversation_id), demand = conversation_id::text`)
	f.Exec(t, `update work_items set attributes = '{"easy": 1}' where since = (select max(since) from work_items)`)
	for range 19 {
		done, err := db.Distribute(t.Context(), postgrestest.Tenant)
		require.NoError(t, err)
		require.Equal(t, routing.Distributed{Again: true}, done)
	}
	done, err := db.Distribute(t.Context(), postgrestest.Tenant)
	require.NoError(t, err)
	require.Equal(t, 1, done.Assigned)
	require.Zero(t, f.MustDistribute(t, db), "and then there is an end to it")
}

// What has changed while rules were judged is left for the next batch.
func TestDistribute_leavesWhatChangedMeanwhile(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]string{
		"the item is in another queue": `update work_items set queue_id = (select id from queues where not is_default)`,
		"the agent is away":            `update agents set presence = 'away'`,
		"the conversation is closed":   `update conversations set state = 'closed', closed_at = now()`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := postgrestest.NewFloor(t)
			f.Exec(t, `insert into queues (tenant, id, name) values ('default', gen_random_uuid(), 'Other')`)
			var once sync.Once
			db := byRule(f, t, evaluatorFunc(func(routing.Facts) bool {
				once.Do(func() { f.Exec(t, change) })
				return true
			}))
			f.Agents(t, 1, 4)
			f.Arrive(t, 1)
			done, err := db.Distribute(t.Context(), postgrestest.Tenant)
			require.NoError(t, err)
			require.Zero(t, done.Assigned)
			require.True(t, done.Soon)
		})
	}
}
