package postgres_test

import (
	"errors"
	"testing"

	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
)

// The tests of this file try the lock order that doc.go lists.

// with opens the ledger once more, with settings of Postgres.
func (f *fixture) with(t *testing.T, settings ...string) *postgres.DB {
	t.Helper()
	var name string
	require.NoError(t, f.raw.Get(&name, `select current_database()`))
	for _, s := range settings {
		f.exec(t, `alter database "`+name+`" set `+s)
	}
	return open(t, f.dsn, f.ring)
}

// locked begins a transaction that holds what a query locks.
func (f *fixture) locked(t *testing.T, query string, args ...any) *sqlx.Tx {
	t.Helper()
	tx, err := f.raw.Beginx()
	require.NoError(t, err)
	t.Cleanup(func() { _ = tx.Rollback() }) // after Commit it does nothing
	_, err = tx.Exec(query, args...)
	require.NoError(t, err)
	return tx
}

// A16: an agent is disabled or deleted while the members of one of their queues change.
func TestLocks_agentLeavesWhileMembersChange(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(*office, *postgres.DB, conversation.AgentID) error{
		"disabled": func(d *office, db *postgres.DB, id conversation.AgentID) error {
			a, err := db.Agent(d.t.Context(), tenant, id)
			if err != nil {
				return err
			}
			a.Disabled = true
			_, err = db.UpdateAgent(d.t.Context(), cli, a)
			return err
		},
		"deleted": func(d *office, db *postgres.DB, id conversation.AgentID) error {
			return db.DeleteAgent(d.t.Context(), cli, id)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newOffice(t)
			mei, bo := d.agent("Mei"), d.agent("Bo")
			queue := d.newQueue("VIP", mei)
			d.had("wang", mei)
			db := d.with(t, `deadlock_timeout = '1min'`) // a deadlock ends as a lock time-out, which nobody tries again

			// The first has locked what it needs up to the assignment, the second then as much as it can.
			hold := d.locked(t, `select from assignments for update`)
			left, changed := make(chan error, 1), make(chan error, 1)
			go func() { left <- leave(d, db, mei.AgentID) }()
			d.waitForLocks(1)
			go func() {
				_, err := db.SetQueueMembers(t.Context(), cli, queue, 1, []conversation.AgentID{bo.AgentID})
				changed <- err
			}()
			d.waitForLocks(2)
			require.NoError(t, hold.Commit())
			require.NoError(t, <-left)
			if err := <-changed; err != nil {
				require.True(t, name == "deleted" && errors.Is(err, conversation.ErrVersion), "%v", err)
			}
			require.Equal(t, 1, d.count(t, "conversations", "state = 'open' and agent_id is null"))
		})
	}
}

// A16: members change while the distribution locks their rows.
func TestLocks_membersAreLockedByID(t *testing.T) {
	t.Parallel()
	const first, second = "00000000-0000-7000-8000-0000000000a1", "00000000-0000-7000-8000-0000000000a2"
	for name, change := range map[string]func(*office, *postgres.DB, conversation.QueueID) error{
		"set": func(d *office, db *postgres.DB, q conversation.QueueID) error {
			_, err := db.SetQueueMembers(d.t.Context(), cli, q, 1, nil)
			return err
		},
		"the queue is deleted": func(d *office, db *postgres.DB, q conversation.QueueID) error {
			return db.DeleteQueue(d.t.Context(), cli, q)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newOffice(t)
			queue := d.newQueue("VIP")
			for _, id := range []string{second, first} { // the table's own order is not that of the ids
				d.exec(t, `insert into agents (tenant, id, name) values ('default', $1, 'a')`, id)
				d.exec(t, `insert into queue_members (tenant, queue_id, agent_id) values ('default', $1, $2)`, queue, id)
			}
			db := d.with(t, `enable_indexscan = off`, `enable_bitmapscan = off`)
			distribution := d.locked(t, `select from agents where id = $1 for no key update`, first)
			changed := make(chan error, 1)
			go func() { changed <- change(d, db, queue) }()
			d.waitForLocks(1)
			_, err := distribution.Exec(`select from agents where id = $1 for no key update nowait`, second)
			require.NoError(t, err, "who waits for the first agent holds no later one")
			require.NoError(t, distribution.Commit())
			require.NoError(t, <-changed)
			require.Equal(t, 2, d.count(t, "agents", "version = 2"))
		})
	}
}

// An agent who is deleted while they are made a member does not become one.
func TestSetQueueMembers_refusesAgentDeletedMeanwhile(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	mei, queue := d.agent("Mei"), d.newQueue("VIP")
	deleting := d.locked(t, `update agents set deleted_at = now(), disabled = true where id = $1`, mei.AgentID)
	changed := make(chan error, 1)
	go func() {
		_, err := d.SetQueueMembers(t.Context(), cli, queue, 1, []conversation.AgentID{mei.AgentID})
		changed <- err
	}()
	d.waitForLocks(1)
	require.NoError(t, deleting.Commit())
	require.ErrorContains(t, <-changed, "agent_ids")
	require.Zero(t, d.count(t, "queue_members", "queue_id = $1", queue))
}
