package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/routing"
)

// gift is a conversation that an agent is asked to take, or is given where its workstream does not ask.
type gift struct {
	ID           conversation.AssignmentID `json:"id"`
	Item         conversation.WorkItemID   `json:"item"`
	Conversation conversation.ID           `json:"conversation"`
	Agent        conversation.AgentID      `json:"agent"`
	Queue        conversation.QueueID      `json:"queue"`
	Nth          int                       `json:"nth"` // of the batch, from 0: who was asked first of it
	Accepted     bool                      `json:"accepted"`
	OfferMS      int64                     `json:"offer_ms"`
}

func (w *waitingItem) gift(to conversation.AgentID, nth int) gift {
	return gift{
		ID: conversation.AssignmentID(newID()), Item: w.ID, Conversation: w.Conversation, Agent: to, Queue: w.Queue,
		Nth: nth, Accepted: w.AutoAccept, OfferMS: w.OfferMS,
	}
}

// given is what a conversation that was given to an agent has become.
type given struct {
	Conversation conversation.ID    `db:"id"`
	Revision     int64              `db:"revision"`
	Epoch        conversation.Epoch `db:"epoch"`
	Deadline     *time.Time         `db:"deadline"`
	noticeRow
}

// give writes the batch in one statement: assignments, what they make of items and conversations, and notices for the runs;
// then the desks' feed.
func (d *distribution) give(ctx context.Context) error {
	if len(d.gifts) == 0 {
		return nil
	}
	gifts, err := json.Marshal(d.gifts)
	if err != nil {
		return fmt.Errorf("encode a batch: %w", err)
	}
	// A batch's offers are a microsecond apart, so that it is known who was asked longest ago. The limit tells the planner
	// how few there are, so that rows are found by their keys.
	const statement = `
		with g as materialized (
			select * from jsonb_to_recordset($2::jsonb) as g(id uuid, item uuid, conversation uuid, agent uuid, queue uuid, nth int,
				accepted boolean, offer_ms bigint) limit $3
		), made as (
			insert into assignments (tenant, id, work_item_id, conversation_id, queue_id, agent_id, how, state, units, profiles,
				offered_at, deadline, accepted_at)
			select $1, g.id, g.item, g.conversation, g.queue, g.agent, case when g.accepted then 'direct' else 'offer' end,
				case when g.accepted then 'accepted' else 'offered' end, i.units, i.profiles,
				statement_timestamp() + g.nth * interval '1 microsecond',
				case when not g.accepted then clock_timestamp() + g.offer_ms * interval '1 millisecond' end,
				case when g.accepted then now() end
			from g join work_items i on i.tenant = $1 and i.id = g.item
			returning conversation_id, deadline
		), items as (
			update work_items i set state = case when g.accepted then 'assigned' else 'offered' end,
				affinity_agent = case when not g.accepted then i.affinity_agent end
			from g where i.tenant = $1 and i.id = g.item
		), talks as (
			update conversations c set state = 'active', since = now(), revision = c.revision + 1,
				holder = case when g.accepted then 'agent' else 'queue' end,
				agent_id = case when g.accepted then g.agent end,
				last_agent = case when g.accepted then g.agent else c.last_agent end,
				epoch = c.epoch + g.accepted::int,
				waiting_since = case when not g.accepted then coalesce(c.waiting_since, now()) end
			from g where c.tenant = $1 and c.id = g.conversation
			returning c.tenant, c.id, c.workflow_id, c.revision, c.epoch
		), unsent as (
			update deliveries d set status = 'failed', reason = $4, updated_at = now()
			from g where g.accepted and d.tenant = $1 and d.conversation_id = g.conversation and d.status = 'queued' and d.epoch is not null
		), notices as (
			insert into outbox (tenant, conversation_id, workflow_id, act, assignment) select tenant, id, workflow_id, $5, true from talks` + onOutbox + `
			returning ` + noticeColumns + `
		)
		select t.id, t.revision, t.epoch, m.deadline, n.tenant, n.conversation_id, n.workflow_id, n.number, n.act, n.assignment
		from talks t join made m on m.conversation_id = t.id join notices n on n.conversation_id = t.id`
	var rows []given
	if err := d.tx.SelectContext(ctx, &rows, statement, d.tenant, string(gifts), len(d.gifts), lifecycle.ReasonSuperseded, lifecycle.ActAssigned); err != nil {
		return err
	}
	for _, r := range rows {
		d.notices = append(d.notices, r.notice())
	}
	return d.announce(ctx, rows)
}

// announce tells the desks of the batch: the conversations' standings, and to each agent his offers.
func (d *distribution) announce(ctx context.Context, rows []given) error {
	byTalk := make(map[conversation.ID]gift, len(d.gifts))
	for _, g := range d.gifts {
		byTalk[g.Conversation] = g
	}
	var news []feedRow
	for _, r := range rows {
		g := byTalk[r.Conversation]
		s := lifecycle.Snapshot{Revision: r.Revision, Standing: lifecycle.Standing{State: conversation.StateActive, Queue: g.Queue}}
		if g.Accepted {
			s.Holder, s.Agent = conversation.HolderAgent, g.Agent
			news = append(news, feedRow{Kind: lifecycle.EventStanding, Conversation: g.Conversation, Agent: g.Agent, Body: standingBody(s)})
			continue
		}
		until := r.Deadline.UTC()
		s.Holder = conversation.HolderQueue
		s.Live = &lifecycle.Assignment{ID: g.ID, Agent: g.Agent, State: lifecycle.Offered, Deadline: until}
		news = append(news,
			feedRow{Kind: lifecycle.EventStanding, Conversation: g.Conversation, Queue: g.Queue, Body: standingBody(s)},
			feedRow{Kind: lifecycle.EventOffer, Conversation: g.Conversation, Agent: g.Agent, Body: lifecycle.OfferBody{AssignmentID: g.ID, QueueID: g.Queue, Deadline: &until}})
	}
	return publish(ctx, d.tx, d.tenant, news...)
}

// keepLooks keeps, for every item that was reached, why it went where it went or waits; of an item that goes on waiting only
// the last look, and only where that shows something new.
func (d *distribution) keepLooks(ctx context.Context) error {
	given := make(map[conversation.WorkItemID]bool, len(d.gifts))
	for _, g := range d.gifts {
		given[g.Item] = true
	}
	type look struct {
		Item         conversation.WorkItemID `json:"item"`
		Conversation conversation.ID         `json:"conversation"`
		Body         routing.Look            `json:"body"`
	}
	var looks []look
	for _, l := range d.looks {
		if l.Agent != "" && !given[l.Item] {
			continue // its match did not hold
		}
		looks = append(looks, look{l.Item, d.items[l.Item].Conversation, l})
	}
	if len(looks) == 0 {
		return nil
	}
	encoded, err := json.Marshal(looks)
	if err != nil {
		return fmt.Errorf("encode looks: %w", err)
	}
	const keep = `
		insert into routing_traces (tenant, conversation_id, stage, work_item_id, body)
		select $1, l.conversation, 'distribution', l.item, l.body
		from (select * from jsonb_to_recordset($2::jsonb) as l(item uuid, conversation uuid, body jsonb) limit $3) l
		left join routing_traces before on before.tenant = $1 and before.work_item_id = l.item and before.stage = 'distribution'
		where before.body is distinct from l.body
		on conflict (tenant, work_item_id) where stage = 'distribution' do update set body = excluded.body, at = now()`
	_, err = d.tx.ExecContext(ctx, keep, d.tenant, string(encoded), len(looks))
	return err
}
