package postgrestest

import (
	"sync"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// MustDistribute distributes until there is nothing more to give.
func (d *Office) MustDistribute() int {
	d.T.Helper()
	return (&Floor{Fixture: d.Fixture}).MustDistribute(d.T, d.Ledger)
}

// OfferedTo reports whether a conversation is offered to an agent, or accepted by the agent.
func (d *Office) OfferedTo(ref conversation.Ref, who access.Principal) bool {
	d.T.Helper()
	return d.Count(d.T, "assignments", "conversation_id = $1 and agent_id = $2 and state in ('offered', 'accepted')", ref.Conversation, who.AgentID) > 0
}

// meanwhile is an Evaluator for which every condition holds, and who first does something else, once.
type meanwhile struct {
	once sync.Once
	do   func()
}

// Evaluate implements routing.Evaluator.
func (m *meanwhile) Evaluate(string, routing.Facts) (bool, error) {
	m.once.Do(m.do)
	return true, nil
}

// DistributeWhile does something else in the middle of a batch, when everything is read and nothing is locked.
func (d *Office) DistributeWhile(do func()) {
	d.T.Helper()
	d.Exec(d.T, `update queues set method = 'custom'`)
	set := uuid.NewString()
	d.Exec(d.T, `insert into rulesets (tenant, id, kind, queue_id, name, published) values ('default', $1, 'assignment', $2, 'All', 1)`, set, d.TheQueue)
	d.Exec(d.T, `insert into ruleset_versions (tenant, ruleset_id, number, rules, created_by, published_at)
		values ('default', $1, 1, '[{"name": "all", "when": "true"}]', 'x', now())`, set)
	m := &meanwhile{do: do}
	_, err := Open(d.T, d.DSN, d.Ring, WithEvaluator(m)).Distribute(d.T.Context(), Tenant)
	require.NoError(d.T, err)
	m.once.Do(func() { require.Fail(d.T, "nothing was chosen") })
}
