package setup

import (
	"context"
	"slices"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/audit"
	"wxdesk/internal/postgres/notify"
	"wxdesk/internal/postgres/resource"
	"wxdesk/internal/routing"
)

// QueueRow is a queue as it stands in the table.
type QueueRow struct {
	resource.StampRow
	ID           conversation.QueueID            `db:"id"`
	Name         string                          `db:"name"`
	Priority     int                             `db:"priority"`
	Method       routing.Method                  `db:"method"`
	HoursID      *routing.HoursID                `db:"hours_id"`
	Overflow     postgres.JSON[routing.Overflow] `db:"overflow"`
	DeclineLimit int                             `db:"decline_limit"`
	Default      bool                            `db:"is_default"`
}

// QueueResource is the table of queues.
var QueueResource = resource.NewTable("queue", "queue", resource.LiveQueues, QueueRow.Queue)

// Queue converts the row to a routing.Queue.
func (r QueueRow) Queue() routing.Queue {
	return routing.Queue{
		Stamp: r.Stamp(), ID: r.ID, Name: r.Name, Priority: r.Priority, Method: r.Method, HoursID: postgres.OrEmpty(r.HoursID),
		Overflow: r.Overflow.V, DeclineLimit: r.DeclineLimit, Default: r.Default,
	}
}

func queueRowOf(stamp resource.StampRow, q routing.Queue) QueueRow {
	return QueueRow{
		StampRow: stamp, ID: q.ID, Name: q.Name, Priority: q.Priority, Method: q.Method, HoursID: postgres.Pointer(q.HoursID),
		Overflow: postgres.JSON[routing.Overflow]{V: q.Overflow}, DeclineLimit: q.DeclineLimit, Default: q.Default,
	}
}

// CreateQueue adds a queue of the actor's tenant and gives it its id. Nobody is a member yet. It returns ErrExists when
// there is one of that name, routing.UnknownError when its hours or a queue that it overflows to are not there.
func (db *DB) CreateQueue(ctx context.Context, by access.Actor, q routing.Queue) (routing.Queue, error) {
	q.ID, q.Default = conversation.QueueID(postgres.NewID()), false
	row := queueRowOf(resource.StampRow{Tenant: by.Tenant}, q)
	return QueueResource.Create(ctx, db.pool, by, string(q.ID), row, func(tx *postgres.Tx) error { return holdTargets(ctx, tx, by.Tenant, q) })
}

// holdTargets keeps what a queue points to.
func holdTargets(ctx context.Context, tx *postgres.Tx, t conversation.Tenant, q routing.Queue) error {
	if q.HoursID != "" {
		if err := resource.Hold(ctx, tx, t, resource.LiveHours, "hours_id", q.HoursID); err != nil {
			return err
		}
	}
	return resource.Hold(ctx, tx, t, resource.LiveQueues, "overflow", q.Overflow.Targets()...)
}

// circles refuses an overflow by which queues would overflow into each other in a circle (L06). Overflows are changed one at
// a time, so that two changes that make a circle together see each other.
func circles(ctx context.Context, tx *postgres.Tx, t conversation.Tenant, q routing.Queue) error {
	if len(q.Overflow.Targets()) == 0 {
		return nil
	}
	if _, err := tx.ExecContext(ctx, `select from tenants where id = $1 for no key update`, t); err != nil {
		return err
	}
	all, err := QueueResource.All(ctx, tx, t)
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
	return &routing.CircleError{Names: postgres.Each(circle, func(id conversation.QueueID) string { return names[id] })}
}

// Queue reads a queue. It returns ErrNotFound when it is unknown or deleted.
func (db *DB) Queue(ctx context.Context, t conversation.Tenant, id conversation.QueueID) (routing.Queue, error) {
	return QueueResource.Get(ctx, db.pool, t, string(id))
}

// ListQueues pages by id, oldest first; after is the last id of the page before, "" for the first page.
func (db *DB) ListQueues(ctx context.Context, t conversation.Tenant, after conversation.QueueID, limit int) ([]routing.Queue, error) {
	return QueueResource.List(ctx, db.pool, t, string(after), limit)
}

