package postgres

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

const (
	// batchLimit is how many conversations one transaction assigns to agents: so few that the agents' rows are not locked for long.
	// What is chosen at a time, routing.BatchLimit, is written in several.
	batchLimit = 25
	// judgeFor is how long a batch judges by queues' own rules. The next batch goes on from there.
	judgeFor = 500 * time.Millisecond
)

// Tenants lists those who may have work to distribute.
func (db *DB) Tenants(ctx context.Context) ([]conversation.Tenant, error) {
	var list []conversation.Tenant
	err := db.sql.SelectContext(ctx, &list, `select id from tenants order by id`)
	return list, explain(ctx, "list tenants", err)
}

// Distribute assigns waiting conversations to agents, at most routing.BatchLimit. It reads and chooses in a transaction that writes
// and locks nothing, however long rules are judged. Further transactions, of batchLimit each, lock what was chosen, leave to the next
// call what has changed meanwhile, and write the rest. One process at a time distributes for a tenant; where another does, nothing happens, and
// that one looks again after its commit. Repeated, it assigns what is still to be assigned.
func (db *DB) Distribute(ctx context.Context, t conversation.Tenant) (routing.Distributed, error) {
	act := "distribute the work of tenant " + string(t)
	return transact(ctx, db, act, func(reading *sqlx.Tx) (done routing.Distributed, err error) {
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
	reading *sqlx.Tx
	tenant  conversation.Tenant
	memory  memory

	now     time.Time // Postgres's, before anything was read
	wakes   []int64   // what had the distribution look: read before all else, so that what follows sees what they are for
	items   map[conversation.WorkItemID]*waitingItem
	crew    crew
	limit   bool // some item's workstream says how many of it an agent may have
	chosen  routing.Chosen
	settles []conversation.AgentID // whose presence has to change, though they get nothing
	moments []time.Time            // when to look again

	assigned map[conversation.WorkItemID]bool // what has been written
	missed   bool                             // somebody is just changing something that was chosen
	notices  []conversation.RunNotice
}

// begin takes the distribution lock, if nobody has it, and notes the time. The transaction may be idle for long: while it is, it
// holds nothing but this lock. It has the planner go by keys: what a batch reads is few rows of many, and lies in memory; and plan
// anew each time, since how many they are changes from one batch to the next.
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
	const due = `select id from wakes where tenant = $1 and due_at <= clock_timestamp()`
	if err := d.reading.SelectContext(ctx, &d.wakes, due, d.tenant); err != nil {
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

// match reads what waits and who may be asked, and matches them.
func (d *distribution) match(ctx context.Context, queues []routing.Queue, rules map[conversation.QueueID]routing.CustomRules) error {
	waiting, err := d.waiting(ctx, queues, rules)
	if err != nil || len(waiting) == 0 {
		return err
	}
	d.items = make(map[conversation.WorkItemID]*waitingItem, len(waiting))
	items := make([]routing.Item, 0, len(waiting))
	for _, w := range waiting {
		item, err := w.item(d.now)
		if err != nil {
			return err
		}
		d.items[w.ID] = w
		items = append(items, item)
		d.limit = d.limit || item.MaxPerAgent > 0
	}
	if d.crew, err = readCrew(ctx, d.reading, d.tenant, queues, about(queues, rules, items)); err != nil {
		return err
	}
	if err := d.readHeld(ctx, d.reading, serving(idsOfQueues(queues)), d.crew.facts); err != nil {
		return err
	}
	for _, a := range d.crew.list {
		a.Held = maps.Clone(d.crew.facts[a.ID].Held)
	}
	opens, err := d.readShifts(ctx, queues)
	if err != nil {
		return err
	}
	if err := d.readKinds(ctx, rules); err != nil {
		return err
	}
	until := time.Now().Add(d.db.judgeFor)
	d.chosen = routing.Assign(routing.Choice{
		Now: d.now, Queues: queues, Rules: rules, Items: items, Agents: d.crew.list, Limit: routing.BatchLimit, Judge: d.db.judge,
		Enough: func() bool { return !time.Now().Before(until) }, Vain: d.memory.vain,
		Verdicts: d.memory.verdicts,
	})
	if left := len(d.chosen.Looks) > len(d.chosen.Matches); left && !opens.IsZero() {
		d.moments = append(d.moments, opens)
	}
	return nil
}

// findSettling lists the agents to whom capacity has come back by itself, and whose presence does not say so yet: the time for
// which a finished conversation holds it is over, or their day.
func (d *distribution) findSettling(ctx context.Context) error {
	const query = `
		select distinct g.id from assignments a join agents g on g.tenant = a.tenant and g.id = a.agent_id
		where a.tenant = $1 and a.state = 'accepted' and a.holds_until between $2 and clock_timestamp() and g.presence in ('busy', 'dnd')
			and not g.presence_manual`
	var rested []conversation.AgentID
	if err := d.reading.SelectContext(ctx, &rested, query, d.tenant, d.memory.settled); err != nil {
		return err
	}
	turned, err := d.turnDays(ctx)
	if err != nil {
		return err
	}
	var unread []conversation.AgentID
	known := maps.Clone(d.crew.facts)
	for _, id := range append(rested, turned...) {
		if known[id] == nil {
			unread = append(unread, id)
		}
	}
	if len(unread) > 0 {
		people, err := readCandidates(ctx, d.reading, d.tenant, named(unread))
		if err != nil {
			return err
		}
		if known == nil {
			known = map[conversation.AgentID]*candidate{}
		}
		maps.Copy(known, byID(people))
	}
	for _, id := range append(rested, turned...) {
		if a := known[id]; a != nil && routing.NextPresence(a.presenceFacts(false)) != a.Presence {
			d.settles = append(d.settles, id)
		}
	}
	return nil
}

// writes reports whether there is anything to write.
func (d *distribution) writes() bool {
	return len(d.wakes)+len(d.chosen.Looks)+len(d.settles)+len(d.moments) > 0
}

// write writes what was chosen, in order.
func (d *distribution) write(ctx context.Context, act string) (done routing.Distributed, err error) {
	d.assigned = map[conversation.WorkItemID]bool{}
	for rest, last := d.chosen.Matches, false; !last; {
		n := min(len(rest), batchLimit)
		last = n == len(rest)
		b, err := transact(ctx, d.db, act, func(tx *sqlx.Tx) (*batch, error) {
			b := &batch{distribution: d, tx: tx, matches: rest[:n], last: last}
			return b, b.run(ctx)
		})
		if err != nil {
			return done, err
		}
		d.wrote(b)
		rest, done = rest[n:], b.done
	}
	done.Assigned, done.Notices = len(d.assigned), d.notices
	return done, nil
}

// wrote notes what a transaction has written, so that the next one finds the agents as this one has left them.
func (d *distribution) wrote(b *batch) {
	d.missed = d.missed || b.missed
	d.notices = append(d.notices, b.notices...)
	for _, o := range b.offers {
		d.assigned[o.item.ID] = true
		d.crew.facts[o.to] = b.agents[o.to]
	}
}

// batch is a transaction that writes some of what a distribution has chosen.
type batch struct {
	*distribution
	tx      *sqlx.Tx
	matches []routing.Match
	last    bool // of the distribution

	now     time.Time                           // Postgres's, when everything was locked
	agents  map[conversation.AgentID]*candidate // that are locked, with what they are assigned
	offers  []offer
	missed  bool // somebody is just changing something that was chosen
	settled bool // somebody's presence has changed by itself: others may be waiting for just them
	notices []conversation.RunNotice
	done    routing.Distributed // of the last
}

func (b *batch) run(ctx context.Context) error {
	steps := []func(context.Context) error{b.lock, b.assign}
	if b.last {
		steps = append(steps, b.settle, b.keepLooks, b.wakeAt, b.forgetWakes, b.lookBack)
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// forgetWakes deletes what had the distribution look.
func (b *batch) forgetWakes(ctx context.Context) error {
	if len(b.wakes) == 0 {
		return nil
	}
	const forget = `delete from wakes where tenant = $1 and id = any($2)`
	if _, err := b.tx.ExecContext(ctx, forget, b.tenant, pq.Array(b.wakes)); err != nil {
		return err
	}
	return unmarkEmpty(ctx, b.tx, b.tenant)
}

// lock locks conversations, then work items, then agents, and keeps those matches that still hold. It waits for agents alone:
// conversations and items that somebody is changing are left for the next batch. So is what has changed since it was read. Of the
// agents it locks only those who get something, or whose presence has to change.
func (b *batch) lock(ctx context.Context) error {
	free, err := b.lockItems(ctx)
	if err != nil {
		return err
	}
	b.missed = len(free) < len(b.matches)
	var agents []conversation.AgentID
	if b.last {
		agents = b.toSettle()
	}
	for _, m := range b.matches {
		if free[m.Item] != nil {
			agents = append(agents, m.Agent)
		}
	}
	if len(agents) == 0 {
		return nil
	}
	if err := lockAgents(ctx, b.tx, b.tenant, agents); err != nil {
		return err
	}
	people, err := readCandidates(ctx, b.tx, b.tenant, named(agents))
	if err != nil {
		return err
	}
	b.agents = byID(people)
	if err := b.readHeld(ctx, b.tx, named(agents), b.agents); err != nil {
		return err
	}
	for _, m := range b.matches {
		if talk, before := free[m.Item], b.crew.facts[m.Agent]; talk != nil && before.same(b.agents[m.Agent]) {
			b.offers = append(b.offers, offer{item: b.items[m.Item], talk: *talk, to: m.Agent})
		}
	}
	return b.tx.GetContext(ctx, &b.now, `select clock_timestamp()`)
}

// lockedTalk is a conversation that is locked, with its work item.
type lockedTalk struct {
	Item         conversation.WorkItemID `db:"id"`
	Version      string                  `db:"version"` // of the work item's row
	Revision     int64                   `db:"revision"`
	Epoch        conversation.Epoch      `db:"epoch"`
	Since        time.Time               `db:"since"`
	WaitingSince *time.Time              `db:"waiting_since"`
}

// lockItems locks what was chosen, by work item, as far as nobody is changing it or has changed it.
func (b *batch) lockItems(ctx context.Context) (map[conversation.WorkItemID]*lockedTalk, error) {
	if len(b.matches) == 0 {
		return nil, nil
	}
	var talks []conversation.ID
	var items []conversation.WorkItemID
	for _, m := range b.matches {
		items = append(items, m.Item)
		talks = append(talks, b.items[m.Item].Conversation)
	}
	// A conversation is locked before its item; nothing here waits for a lock, so the order of the rows does not matter.
	const lock = `
		select i.id, i.xmin::text as version, c.revision, c.epoch, c.since, c.waiting_since
		from conversations c join work_items i on i.tenant = c.tenant and i.conversation_id = c.id
		where c.tenant = $1 and c.id = any($2::uuid[]) and c.state = 'open' and c.holder = 'queue' and i.id = any($3::uuid[]) and i.state = 'waiting'
		for no key update of c, i skip locked`
	var rows []lockedTalk
	if err := b.tx.SelectContext(ctx, &rows, lock, b.tenant, pq.Array(talks), pq.Array(items)); err != nil {
		return nil, err
	}
	free := make(map[conversation.WorkItemID]*lockedTalk, len(rows))
	for i, r := range rows {
		if r.Version == b.items[r.Item].Version {
			free[r.Item] = &rows[i]
		}
	}
	return free, nil
}

// toSettle are the agents whose presence has to change by itself. That of those who get something follows from that.
func (b *batch) toSettle() (agents []conversation.AgentID) {
	gets := map[conversation.AgentID]bool{}
	for _, m := range b.chosen.Matches {
		gets[m.Agent] = true
	}
	for _, id := range b.settles {
		if !gets[id] {
			agents = append(agents, id)
		}
	}
	return agents
}

// settle brings the presence of agents in line with what they have, to whom capacity has come back by itself.
func (b *batch) settle(ctx context.Context) error {
	agents := b.toSettle()
	if len(agents) == 0 {
		return nil
	}
	changed, err := settle(ctx, b.tx, b.tenant, agents)
	b.settled = len(changed) > 0
	return err
}

// wakeAt has the distribution look again at the moments that were found.
func (b *batch) wakeAt(ctx context.Context) error {
	if len(b.moments) == 0 {
		return nil
	}
	const then = `
		insert into wakes (tenant, due_at) select $1, at from (select distinct unnest($2::timestamptz[]) as at) as moments
		where not exists (select from wakes w where w.tenant = $1 and w.due_at = at)`
	_, err := b.tx.ExecContext(ctx, then, b.tenant, pq.Array(b.moments))
	return err
}

// lookBack says whether to look again: at once where as much was chosen as may be, where only some of the matches held, or where
// something was changed while this one looked; in a moment where none held, or something was missed, because nobody may wake
// it for that: sending a message locks its conversation, too.
func (b *batch) lookBack(ctx context.Context) error {
	chosen, held := len(b.chosen.Matches), len(b.assigned)+len(b.offers)
	none := chosen > 0 && held == 0
	b.done.Soon = none || b.missed || b.distribution.missed
	if b.settled || !none && (chosen == routing.BatchLimit || held < chosen) {
		b.done.Again = true
		return nil
	}
	const query = `select exists (select from wakes where tenant = $1 and due_at <= clock_timestamp())`
	return b.tx.GetContext(ctx, &b.done.Again, query, b.tenant)
}
