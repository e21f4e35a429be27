package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/lib/pq"

	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/routing"
)

// offer is a conversation of a batch that an agent is asked to take, or is assigned where its workstream does not ask.
type offer struct {
	item   *waitingItem
	locked lockedConversation
	to     conversation.AgentID
	change lifecycle.Change
	after  lifecycle.Snapshot
}

// assign asks the rule book what follows from the offers, and writes it: one statement for each table, whatever the number of
// offers. What the rule book answers to an offer is written as it stands.
func (b *batch) assign(ctx context.Context) error {
	if len(b.offers) == 0 {
		return nil
	}
	if err := b.decide(ctx); err != nil {
		return err
	}
	for _, write := range []func(context.Context) error{
		b.writeConversations, b.writeAssignments, b.writeItems, b.failUnsent, b.writePresences, b.writeNotices, b.publish,
	} {
		if err := write(ctx); err != nil {
			return err
		}
	}
	return nil
}

// decide asks the rule book.
func (b *batch) decide(ctx context.Context) error {
	unsent, err := b.readUnsent(ctx)
	if err != nil {
		return err
	}
	agents := make(map[conversation.AgentID]lifecycle.Agent, len(b.agents))
	for id, a := range b.agents {
		agents[id] = a.agent()
	}
	matches := make([]lifecycle.Match, len(b.offers))
	for n, o := range b.offers {
		matches[n] = lifecycle.Match{Snapshot: o.snapshot(b.agents[o.to].Max, unsent[o.item.Conversation]), To: o.to, Unasked: o.item.AutoAccept}
	}
	for n, c := range lifecycle.OfferAll(b.now, matches, agents) {
		b.offers[n].change, b.offers[n].after = c, matches[n].After(c)
	}
	for _, o := range b.offers {
		after := *b.agents[o.to]
		after.has(agents[o.to], o.item)
		b.agents[o.to] = &after
	}
	return nil
}

// readUnsent counts what is queued in the conversations that are assigned without asking: it fails with that.
func (b *batch) readUnsent(ctx context.Context) (map[conversation.ID]lifecycle.Unsent, error) {
	var conversations []conversation.ID
	for _, o := range b.offers {
		if o.item.AutoAccept {
			conversations = append(conversations, o.item.Conversation)
		}
	}
	if len(conversations) == 0 {
		return nil, nil
	}
	const query = `
		select conversation_id, count(*) as queued, count(*) filter (where epoch is null) as automated
		from deliveries where tenant = $1 and conversation_id = any($2::uuid[]) and status = 'queued' group by 1`
	var rows []struct {
		Conversation conversation.ID `db:"conversation_id"`
		Queued       int             `db:"queued"`
		Automated    int             `db:"automated"`
	}
	if err := b.tx.SelectContext(ctx, &rows, query, b.tenant, pq.Array(conversations)); err != nil {
		return nil, err
	}
	unsent := make(map[conversation.ID]lifecycle.Unsent, len(rows))
	for _, r := range rows {
		unsent[r.Conversation] = lifecycle.Unsent{Queued: r.Queued, Automated: r.Automated}
	}
	return unsent, nil
}

// snapshot is the conversation as the rule book wants to know it for an offer.
func (o offer) snapshot(most int, unsent lifecycle.Unsent) lifecycle.Snapshot {
	w := o.item
	return lifecycle.Snapshot{
		Standing: lifecycle.Standing{
			State: conversation.StateOpen, Holder: conversation.HolderQueue, Epoch: o.locked.Epoch, Queue: w.Queue,
			Since: o.locked.Since, WaitingSince: orEmpty(o.locked.WaitingSince),
		},
		Revision: o.locked.Revision, Unsent: unsent, MaxConversations: most, Agents: map[conversation.AgentID]lifecycle.Agent{},
		Item: &lifecycle.Item{
			ID: w.ID, Queue: w.Queue, State: lifecycle.ItemWaiting, Mode: routing.Push, Units: w.Units, Profiles: idsOf[routing.ProfileID](w.Profiles),
			KeptFor: w.KeptFor, KeptUntil: orEmpty(w.KeptUntil),
		},
		Workstream: routing.Workstream{ID: w.Workstream, OfferFor: milliseconds(w.OfferMS)},
		New:        lifecycle.NewIDs{Assignment: conversation.AssignmentID(newID())},
	}
}

// agent is the agent as the rule book wants to know them for an offer. All that they have counts in their profiles.
func (c *candidate) agent() lifecycle.Agent {
	a := lifecycle.Agent{ID: c.ID, Presence: c.Presence, Manual: c.Manual, Units: c.Units, Load: c.Load, Sessions: c.Sessions}
	for _, r := range c.profiles {
		a.Profiles = append(a.Profiles, lifecycle.Profile{ID: r.Profile, Limit: r.Limit, Used: r.Used, Blocking: r.Blocking})
	}
	return a
}

