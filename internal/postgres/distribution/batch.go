package distribution

import (
	"context"
	"time"

	"github.com/lib/pq"

	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/capacity"
	"wxdesk/internal/postgres/notify"
	"wxdesk/internal/postgres/standing"
	"wxdesk/internal/routing"
)

// write writes what was chosen, in order.
func (d *distribution) write(ctx context.Context, act string) (done routing.Distributed, err error) {
	d.assigned = map[conversation.WorkItemID]bool{}
	for rest, last := d.chosen.Matches, false; !last; {
		n := min(len(rest), batchLimit)
		last = n == len(rest)
		b, err := postgres.Transact(ctx, d.db.pool, act, func(tx *postgres.Tx) (*batch, error) {
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

// wrote notes what a transaction has written, so that the next one has the agents' new load.
func (d *distribution) wrote(b *batch) {
	d.missed = d.missed || b.missed
	d.notices = append(d.notices, b.notices...)
	for _, o := range b.offers {
		d.assigned[o.item.ID] = true
		d.pool.facts[o.to] = b.agents[o.to]
	}
}

// batch is a transaction that writes some of what a distribution has chosen.
type batch struct {
	*distribution
	tx      *postgres.Tx
	matches []routing.Match
	last    bool // of the distribution

	now     time.Time                                    // Postgres's, when everything was locked
	agents  map[conversation.AgentID]*capacity.Candidate // that are locked, with what they are assigned
	works   map[conversation.AgentID]works               // how they work
	offers  []offer
	failed  []notify.Row // events of messages that fail
	missed  bool         // somebody is just changing something that was chosen
	settled bool         // somebody's presence has changed by itself: others may be waiting for just them
	notices []conversation.RunNotice
	done    routing.Distributed // of the last
}

func (b *batch) run(ctx context.Context) error {
	steps := []func(context.Context) error{b.lock, b.assign}
	if b.last {
		steps = append(steps, b.settle, b.keepMatchTraces, b.triggerLater, b.deleteTriggers, b.checkAgain)
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// deleteTriggers deletes what had the distribution run.
func (b *batch) deleteTriggers(ctx context.Context) error {
	if len(b.triggers) == 0 {
		return nil
	}
	const forget = `delete from distribution_triggers where tenant = $1 and id = any($2)`
	if _, err := b.tx.ExecContext(ctx, forget, b.tenant, pq.Array(b.triggers)); err != nil {
		return err
	}
	return standing.UnmarkEmpty(ctx, b.tx, b.tenant)
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
	if err := capacity.LockAgents(ctx, b.tx, b.tenant, agents); err != nil {
		return err
	}
	people, err := capacity.ReadCandidates(ctx, b.tx, b.tenant, capacity.Named(agents))
	if err != nil {
		return err
	}
	b.agents = capacity.ByID(people)
	if err := b.readHeld(ctx, b.tx, capacity.Named(agents), b.agents); err != nil {
		return err
	}
	for _, m := range b.matches {
		if locked, before := free[m.Item], b.pool.facts[m.Agent]; locked != nil && before.Same(b.agents[m.Agent]) {
			b.offers = append(b.offers, offer{item: b.items[m.Item], locked: *locked, to: m.Agent})
		}
	}
	return b.readWorks(ctx, agents)
}

// works says how an agent works; see lifecycle.Agent.
type works struct {
	ID     conversation.AgentID `db:"id"`
	Shift  bool                 `db:"shift"`
	Bearer bool                 `db:"bearer"`
	Now    time.Time            `db:"now"`
}

// readWorks reads how agents work, and the time when everything was locked.
func (b *batch) readWorks(ctx context.Context, agents []conversation.AgentID) error {
	const query = `
		select g.id, clock_timestamp() as now, ` + capacity.WorkColumns + ` from agents g where g.tenant = $1 and g.id = any($2::uuid[])`
	var rows []works
	if err := b.tx.SelectContext(ctx, &rows, query, b.tenant, pq.Array(agents)); err != nil {
		return err
	}
	b.works = make(map[conversation.AgentID]works, len(rows))
	for _, r := range rows {
		b.works[r.ID], b.now = r, r.Now
	}
	return nil
}

// lockedConversation is a conversation that is locked, with its work item.
type lockedConversation struct {
	Item         conversation.WorkItemID `db:"id"`
	Version      string                  `db:"version"` // of the work item's row
	Revision     int64                   `db:"revision"`
	Epoch        conversation.Epoch      `db:"epoch"`
	Since        time.Time               `db:"since"`
	WaitingSince *time.Time              `db:"waiting_since"`
	LastSeq      int64                   `db:"last_seq"`
}

// lockItems locks what was chosen, by work item, as far as nobody is changing it or has changed it.
func (b *batch) lockItems(ctx context.Context) (map[conversation.WorkItemID]*lockedConversation, error) {
	if len(b.matches) == 0 {
		return nil, nil
	}
	var conversations []conversation.ID
	var items []conversation.WorkItemID
	for _, m := range b.matches {
		items = append(items, m.Item)
		conversations = append(conversations, b.items[m.Item].Conversation)
	}
	// A conversation is locked before its item; nothing here waits for a lock, so the order of the rows does not matter.
	const lock = `
		select i.id, i.xmin::text as version, c.revision, c.epoch, c.since, c.waiting_since, c.last_seq
		from conversations c join work_items i on i.tenant = c.tenant and i.conversation_id = c.id
		where c.tenant = $1 and c.id = any($2::uuid[]) and c.state = 'open' and c.holder = 'queue' and i.id = any($3::uuid[]) and i.state = 'waiting'
		for no key update of c, i skip locked`
	var rows []lockedConversation
	if err := b.tx.SelectContext(ctx, &rows, lock, b.tenant, pq.Array(conversations), pq.Array(items)); err != nil {
		return nil, err
	}
	free := make(map[conversation.WorkItemID]*lockedConversation, len(rows))
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

// settle updates the presence of agents who have got capacity back by the clock.
func (b *batch) settle(ctx context.Context) error {
	agents := b.toSettle()
	if len(agents) == 0 {
		return nil
	}
	changed, err := capacity.Settle(ctx, b.tx, b.tenant, agents)
	b.settled = len(changed) > 0
	return err
}

// triggerLater has the distribution run again at the moments that were found.
func (b *batch) triggerLater(ctx context.Context) error {
	if len(b.moments) == 0 {
		return nil
	}
	const then = `
		insert into distribution_triggers (tenant, due_at) select $1, at from (select distinct unnest($2::timestamptz[]) as at) as moments
		where not exists (select from distribution_triggers g where g.tenant = $1 and g.due_at = at)`
	_, err := b.tx.ExecContext(ctx, then, b.tenant, pq.Array(b.moments))
	return err
}

// checkAgain says whether to run again: at once where as much was chosen as may be, where only some of the matches held, or where
// something was changed while this one ran; in a moment where none held, or something was missed, because nothing may trigger
// it for that: sending a message locks its conversation, too.
func (b *batch) checkAgain(ctx context.Context) error {
	chosen, held := len(b.chosen.Matches), len(b.assigned)+len(b.offers)
	none := chosen > 0 && held == 0
	b.done.Soon = none || b.missed || b.distribution.missed
	if b.settled || !none && (chosen == routing.BatchLimit || held < chosen) {
		b.done.Again = true
		return nil
	}
	const query = `select exists (select from distribution_triggers where tenant = $1 and due_at <= clock_timestamp())`
	return b.tx.GetContext(ctx, &b.done.Again, query, b.tenant)
}
