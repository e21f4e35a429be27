package distribution_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres/postgrestest"
	"wxdesk/internal/routing"
)

// Locks are taken in one order: conversation, work items, agents.
func TestDistribute_endsKeepingBeforeAgents(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFloor(t)
	f.Agents(t, 2, 4)
	f.Arrive(t, 2)
	f.Exec(t, `update agents set presence = 'away' where id = (select min(id::text)::uuid from agents)`)
	var kept struct {
		ID           conversation.WorkItemID `db:"id"`
		Conversation conversation.ID         `db:"conversation_id"`
	}
	require.NoError(t, f.Raw.Get(&kept, `
		update work_items set affinity_agent = (select min(id::text)::uuid from agents), queued_at = queued_at - interval '1 hour'
		where since = (select min(since) from work_items) returning id, conversation_id`))

	// A command has locked what was kept, and then wants the agent to whom the distribution gives the other one.
	command, err := f.Raw.Beginx()
	require.NoError(t, err)
	defer command.Rollback() //nolint:errcheck // after Commit it does nothing
	for _, statement := range []string{
		`set local deadlock_timeout = '10ms'`, // it would be the one that is refused
		`select from conversations where id = '` + string(kept.Conversation) + `' for no key update`,
		`select from work_items where id = '` + string(kept.ID) + `' for no key update`,
	} {
		_, err := command.Exec(statement)
		require.NoError(t, err)
	}
	type result struct {
		routing.Distributed
		err error
	}
	distributed := make(chan result, 1)
	go func() {
		done, err := f.Distribute(t.Context(), postgrestest.Tenant)
		distributed <- result{done, err}
	}()
	require.Eventually(t, func() bool {
		return len(distributed) > 0 || f.Count(t, "pg_stat_activity", "datname = current_database() and wait_event_type = 'Lock'") > 0
	}, 10*time.Second, 5*time.Millisecond)
	_, err = command.Exec(`select from agents where presence = 'available' for no key update`)
	require.NoError(t, err)
	require.NoError(t, command.Commit())

	first := <-distributed
	require.NoError(t, first.err)
	require.Equal(t, 1, first.Assigned)
	require.True(t, first.Soon, "the other one is looked at again soon")
	require.Equal(t, 1, f.MustDistribute(t, f.Ledger), "and is then offered to anybody")
}
