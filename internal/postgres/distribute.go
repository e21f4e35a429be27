package postgres

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// batchLimit is how many conversations one transaction gives to agents: at most routing.BatchLimit, and so few that the
// agents' rows are not locked for long.
const batchLimit = 25

// Tenants lists those who have work to distribute.
func (db *DB) Tenants(ctx context.Context) ([]conversation.Tenant, error) {
	var list []conversation.Tenant
	err := db.sql.SelectContext(ctx, &list, `select tenant from distributions order by tenant`)
	return list, explain(ctx, "list tenants", err)
}

// Distribute gives waiting conversations to agents, one batch in one transaction: it chooses without locks, locks what it
// has chosen, leaves out what has changed meanwhile, and writes the rest. One process at a time distributes for a tenant;
// where another does, nothing happens, and that one looks again after its commit. Repeated, it gives what is still to give.
func (db *DB) Distribute(ctx context.Context, t conversation.Tenant) (routing.Distributed, error) {
	return transact(ctx, db, "distribute the work of tenant "+string(t), func(tx *sqlx.Tx) (routing.Distributed, error) {
		d := &distribution{db: db, tx: tx, tenant: t}
		mine, err := d.begin(ctx)
		if err != nil || !mine {
			return routing.Distributed{}, err
		}
		if err := d.run(ctx); err != nil {
			return routing.Distributed{}, err
		}
		return routing.Distributed{Assigned: len(d.gifts), Again: d.again, Soon: d.soon, Notices: d.notices}, nil
	})
}

// distribution is one batch.
type distribution struct {
	db     *DB
	tx     *sqlx.Tx
	tenant conversation.Tenant

	now   time.Time // Postgres's, before anything was read
	items map[conversation.WorkItemID]*waitingItem
	crew  crew
	limit bool // some item's workstream says how many of it an agent may have
	looks []routing.Look
	gifts []gift
	again bool

	notices []conversation.RunNotice // for the runs of what was assigned
	soon    bool

	over   []conversation.WorkItemID // are kept for nobody any longer, and locked
	missed bool                      // somebody is just changing an item that is kept for nobody any longer
	shift  time.Time                 // when somebody's working hours begin next, where a queue's own rules may ask; zero: never
}

