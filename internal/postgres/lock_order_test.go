package postgres_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres/postgrestest"
)

// The tests of this file try the lock order that doc.go lists.

// held opens the ledger once more, with settings of Postgres.
func held(f *postgrestest.Fixture, t *testing.T, settings ...string) *postgrestest.Ledger {
	t.Helper()
	var name string
	require.NoError(t, f.Raw.Get(&name, `select current_database()`))
	for _, s := range settings {
		f.Exec(t, `alter database "`+name+`" set `+s)
	}
	return postgrestest.Open(t, f.DSN, f.Ring)
}

// An agent is disabled or deleted while the members of one of their queues change.
func TestLocks_agentLeavesWhileMembersChange(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(*postgrestest.Office, *postgrestest.Ledger, conversation.AgentID) error{
		"disabled": func(d *postgrestest.Office, db *postgrestest.Ledger, id conversation.AgentID) error {
			a, err := db.Agent(d.T.Context(), postgrestest.Tenant, id)
			if err != nil {
				return err
			}
			a.Disabled = true
			_, err = db.UpdateAgent(d.T.Context(), postgrestest.CLI, a)
			return err
		},
		"deleted": func(d *postgrestest.Office, db *postgrestest.Ledger, id conversation.AgentID) error {
			return db.DeleteAgent(d.T.Context(), postgrestest.CLI, id)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := postgrestest.NewOffice(t)
			mei, bo := d.NewAgent("Mei"), d.NewAgent("Bo")
			queue := d.NewQueue("VIP", mei)
			d.Had("wang", mei)
			db := held(d.Fixture, t, `deadlock_timeout = '1min'`) // a deadlock ends as a lock time-out, which nobody tries again

			// The first has locked what it needs up to the assignment, the second then as much as it can.
			hold := d.Locked(t, `select from assignments for update`)
			left, changed := make(chan error, 1), make(chan error, 1)
			go func() { left <- leave(d, db, mei.AgentID) }()
			d.WaitForLocks(1)
			go func() {
				_, err := db.SetQueueMembers(t.Context(), postgrestest.CLI, queue, 1, []conversation.AgentID{bo.AgentID})
				changed <- err
			}()
			d.WaitForLocks(2)
			require.NoError(t, hold.Commit())
			require.NoError(t, <-left)
			if err := <-changed; err != nil {
				require.True(t, name == "deleted" && errors.Is(err, conversation.ErrVersion), "%v", err)
			}
			require.Equal(t, 1, d.Count(t, "conversations", "state = 'open' and agent_id is null"))
		})
	}
}

// Members change while the distribution locks their rows.
func TestLocks_membersAreLockedByID(t *testing.T) {
	t.Parallel()
	const first, second = "00000000-0000-7000-8000-0000000000a1", "00000000-0000-7000-8000-0000000000a2"
	for name, change := range map[string]func(*postgrestest.Office, *postgrestest.Ledger, conversation.QueueID) error{
		"set": func(d *postgrestest.Office, db *postgrestest.Ledger, q conversation.QueueID) error {
			_, err := db.SetQueueMembers(d.T.Context(), postgrestest.CLI, q, 1, nil)
			return err
		},
		"the queue is deleted": func(d *postgrestest.Office, db *postgrestest.Ledger, q conversation.QueueID) error {
			return db.DeleteQueue(d.T.Context(), postgrestest.CLI, q)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := postgrestest.NewOffice(t)
			queue := d.NewQueue("VIP")
			for _, id := range []string{second, first} { // the table's own order is not that of the ids
				d.Exec(t, `insert into agents (tenant, id, name) values ('default', $1, 'a')`, id)
				d.Exec(t, `insert into queue_members (tenant, queue_id, agent_id) values ('default', $1, $2)`, queue, id)
			}
			db := held(d.Fixture, t, `enable_indexscan = off`, `enable_bitmapscan = off`)
			distribution := d.Locked(t, `select from agents where id = $1 for no key update`, first)
			changed := make(chan error, 1)
			go func() { changed <- change(d, db, queue) }()
			d.WaitForLocks(1)
			_, err := distribution.Exec(`select from agents where id = $1 for no key update nowait`, second)
			require.NoError(t, err, "who waits for the first agent holds no later one")
			require.NoError(t, distribution.Commit())
			require.NoError(t, <-changed)
			require.Equal(t, 2, d.Count(t, "agents", "version = 2"))
		})
	}
}

// An agent who is deleted while they are made a member does not become one.
func TestSetQueueMembers_refusesADeletedAgent(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	mei, queue := d.NewAgent("Mei"), d.NewQueue("VIP")
	deleting := d.Locked(t, `update agents set deleted_at = now(), disabled = true where id = $1`, mei.AgentID)
	changed := make(chan error, 1)
	go func() {
		_, err := d.SetQueueMembers(t.Context(), postgrestest.CLI, queue, 1, []conversation.AgentID{mei.AgentID})
		changed <- err
	}()
	d.WaitForLocks(1)
	require.NoError(t, deleting.Commit())
	require.ErrorContains(t, <-changed, "agent_ids")
	require.Zero(t, d.Count(t, "queue_members", "queue_id = $1", queue))
}
