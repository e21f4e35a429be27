package setup

import (
	"context"
	"slices"

	"github.com/lib/pq"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/audit"
	"wxdesk/internal/postgres/capacity"
	"wxdesk/internal/postgres/notify"
	"wxdesk/internal/postgres/resource"
	"wxdesk/internal/routing"
)

// QueueMembers lists a queue's agents by id, disabled ones included, and the version of the queue with these members.
// It returns ErrNotFound when there is no such queue.
func (db *DB) QueueMembers(ctx context.Context, t conversation.Tenant, id conversation.QueueID) ([]conversation.AgentID, int64, error) {
	const query = `
		select q.version, array(select m.agent_id::text from queue_members m where m.tenant = q.tenant and m.queue_id = q.id order by 1) as members
		from queues q where q.tenant = $1 and q.id = $2 and q.deleted_at is null`
	var row struct {
		Version int64          `db:"version"`
		Members pq.StringArray `db:"members"`
	}
	err := db.pool.GetContext(ctx, &row, query, t, id)
	return postgres.IDs[conversation.AgentID](row.Members), row.Version, postgres.Explain(ctx, "read a queue's members", err)
}

// SetQueueMembers makes these agents the members of the actor's queue, all of them and no other, if the queue's version is
// still version (ErrVersion otherwise). An agent who stays keeps their place in the rotation. It returns routing.UnknownError
// when one of them is not there, ErrInUse for the default queue, whose members are all agents, ErrNotFound when there is no
// such queue.
func (db *DB) SetQueueMembers(ctx context.Context, by access.Actor, id conversation.QueueID, version int64, members []conversation.AgentID) (routing.Queue, error) {
	return postgres.Transact(ctx, db.pool, "set a queue's members", func(tx *postgres.Tx) (routing.Queue, error) {
		old, err := QueueResource.Row(ctx, tx, by.Tenant, string(id), "for no key update")
		if err != nil {
			return routing.Queue{}, err
		}
		if old.Default {
			return routing.Queue{}, conversation.ErrInUse
		}
		const selectChanged = `
			select coalesce(m.agent_id, w.id) from (select agent_id from queue_members where tenant = $1 and queue_id = $2) m
			full join unnest($3::uuid[]) w (id) on w.id = m.agent_id
			where m.agent_id is null or w.id is null order by 1`
		var movers []conversation.AgentID
		if err := tx.SelectContext(ctx, &movers, selectChanged, by.Tenant, id, postgres.Texts(members)); err != nil {
			return routing.Queue{}, err
		}
		if err := capacity.LockAgents(ctx, tx, by.Tenant, movers); err != nil {
			return routing.Queue{}, err
		}
		if err := resource.Hold(ctx, tx, by.Tenant, resource.LiveAgents, "agent_ids", members...); err != nil {
			return routing.Queue{}, err
		}
		if done, err := resource.Settled(old.Version, version, asColumns(movers, "members")); done || err != nil {
			return old.Queue(), err
		}
		if err := Enrol(ctx, tx, by.Tenant, members, []conversation.QueueID{id}); err != nil {
			return routing.Queue{}, err
		}
		const deleteMembers = `delete from queue_members where tenant = $1 and queue_id = $2 and agent_id <> all($3::uuid[])`
		if _, err := tx.ExecContext(ctx, deleteMembers, by.Tenant, id, postgres.Texts(members)); err != nil {
			return routing.Queue{}, err
		}
		if err := Raise(ctx, tx, by.Tenant, "agents", movers); err != nil {
			return routing.Queue{}, err
		}
		if err := Raise(ctx, tx, by.Tenant, "queues", []conversation.QueueID{id}); err != nil {
			return routing.Queue{}, err
		}
		if err := notify.TriggerDistribution(ctx, tx, by.Tenant, notify.AtOnce); err != nil {
			return routing.Queue{}, err
		}
		if err := audit.Record(ctx, tx, by, audit.QueueMembers, string(id), "members"); err != nil {
			return routing.Queue{}, err
		}
		return QueueResource.Read(ctx, tx, by.Tenant, string(id))
	})
}

// WithDefaultQueue is a wished agent with the queue to which every agent belongs (QUE-4).
func WithDefaultQueue(ctx context.Context, tx *postgres.Tx, t conversation.Tenant, a routing.Agent) (routing.Agent, error) {
	var queue []conversation.QueueID
	err := tx.SelectContext(ctx, &queue, `select id from `+resource.LiveQueues+` and tenant = $1 and is_default`, t)
	a.Queues = append(slices.Clone(a.Queues), queue...)
	return a, err
}

// Enrol makes every one of these agents a member of every one of these queues.
func Enrol(ctx context.Context, tx *postgres.Tx, t conversation.Tenant, agents []conversation.AgentID, queues []conversation.QueueID) error {
	const insertMembers = `
		insert into queue_members (tenant, queue_id, agent_id)
		select $1, q, a from unnest($2::uuid[]) q cross join unnest($3::uuid[]) a
		on conflict do nothing`
	_, err := tx.ExecContext(ctx, insertMembers, t, postgres.Texts(queues), postgres.Texts(agents))
	return err
}

// LockQueues locks queues by id. They come before conversations, work items and agents.
func LockQueues(ctx context.Context, tx *postgres.Tx, t conversation.Tenant, queues []conversation.QueueID) error {
	const lockByID = `select from queues where tenant = $1 and id = any($2::uuid[]) order by id for no key update`
	_, err := tx.ExecContext(ctx, lockByID, t, postgres.Texts(queues))
	return err
}

// Raise counts a change of rows that change by version, because what belongs to them has changed. It locks them by id.
func Raise[ID ~string](ctx context.Context, tx *postgres.Tx, t conversation.Tenant, table string, ids []ID) error {
	statement := `
		with locked as materialized (
			select id from ` + table + ` where tenant = $1 and id = any($2::uuid[]) order by id for no key update)
		update ` + table + ` r set version = version + 1, updated_at = now() from locked where r.tenant = $1 and r.id = locked.id`
	_, err := tx.ExecContext(ctx, statement, t, postgres.Texts(ids))
	return err
}

// asColumns names a column where something of it changes.
func asColumns[T any](changes []T, column string) []string {
	if len(changes) == 0 {
		return nil
	}
	return []string{column}
}