// has takes over what an agent has after a batch, in which they were assigned an item.
func (c *candidate) has(a lifecycle.Agent, item *waitingItem) {
	c.Presence, c.Manual, c.Load, c.Sessions = a.Presence, a.Manual, a.Load, a.Sessions
	c.profiles = slices.Clone(c.profiles)
	for i, p := range a.Profiles {
		c.profiles[i].Used = p.Used
	}
	if item.MaxPerAgent > 0 {
		c.Held = maps.Clone(c.Held)
		if c.Held == nil {
			c.Held = map[conversation.WorkstreamID]int{}
		}
		c.Held[item.Workstream]++
	}
}

// exec runs a statement over rows, which come as $2 in JSON. $3 is their number: as a limit it tells the planner how few there are,
// so that rows are found by their keys.
func (b *batch) exec(ctx context.Context, statement string, rows any, number int) error {
	if number == 0 {
		return nil
	}
	encoded, err := json.Marshal(rows)
	if err != nil {
		return fmt.Errorf("encode a batch: %w", err)
	}
	_, err = b.tx.ExecContext(ctx, statement, b.tenant, string(encoded), number)
	return err
}

func (b *batch) writeConversations(ctx context.Context) error {
	type row struct {
		ID           conversation.ID       `json:"id"`
		Revision     int64                 `json:"revision"`
		State        conversation.State    `json:"state"`
		Holder       conversation.Holder   `json:"holder"`
		Epoch        conversation.Epoch    `json:"epoch"`
		Queue        conversation.QueueID  `json:"queue_id"`
		Agent        *conversation.AgentID `json:"agent_id"`
		Since        time.Time             `json:"since"`
		WaitingSince *time.Time            `json:"waiting_since"`
	}
	rows := each(b.offers, func(o offer) row {
		s := o.after
		return row{o.item.Conversation, s.Revision, s.State, s.Holder, s.Epoch, s.Queue, pointer(s.Agent), s.Since, orNull(s.WaitingSince)}
	})
	return b.exec(ctx, `
		update conversations c set revision = r.revision, state = r.state, holder = r.holder, epoch = r.epoch, queue_id = r.queue_id,
			agent_id = r.agent_id, last_agent = coalesce(r.agent_id, c.last_agent), since = r.since, waiting_since = r.waiting_since
		from (select * from jsonb_to_recordset($2::jsonb) as r(id uuid, revision bigint, state text, holder text, epoch bigint,
			queue_id uuid, agent_id uuid, since timestamptz, waiting_since timestamptz) limit $3) r
		where c.tenant = $1 and c.id = r.id`, rows, len(rows))
}

func (b *batch) writeAssignments(ctx context.Context) error {
	type row struct {
		ID           conversation.AssignmentID `json:"id"`
		Item         conversation.WorkItemID   `json:"item"`
		Conversation conversation.ID           `json:"conversation"`
		Queue        conversation.QueueID      `json:"queue"`
		Agent        conversation.AgentID      `json:"agent"`
		How          lifecycle.Method          `json:"how"`
		State        lifecycle.AssignmentState `json:"state"`
		Units        int                       `json:"units"`
		Profiles     []routing.ProfileID       `json:"profiles"`
		OfferedAt    time.Time                 `json:"offered_at"`
		Deadline     *time.Time                `json:"deadline"`
		AcceptedAt   *time.Time                `json:"accepted_at"`
	}
	rows := each(b.offers, func(o offer) row {
		a := o.change.Made
		return row{
			a.ID, a.Item, o.item.Conversation, a.Queue, a.Agent, a.How, a.State, a.Units, append([]routing.ProfileID{}, a.Profiles...),
			a.OfferedAt, orNull(a.Deadline), orNull(a.AcceptedAt),
		}
	})
	return b.exec(ctx, `
		insert into assignments (tenant, id, work_item_id, conversation_id, queue_id, agent_id, how, state, units, profiles,
			offered_at, deadline, accepted_at)
		select $1, r.* from jsonb_to_recordset($2::jsonb) as r(id uuid, item uuid, conversation uuid, queue uuid, agent uuid, how text,
			state text, units int, profiles uuid[], offered_at timestamptz, deadline timestamptz, accepted_at timestamptz) limit $3`, rows, len(rows))
}

func (b *batch) writeItems(ctx context.Context) error {
	type row struct {
		ID        conversation.WorkItemID `json:"id"`
		State     lifecycle.ItemState     `json:"state"`
		KeptFor   *conversation.AgentID   `json:"kept_for"`
		KeptUntil *time.Time              `json:"kept_until"`
	}
	rows := each(b.offers, func(o offer) row {
		i := o.change.Item
		return row{i.ID, i.State, pointer(i.KeptFor), orNull(i.KeptUntil)}
	})
	return b.exec(ctx, `
		update work_items i set state = r.state, affinity_agent = r.kept_for, kept_until = r.kept_until
		from (select * from jsonb_to_recordset($2::jsonb) as r(id uuid, state text, kept_for uuid, kept_until timestamptz) limit $3) r
		where i.tenant = $1 and i.id = r.id`, rows, len(rows))
}

