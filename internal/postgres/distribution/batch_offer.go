package distribution

import (
	"context"
	"maps"
	"slices"

	"github.com/lib/pq"

	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/capacity"
	"wxdesk/internal/routing"
)

// offer is a conversation of a batch that an agent is asked to take, or is assigned if its workstream does not ask.
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
		agent := a.Agent()
		agent.Shift, agent.Bearer = b.works[id].Shift, b.works[id].Bearer
		agents[id] = agent
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
		after = withItem(after, agents[o.to], o.item)
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

// snapshot returns the conversation as the rule book needs it for an offer.
func (o offer) snapshot(most int, unsent lifecycle.Unsent) lifecycle.Snapshot {
	w := o.item
	return lifecycle.Snapshot{
		Standing: lifecycle.Standing{
			State: conversation.StateOpen, Holder: conversation.HolderQueue, Epoch: o.locked.Epoch, Queue: w.Queue,
			Since: o.locked.Since, WaitingSince: postgres.OrEmpty(o.locked.WaitingSince),
		},
		Revision: o.locked.Revision, LastSeq: o.locked.LastSeq, Unsent: unsent, MaxConversations: most, Agents: map[conversation.AgentID]lifecycle.Agent{},
		Item: &lifecycle.Item{
			ID: w.ID, Queue: w.Queue, State: lifecycle.ItemWaiting, Mode: routing.Push, Units: w.Units, Profiles: postgres.IDs[routing.ProfileID](w.Profiles),
			KeptFor: w.KeptFor, KeptUntil: postgres.OrEmpty(w.KeptUntil),
		},
		Workstream: routing.Workstream{ID: w.Workstream, OfferFor: postgres.Milliseconds(w.OfferMS)},
		New:        lifecycle.NewIDs{Assignment: conversation.AssignmentID(postgres.NewID())},
	}
}

// withItem is what an agent has after a batch, in which they were assigned an item.
func withItem(c capacity.Candidate, a lifecycle.Agent, item *waitingItem) capacity.Candidate {
	c.Presence, c.Manual, c.Load, c.Sessions = a.Presence, a.Manual, a.Load, a.Sessions
	c.Profiles = slices.Clone(c.Profiles)
	for i, p := range a.Profiles {
		c.Profiles[i].Used = p.Used
	}
	if item.MaxPerAgent > 0 {
		c.Held = maps.Clone(c.Held)
		if c.Held == nil {
			c.Held = map[conversation.WorkstreamID]int{}
		}
		c.Held[item.Workstream]++
	}
	return c
}