// UpdateQueue replaces the settings of the actor's queue if its version is still q.Version (ErrVersion otherwise). Which
// queue is the default one stays. With another time limit the runs of those who wait in it are told. It returns ErrExists
// when another has the name, routing.UnknownError as for CreateQueue, routing.CircleError when the overflow would lead round
// in a circle, ErrNotFound when there is none.
func (db *DB) UpdateQueue(ctx context.Context, by access.Actor, q routing.Queue) (routing.Queue, error) {
	return QueueResource.Update(ctx, db.pool, by, string(q.ID), q.Version, resource.Change[QueueRow]{
		Wish: func(old QueueRow) QueueRow {
			wished := q
			wished.ID, wished.Default = old.ID, old.Default
			return queueRowOf(old.StampRow, wished)
		},
		Before: func(tx *postgres.Tx, old, _ QueueRow, columns []string) error {
			if err := holdTargets(ctx, tx, by.Tenant, q); err != nil || !slices.Contains(columns, "overflow") {
				return err
			}
			wished := q
			wished.ID = old.ID
			return circles(ctx, tx, by.Tenant, wished)
		},
		After: func(tx *postgres.Tx, old, _ QueueRow, columns []string) error {
			if slices.Contains(columns, "overflow") {
				if err := noticeWaiting(ctx, tx, by.Tenant, old.ID); err != nil {
					return err
				}
			}
			return notify.TriggerDistribution(ctx, tx, by.Tenant, notify.AtOnce)
		},
	})
}

// noticeWaiting leaves notices for the runs of all who wait in a queue: what falls due for them has changed.
func noticeWaiting(ctx context.Context, tx *postgres.Tx, t conversation.Tenant, id conversation.QueueID) error {
	const insertNotices = `
		with waiting as (
			select c.id from conversations c join work_items i on i.tenant = c.tenant and i.conversation_id = c.id
			where i.tenant = $1 and i.queue_id = $2 and i.state = 'waiting' order by c.id for no key update of c
		), raised as (
			update conversations c set revision = revision + 1 from waiting w where c.tenant = $1 and c.id = w.id
			returning c.tenant, c.id, c.workflow_id
		)
		insert into outbox (tenant, conversation_id, workflow_id, act, assignment) select tenant, id, workflow_id, $3, false from raised` + notify.OnOutbox
	_, err := tx.ExecContext(ctx, insertNotices, t, id, notify.ActDueChanged)
	return err
}

// DeleteQueue deletes a queue, its members and its rulesets with it; what has happened in it stays readable. Deleting it
// again changes nothing. It returns ErrInUse while it is the default queue or a workstream's fallback, conversations wait in
// it or come from it, or another queue or a rule leads to it; ErrNotFound when there never was one.
func (db *DB) DeleteQueue(ctx context.Context, by access.Actor, id conversation.QueueID) error {
	return db.pool.InTx(ctx, "delete queue", func(tx *postgres.Tx) error {
		const query = `select deleted_at is not null from queues where tenant = $1 and id = $2 for update`
		var deleted bool
		if err := tx.GetContext(ctx, &deleted, query, by.Tenant, id); err != nil || deleted {
			return err
		}
		if err := resource.InUse(ctx, tx, by.Tenant, id,
			`select from queues where tenant = $1 and id = $2::uuid and is_default`,
			`select from workstreams where tenant = $1 and fallback_queue = $2::uuid and deleted_at is null`,
			`select from work_items where tenant = $1 and queue_id = $2::uuid and state <> 'done'`,
			`select from conversations where tenant = $1 and queue_id = $2::uuid and state <> 'closed'`,
			`select from queues where tenant = $1 and id <> $2::text::uuid and deleted_at is null and position($2::text in overflow::text) > 0`,
			resource.RuleNames,
		); err != nil {
			return err
		}
		var members []conversation.AgentID
		if err := tx.SelectContext(ctx, &members, `select agent_id from queue_members where tenant = $1 and queue_id = $2`, by.Tenant, id); err != nil {
			return err
		}
		if err := Raise(ctx, tx, by.Tenant, "agents", members); err != nil {
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
		return audit.Record(ctx, tx, by, audit.QueueDelete, string(id))
	})
}
