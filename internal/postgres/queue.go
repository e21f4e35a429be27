package postgres

import (
	"context"
	"slices"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

type queueRow struct {
	stampRow
	ID           conversation.QueueID     `db:"id"`
	Name         string                   `db:"name"`
	Priority     int                      `db:"priority"`
	Method       routing.Method           `db:"method"`
	HoursID      *routing.HoursID         `db:"hours_id"`
	Overflow     asJSON[routing.Overflow] `db:"overflow"`
	DeclineLimit int                      `db:"decline_limit"`
	Default      bool                     `db:"is_default"`
}

var queueResource = newResource("queue", "queue", liveQueues, queueRow.queue)

func (r queueRow) queue() routing.Queue {
	return routing.Queue{
		Stamp: r.stamp(), ID: r.ID, Name: r.Name, Priority: r.Priority, Method: r.Method, HoursID: orEmpty(r.HoursID),
		Overflow: r.Overflow.V, DeclineLimit: r.DeclineLimit, Default: r.Default,
	}
}

func queueRowOf(stamp stampRow, q routing.Queue) queueRow {
	return queueRow{
		stampRow: stamp, ID: q.ID, Name: q.Name, Priority: q.Priority, Method: q.Method, HoursID: pointer(q.HoursID),
		Overflow: asJSON[routing.Overflow]{q.Overflow}, DeclineLimit: q.DeclineLimit, Default: q.Default,
	}
}

// CreateQueue adds a queue of the actor's tenant and gives it its id. Nobody is a member yet. ErrExists when there is one of
// that name, routing.UnknownError when its hours or a queue that it overflows to are not there.
func (db *DB) CreateQueue(ctx context.Context, by access.Actor, q routing.Queue) (routing.Queue, error) {
	q.ID, q.Default = conversation.QueueID(newID()), false
	row := queueRowOf(stampRow{Tenant: by.Tenant}, q)
	return queueResource.create(ctx, db, by, string(q.ID), row, func(tx *transaction) error { return holdTargets(ctx, tx, by.Tenant, q) })
}

// holdTargets keeps what a queue points to.
func holdTargets(ctx context.Context, tx *transaction, t conversation.Tenant, q routing.Queue) error {
	if q.HoursID != "" {
		if err := hold(ctx, tx, t, liveHours, "hours_id", q.HoursID); err != nil {
			return err
		}
	}
	return hold(ctx, tx, t, liveQueues, "overflow", q.Overflow.Targets()...)
}

// circles refuses an overflow by which queues would overflow into each other in a circle (L06). Overflows are changed one at
// a time, so that two changes that make a circle together see each other.
func circles(ctx context.Context, tx *transaction, t conversation.Tenant, q routing.Queue) error {
	if len(q.Overflow.Targets()) == 0 {
		return nil
	}
	if _, err := tx.ExecContext(ctx, `select from tenants where id = $1 for no key update`, t); err != nil {
		return err
	}
	all, err := queueResource.all(ctx, tx, t)
	if err != nil {
		return err
	}
	overflows, names := map[conversation.QueueID]routing.Overflow{}, map[conversation.QueueID]string{}
	for _, one := range all {
		overflows[one.ID], names[one.ID] = one.Overflow, one.Name
	}
	overflows[q.ID], names[q.ID] = q.Overflow, q.Name
	circle := routing.Circle(q.ID, overflows)
	if circle == nil {
		return nil
	}
	return &routing.CircleError{Names: each(circle, func(id conversation.QueueID) string { return names[id] })}
}

// Queue reads one. ErrNotFound when it is unknown or deleted.
func (db *DB) Queue(ctx context.Context, t conversation.Tenant, id conversation.QueueID) (routing.Queue, error) {
	return queueResource.get(ctx, db, t, string(id))
}

// ListQueues pages by id, oldest first; after is the last id of the page before, "" for the first page.
func (db *DB) ListQueues(ctx context.Context, t conversation.Tenant, after conversation.QueueID, limit int) ([]routing.Queue, error) {
	return queueResource.list(ctx, db, t, string(after), limit)
}

// UpdateQueue replaces the settings of the actor's queue where its version is still q.Version (ErrVersion otherwise). Which
// queue is the default one stays. With another time limit the runs of those who wait in it are told. ErrExists when another
// has the name, routing.UnknownError as for CreateQueue, routing.CircleError when the overflow would lead round in a circle,
// ErrNotFound when there is none.
func (db *DB) UpdateQueue(ctx context.Context, by access.Actor, q routing.Queue) (routing.Queue, error) {
	return queueResource.update(ctx, db, by, string(q.ID), q.Version, change[queueRow]{
		wish: func(old queueRow) queueRow {
			wished := q
			wished.ID, wished.Default = old.ID, old.Default
			return queueRowOf(old.stampRow, wished)
		},
		before: func(tx *transaction, old, _ queueRow, columns []string) error {
			if err := holdTargets(ctx, tx, by.Tenant, q); err != nil || !slices.Contains(columns, "overflow") {
				return err
			}
			wished := q
			wished.ID = old.ID
			return circles(ctx, tx, by.Tenant, wished)
		},
		after: func(tx *transaction, old, _ queueRow, columns []string) error {
			if slices.Contains(columns, "overflow") {
				if err := noticeWaiting(ctx, tx, by.Tenant, old.ID); err != nil {
					return err
				}
			}
			return triggerDistribution(ctx, tx, by.Tenant, atOnce)
		},
	})
}

// noticeWaiting leaves notices for the runs of all who wait in a queue: what falls due for them has changed.
func noticeWaiting(ctx context.Context, tx *transaction, t conversation.Tenant, id conversation.QueueID) error {
	const tell = `
		with waiting as (
			select c.id from conversations c join work_items i on i.tenant = c.tenant and i.conversation_id = c.id
			where i.tenant = $1 and i.queue_id = $2 and i.state = 'waiting' order by c.id for no key update of c
		), raised as (
			update conversations c set revision = revision + 1 from waiting w where c.tenant = $1 and c.id = w.id
			returning c.tenant, c.id, c.workflow_id
		)
		insert into outbox (tenant, conversation_id, workflow_id, act, assignment) select tenant, id, workflow_id, $3, false from raised` + onOutbox
	_, err := tx.ExecContext(ctx, tell, t, id, actDueChanged)
	return err
}

// DeleteQueue takes a queue away, its members and its rulesets with it; what has happened in it stays readable. Deleting it
// again changes nothing. ErrInUse while it is the default queue or a workstream's fallback, conversations wait in it or come
// from it, or another queue or a rule leads to it; ErrNotFound when there never was one.
func (db *DB) DeleteQueue(ctx context.Context, by access.Actor, id conversation.QueueID) error {
	return db.inTx(ctx, "delete queue", func(tx *transaction) error {
		const query = `select deleted_at is not null from queues where tenant = $1 and id = $2 for update`
		var deleted bool
		if err := tx.GetContext(ctx, &deleted, query, by.Tenant, id); err != nil || deleted {
			return err
		}
		if err := inUse(ctx, tx, by.Tenant, id,
			`select from queues where tenant = $1 and id = $2::uuid and is_default`,
			`select from workstreams where tenant = $1 and fallback_queue = $2::uuid and deleted_at is null`,
			`select from work_items where tenant = $1 and queue_id = $2::uuid and state <> 'done'`,
			`select from conversations where tenant = $1 and queue_id = $2::uuid and state <> 'closed'`,
			`select from queues where tenant = $1 and id <> $2::text::uuid and deleted_at is null and position($2::text in overflow::text) > 0`,
			ruleNames,
		); err != nil {
			return err
		}
		var members []conversation.AgentID
		if err := tx.SelectContext(ctx, &members, `select agent_id from queue_members where tenant = $1 and queue_id = $2`, by.Tenant, id); err != nil {
			return err
		}
		if err := raise(ctx, tx, by.Tenant, "agents", members); err != nil {
			return err
		}
		for _, statement := range []string{
			`update queues set deleted_at = now(), hours_id = null, version = version + 1, updated_at = now() where tenant = $1 and id = $2`,
			`delete from queue_members where tenant = $1 and queue_id = $2`,
			`update rulesets set deleted_at = now(), version = version + 1, updated_at = now()
			where tenant = $1 and queue_id = $2 and deleted_at is null`,
		} {
			if _, err := tx.ExecContext(ctx, statement, by.Tenant, id); err != nil {
				return err
			}
		}
		return record(ctx, tx, by, actQueueDelete, string(id))
	})
}