// begin takes the lock, if nobody has it, and notes the time. It has the planner go by keys: what a batch reads and writes is
// few rows of many, and lies in memory; and plan anew each time, since how many they are changes from one batch to the next.
func (d *distribution) begin(ctx context.Context) (mine bool, err error) {
	const query = `
		select clock_timestamp() from distributions, set_config('random_page_cost', '1.1', true) as keys,
			set_config('plan_cache_mode', 'force_custom_plan', true) as anew
		where tenant = $1 for update of distributions skip locked`
	err = d.tx.GetContext(ctx, &d.now, query, d.tenant)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

func (d *distribution) run(ctx context.Context) error {
	// What is consumed here is seen by what follows: it was committed before.
	if _, err := d.tx.ExecContext(ctx, `delete from wakes where tenant = $1 and due_at <= clock_timestamp()`, d.tenant); err != nil {
		return err
	}
	if err := unmarkEmpty(ctx, d.tx, d.tenant); err != nil {
		return err
	}
	matches, err := d.choose(ctx)
	if err != nil {
		return err
	}
	rested, err := d.rested(ctx)
	if err != nil {
		return err
	}
	turned, err := d.turnDays(ctx)
	if err != nil {
		return err
	}
	rested = append(rested, turned...)
	if err := d.lock(ctx, matches, rested); err != nil {
		return err
	}
	if err := d.give(ctx); err != nil {
		return err
	}
	if err := d.keepLooks(ctx); err != nil {
		return err
	}
	if err := d.endKeeping(ctx); err != nil {
		return err
	}
	if err := d.wakeWithShift(ctx); err != nil {
		return err
	}
	if err := d.settle(ctx, rested); err != nil {
		return err
	}
	return d.lookBack(ctx, len(matches))
}

// choose reads what waits and who may be asked, and chooses.
func (d *distribution) choose(ctx context.Context) ([]routing.Match, error) {
	queues, rules, err := d.queues(ctx)
	if err != nil || len(queues) == 0 {
		return nil, err
	}
	waiting, err := d.waiting(ctx, queues, rules)
	if err != nil || len(waiting) == 0 {
		return nil, err
	}
	d.items = make(map[conversation.WorkItemID]*waitingItem, len(waiting))
	items := make([]routing.Item, 0, len(waiting))
	var kept []conversation.AgentID
	for _, w := range waiting {
		item, err := w.item(d.now)
		if err != nil {
			return nil, err
		}
		d.items[w.ID] = w
		items = append(items, item)
		d.limit = d.limit || item.MaxPerAgent > 0
		if item.Affinity != "" {
			kept = append(kept, item.Affinity)
		}
	}
	if d.crew, err = readCrew(ctx, d.tx, d.tenant, queues, kept, about(queues, items)); err != nil {
		return nil, err
	}
	if err := d.readHeld(ctx, serving(idsOfQueues(queues), kept), d.crew.facts); err != nil {
		return nil, err
	}
	for _, a := range d.crew.list {
		a.Held = maps.Clone(d.crew.facts[a.ID].Held)
	}
	if err := d.readShifts(ctx, queues); err != nil {
		return nil, err
	}
	if err := d.readKinds(ctx, rules); err != nil {
		return nil, err
	}
	matches, looks := routing.Assign(d.now, queues, rules, items, d.crew.list, batchLimit, d.db.judge)
	d.looks = looks
	return matches, nil
}

// rested lists agents to whom capacity has come back by itself, because the time for which a finished talk holds it is over,
// and whose presence may still say that they are full.
func (d *distribution) rested(ctx context.Context) (agents []conversation.AgentID, err error) {
	const query = `
		select distinct g.id from assignments a join agents g on g.tenant = a.tenant and g.id = a.agent_id
		where a.tenant = $1 and a.state = 'accepted' and a.holds_until <= clock_timestamp() and g.presence in ('busy', 'dnd')
			and not g.presence_manual`
	err = d.tx.SelectContext(ctx, &agents, query, d.tenant)
	return agents, err
}

// lock locks conversations, then work items, then agents, and keeps those matches that still hold. It waits for agents alone:
// conversations and items that somebody is changing are left for the next batch. So are agents who have changed since they
// were read.
func (d *distribution) lock(ctx context.Context, matches []routing.Match, others []conversation.AgentID) error {
	agents := slices.Clone(others)
	var talks []conversation.ID
	var items []conversation.WorkItemID
	for _, m := range matches {
		agents = append(agents, m.Agent)
		items = append(items, m.Item)
		talks = append(talks, d.items[m.Item].Conversation)
	}
	// A conversation is locked before its item; nothing here waits for a lock, so the order of the rows does not matter.
	const lock = `
		select i.id from conversations c join work_items i on i.tenant = c.tenant and i.conversation_id = c.id
		where c.tenant = $1 and c.id = any($2::uuid[]) and c.state = 'open' and c.holder = 'queue' and i.id = any($3::uuid[]) and i.state = 'waiting'
		for no key update of c, i skip locked`
	var free []conversation.WorkItemID
	if len(matches) > 0 {
		if err := d.tx.SelectContext(ctx, &free, lock, d.tenant, pq.Array(talks), pq.Array(items)); err != nil {
			return err
		}
	}
	if err := d.lockOver(ctx); err != nil || len(agents) == 0 {
		return err
	}
	if err := lockAgents(ctx, d.tx, d.tenant, agents); err != nil {
		return err
	}
	people, err := readCandidates(ctx, d.tx, d.tenant, named(agents), "")
	if err != nil {
		return err
	}
	if err := d.readHeld(ctx, named(agents), byID(people)); err != nil {
		return err
	}
	unchanged := map[conversation.AgentID]bool{}
	for _, now := range people {
		before, known := d.crew.facts[now.ID]
		unchanged[now.ID] = known && before.same(now)
	}
	locked := make(map[conversation.WorkItemID]bool, len(free))
	for _, id := range free {
		locked[id] = true
	}
	for _, m := range matches {
		if w := d.items[m.Item]; locked[m.Item] && unchanged[m.Agent] {
			d.gifts = append(d.gifts, w.gift(m.Agent, len(d.gifts)))
		}
	}
	return nil
}

// keeping sorts the items that are kept for the agent who had them: over are those for which one countdown has passed (D2),
// until is when that is so for the others. Where the workstream says so, an item is kept for as long as the agent works here.
func (d *distribution) keeping() (over []conversation.WorkItemID, until []time.Time) {
	for _, look := range d.looks {
		w := d.items[look.Item]
		switch {
		case look.Agent != "" || w.Affinity == "":
		case w.Always && d.crew.facts[w.Affinity] != nil: // the agent works here
		case w.keptUntil().After(d.now):
			until = append(until, w.keptUntil())
		default:
			over = append(over, w.ID)
		}
	}
	return over, until
}

// lockOver locks the items that are kept for nobody any longer, except those that somebody is just changing.
func (d *distribution) lockOver(ctx context.Context) error {
	over, _ := d.keeping()
	if len(over) == 0 {
		return nil
	}
	const lock = `
		select id from work_items where tenant = $1 and id = any($2::uuid[]) and state = 'waiting'
		for no key update skip locked`
	err := d.tx.SelectContext(ctx, &d.over, lock, d.tenant, pq.Array(over))
	d.missed = len(d.over) < len(over)
	return err
}

// endKeeping offers to everybody what is kept for nobody any longer. It wakes the distribution when the next item comes to
// that, and when the pause of an agent who declined is over.
func (d *distribution) endKeeping(ctx context.Context) error {
	if len(d.over) > 0 {
		const forget = `update work_items set affinity_agent = null where tenant = $1 and id = any($2::uuid[])`
		if _, err := d.tx.ExecContext(ctx, forget, d.tenant, pq.Array(d.over)); err != nil {
			return err
		}
		d.again = true
	}
	_, until := d.keeping()
	if at := d.pauseEnds(); !at.IsZero() {
		until = append(until, at)
	}
	if len(until) == 0 {
		return nil
	}
	return d.wakeAt(ctx, until)
}

// wakeAt has the distribution look again at these moments.
func (d *distribution) wakeAt(ctx context.Context, moments []time.Time) error {
	const then = `
		insert into wakes (tenant, due_at) select $1, at from (select distinct unnest($2::timestamptz[]) as at) as moments
		where not exists (select from wakes w where w.tenant = $1 and w.due_at = at)`
	_, err := d.tx.ExecContext(ctx, then, d.tenant, pq.Array(moments))
	return err
}

// settle brings the presence of agents in line with what they have now.
func (d *distribution) settle(ctx context.Context, rested []conversation.AgentID) error {
	agents := slices.Clone(rested)
	for _, g := range d.gifts {
		agents = append(agents, g.Agent)
	}
	if len(agents) == 0 {
		return nil
	}
	changed, err := settle(ctx, d.tx, d.tenant, agents)
	for _, id := range changed {
		d.again = d.again || slices.Contains(rested, id) // somebody may be waiting for just him
	}
	return err
}

// lookBack reports whether to look again: at once where the batch was full, where only some of the matches held, or where
// something was changed while this one looked; in a moment where none held, or an item was missed, because nobody may wake
// it for that: sending a message locks its conversation, too.
func (d *distribution) lookBack(ctx context.Context, chosen int) error {
	none := chosen > 0 && len(d.gifts) == 0
	d.soon = none || d.missed
	if d.again || !none && (chosen == batchLimit || len(d.gifts) < chosen) {
		d.again = true
		return nil
	}
	const query = `select exists (select from wakes where tenant = $1 and due_at <= clock_timestamp())`
	return d.tx.GetContext(ctx, &d.again, query, d.tenant)
}