// failUnsent fails what others have queued in conversations that are somebody's now. Nobody had them, so nobody is told.
func (b *batch) failUnsent(ctx context.Context) error {
	type row struct {
		Conversation conversation.ID `json:"conversation"`
		Reason       string          `json:"reason"`
		Automated    bool            `json:"automated"`
	}
	var rows []row
	for _, o := range b.offers {
		if f := o.change.Fail; f != nil {
			rows = append(rows, row{o.item.Conversation, f.Reason, f.Automated})
		}
	}
	return b.exec(ctx, `
		update deliveries d set status = 'failed', reason = r.reason, updated_at = now()
		from (select * from jsonb_to_recordset($2::jsonb) as r(conversation uuid, reason text, automated boolean) limit $3) r
		where d.tenant = $1 and d.conversation_id = r.conversation and d.status = 'queued' and (r.automated or d.epoch is not null)`, rows, len(rows))
}

func (b *batch) writePresences(ctx context.Context) error {
	type row struct {
		Agent    conversation.AgentID `json:"agent"`
		Presence routing.Presence     `json:"presence"`
		Manual   bool                 `json:"manual"`
		Since    *time.Time           `json:"since"`
	}
	var rows []row
	for _, o := range b.offers {
		for _, p := range o.change.Presences {
			rows = append(rows, row{p.Agent, p.Presence, p.Manual, orNull(p.Since)})
		}
	}
	return b.exec(ctx, `
		update agents a set presence = r.presence, presence_manual = r.manual, presence_at = coalesce(r.since, a.presence_at)
		from (select * from jsonb_to_recordset($2::jsonb) as r(agent uuid, presence text, manual boolean, since timestamptz) limit $3) r
		where a.tenant = $1 and a.id = r.agent`, rows, len(rows))
}

// writeNotices leaves the notices for the runs.
func (b *batch) writeNotices(ctx context.Context) error {
	type row struct {
		Conversation conversation.ID `json:"conversation"`
		Act          string          `json:"act"`
		Assignment   bool            `json:"assignment"`
	}
	encoded, err := json.Marshal(each(b.offers, func(o offer) row {
		return row{o.item.Conversation, o.change.Notice.Act, o.change.Notice.Assignment}
	}))
	if err != nil {
		return fmt.Errorf("encode notices: %w", err)
	}
	const insert = `
		insert into outbox (tenant, conversation_id, workflow_id, act, assignment)
		select c.tenant, c.id, c.workflow_id, r.act, r.assignment
		from (select * from jsonb_to_recordset($2::jsonb) as r(conversation uuid, act text, assignment boolean) limit $3) r
		join conversations c on c.tenant = $1 and c.id = r.conversation` + onOutbox + ` returning ` + noticeColumns
	var rows []noticeRow
	err = b.tx.SelectContext(ctx, &rows, insert, b.tenant, string(encoded), len(b.offers))
	b.notices = each(rows, noticeRow.notice)
	return err
}

// publish tells the desks of the batch.
func (b *batch) publish(ctx context.Context) error {
	var rows []feedRow
	for _, o := range b.offers {
		for _, e := range o.change.Feed {
			rows = append(rows, feedRowOf(o.item.Conversation, o.after, e))
		}
	}
	return publish(ctx, b.tx, b.tenant, rows...)
}

// keepMatchTraces keeps, for every item that was reached, why it went where it went or waits; of an item that goes on waiting only
// the last match trace, and only where that shows something new.
func (b *batch) keepMatchTraces(ctx context.Context) error {
	assigned := maps.Clone(b.assigned)
	for _, o := range b.offers {
		assigned[o.item.ID] = true
	}
	type traceRow struct {
		Item         conversation.WorkItemID `json:"item"`
		Conversation conversation.ID         `json:"conversation"`
		Body         routing.MatchTrace      `json:"body"`
	}
	var traces []traceRow
	for _, l := range b.chosen.Traces {
		if l.Agent != "" && !assigned[l.Item] {
			continue // its match did not hold
		}
		traces = append(traces, traceRow{l.Item, b.items[l.Item].Conversation, l})
	}
	return b.exec(ctx, `
		insert into routing_traces (tenant, conversation_id, stage, work_item_id, body)
		select $1, l.conversation, 'distribution', l.item, l.body
		from (select * from jsonb_to_recordset($2::jsonb) as l(item uuid, conversation uuid, body jsonb) limit $3) l
		left join routing_traces before on before.tenant = $1 and before.work_item_id = l.item and before.stage = 'distribution'
		where before.body is distinct from l.body
		on conflict (tenant, work_item_id) where stage = 'distribution' do update set body = excluded.body, at = now()`, traces, len(traces))
}
