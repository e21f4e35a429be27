package distribution

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/notify"
	"wxdesk/internal/routing"
)

const (
	// batchLimit is how many conversations one transaction assigns to agents. It is small, so that the agents' rows are not locked
	// for long. Several transactions write what is chosen at a time (routing.BatchLimit).
	batchLimit = 25
	// evaluateFor is how long a batch evaluates queues' own rules. The next batch goes on from there.
	evaluateFor = 500 * time.Millisecond
	// evaluateOneFor is how much longer it judges the item that it is at. The lock on the distribution would be lost otherwise, and with it
	// all that was judged.
	evaluateOneFor = 500 * time.Millisecond
)

// Tenants lists the tenants that may have work to distribute.
func (db *DB) Tenants(ctx context.Context) ([]conversation.Tenant, error) {
	var list []conversation.Tenant
	err := db.pool.SelectContext(ctx, &list, `select id from tenants order by id`)
	return list, postgres.Explain(ctx, "list tenants", err)
}

// Distribute assigns waiting conversations to agents, at most routing.BatchLimit. It reads and chooses in a transaction that writes
// and locks nothing, however long rules are judged. Further transactions, of batchLimit each, lock what was chosen, leave to the next
// call what has changed meanwhile, and write the rest. One process at a time distributes for a tenant; if another does, nothing happens, and
// that one runs again after its commit. Repeated, it assigns what is still to be assigned.
func (db *DB) Distribute(ctx context.Context, t conversation.Tenant) (routing.Distributed, error) {
	act := "distribute the work of tenant " + string(t)
	return postgres.Transact(ctx, db.pool, act, func(reading *postgres.Tx) (done routing.Distributed, err error) {
		d := &distribution{db: db, reading: reading, tenant: t}
		mine, err := d.begin(ctx)
		if err != nil || !mine {
			return done, err
		}
		d.memory = db.memories.take(t)
		if err := d.choose(ctx); err != nil {
			return done, err
		}
		if d.writes() {
			if done, err = d.write(ctx, act); err != nil {
				return done, err
			}
		}
		var again bool
		d.memory, again = d.memory.after(d)
		db.memories.keep(t, d.memory)
		done.Again = done.Again || again
		return done, nil
	})
}

// distribution is what a batch has read and chosen.
type distribution struct {
	db      *DB
	reading *postgres.Tx
	tenant  conversation.Tenant
	memory  memory

	now      time.Time // Postgres's, before anything was read
	triggers []int64   // what had the distribution run: read before all else, so that what follows sees what they are for
	items    map[conversation.WorkItemID]*waitingItem
	pool     candidatePool
	limit    bool // some item's workstream says how many of it an agent may have
	chosen   routing.Chosen
	settles  []conversation.AgentID // whose presence has to change, though they get nothing
	moments  []time.Time            // when to run again

	assigned map[conversation.WorkItemID]bool // what has been written
	missed   bool                             // somebody is just changing something that was chosen
	notices  []conversation.RunNotice
}

// begin takes the distribution lock, if nobody has it, and notes the time. The transaction may be idle for long: while it is, it
// holds nothing but this lock. It has the planner go by keys: what a batch reads is few rows of many, and lies in memory; and plan
// again each time, since how many they are changes from one batch to the next.
func (d *distribution) begin(ctx context.Context) (mine bool, err error) {
	const query = `
		select clock_timestamp() from set_config('random_page_cost', '1.1', true) as keys,
			set_config('plan_cache_mode', 'force_custom_plan', true) as anew,
			set_config('idle_in_transaction_session_timeout', '1min', true) as patient
		where pg_try_advisory_xact_lock(hashtextextended('distribution of ' || $1::text, 0))`
	err = d.reading.GetContext(ctx, &d.now, query, d.tenant)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// choose reads what there is to do, and chooses.
func (d *distribution) choose(ctx context.Context) error {
	const selectDueTriggers = `select id from distribution_triggers where tenant = $1 and due_at <= clock_timestamp()`
	if err := d.reading.SelectContext(ctx, &d.triggers, selectDueTriggers, d.tenant); err != nil {
		return err
	}
	queues, rules, err := d.queues(ctx)
	if err != nil {
		return err
	}
	if len(queues) > 0 {
		if err := d.match(ctx, queues, rules); err != nil {
			return err
		}
	}
	d.pauseEnds()
	return d.findSettling(ctx)
}

// writes reports whether there is anything to write.
func (d *distribution) writes() bool {
	return len(d.triggers)+len(d.chosen.Traces)+len(d.settles)+len(d.moments) > 0
}

// DistributionTriggers says, until ctx ends, when something has changed that may make a match; see Listen.
func (db *DB) DistributionTriggers(ctx context.Context) (<-chan struct{}, error) {
	return db.pool.Listen(ctx, notify.DistributionChannel), nil
}
