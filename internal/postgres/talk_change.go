package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"wxdesk/internal/conversation"
)

// How a talk changes: the few moves that commands, deadlines and customers' words are made of.

// spot is where a conversation goes with a change of its standing.
type spot struct {
	State  conversation.State
	Holder conversation.Holder
	Queue  conversation.QueueID // "" for the one that it is in
	Agent  conversation.AgentID
	Until  time.Time // of state waiting; zero: until the customer writes
}

// goes writes where the conversation is now. Another holder begins a new epoch, and what the one before has not sent yet
// will not go out.
func (t *talk) goes(ctx context.Context, to spot) error {
	other := to.Holder != t.Holder || to.Agent != t.Agent
	const update = `
		update conversations set state = $3, holder = $4, queue_id = coalesce(nullif($5, '')::uuid, queue_id),
			agent_id = nullif($6, '')::uuid, last_agent = coalesce(nullif($6, '')::uuid, last_agent), wait_until = $7,
			epoch = epoch + $8::int, since = now(),
			waiting_since = case when $4 = 'queue' then case when holder = 'queue' then coalesce(waiting_since, now()) else now() end end
		where tenant = $1 and id = $2`
	raise := 0
	if other {
		raise = 1
	}
	if _, err := t.tx.ExecContext(ctx, update, t.ref.Tenant, t.ref.Conversation, to.State, to.Holder, string(to.Queue), string(to.Agent),
		orNull(to.Until), raise); err != nil {
		return err
	}
	t.State, t.Holder, t.Agent = to.State, to.Holder, to.Agent
	t.Epoch += conversation.Epoch(raise)
	if to.Queue != "" {
		t.Queue = to.Queue
	}
	if !other {
		return nil
	}
	dropped, err := dropUnsent(ctx, t.tx, t.ref)
	t.dropped = append(t.dropped, dropped...)
	return err
}

// dropUnsent fails the messages of an epoch that is over and that no attempt has taken yet.
func dropUnsent(ctx context.Context, tx *sqlx.Tx, c conversation.Ref) (dropped []conversation.MessageID, err error) {
	const drop = `
		with dropped as (
			update deliveries set status = 'failed', reason = $3, updated_at = now()
			where tenant = $1 and conversation_id = $2 and status = 'queued' and epoch is not null
			returning message_id, seq)
		select message_id from dropped order by seq`
	err = tx.SelectContext(ctx, &dropped, drop, c.Tenant, c.Conversation, reasonSuperseded)
	return dropped, err
}

// work says what becomes of the live work item.
func (t *talk) work(ctx context.Context, state string) error {
	const update = `update work_items set state = $3 where tenant = $1 and id = $2`
	_, err := t.tx.ExecContext(ctx, update, t.ref.Tenant, t.item.ID, state)
	t.item.State = state
	return err
}

// lets ends the live assignment, which gives its capacity back: the distribution looks again.
func (t *talk) lets(ctx context.Context, state string) error {
	a := t.live
	t.live = nil
	return letGo(ctx, t.tx, t.ref, a, state)
}

func letGo(ctx context.Context, tx *sqlx.Tx, c conversation.Ref, a *talkAssignment, state string) error {
	const update = `update assignments set state = $3, ended_at = now() where tenant = $1 and id = $2`
	if _, err := tx.ExecContext(ctx, update, c.Tenant, a.ID, state); err != nil {
		return err
	}
	if a.offered() {
		if err := publish(ctx, tx, c.Tenant, feedRow{
			Kind: feedOfferOver, Conversation: c.Conversation, Agent: a.Agent, Body: offerBody{AssignmentID: a.ID, Outcome: state},
		}); err != nil {
			return err
		}
	}
	if err := wake(ctx, tx, c.Tenant, time.Time{}); err != nil {
		return err
	}
	return settlePresence(ctx, tx, c.Tenant, a.Agent)
}

// offerBody is an offer as the desk of its agent is told.
type offerBody struct {
	AssignmentID conversation.AssignmentID `json:"assignment_id"`
	QueueID      conversation.QueueID      `json:"queue_id,omitempty"`
	Deadline     *time.Time                `json:"deadline,omitempty"`
	Outcome      string                    `json:"outcome,omitempty"` // of one that is over
}

// assigns makes a new live assignment: accepted, or offered with a deadline.
func (t *talk) assigns(ctx context.Context, to conversation.AgentID, how, state string) error {
	t.live = &talkAssignment{ID: conversation.AssignmentID(newID()), Agent: to, How: how, State: state}
	const insert = `
		insert into assignments (tenant, id, work_item_id, conversation_id, queue_id, agent_id, how, state, units, profiles, deadline, accepted_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, case when $8 = 'offered' then clock_timestamp() + $11 * interval '1 millisecond' end,
			case when $8 = 'accepted' then now() end)
		returning deadline`
	var deadline *time.Time
	if err := t.tx.GetContext(ctx, &deadline, insert, t.ref.Tenant, t.live.ID, t.item.ID, t.ref.Conversation, t.Queue, to, how, state,
		t.item.Units, t.item.Profiles, t.OfferMS); err != nil {
		return err
	}
	if deadline != nil {
		utc := deadline.UTC()
		if err := publish(ctx, t.tx, t.ref.Tenant, feedRow{
			Kind: feedOffer, Conversation: t.ref.Conversation, Agent: to, Body: offerBody{AssignmentID: t.live.ID, QueueID: t.Queue, Deadline: &utc},
		}); err != nil {
			return err
		}
	}
	return settlePresence(ctx, t.tx, t.ref.Tenant, to)
}

// holds says for how long the live assignment takes capacity from now on, in milliseconds; nil for as long as it is live.
// When that is over the distribution looks again.
func (t *talk) holds(ctx context.Context, ms *int64) error {
	const update = `
		update assignments set holds_until = clock_timestamp() + $3 * interval '1 millisecond' where tenant = $1 and id = $2
		returning holds_until`
	var until *time.Time
	if err := t.tx.GetContext(ctx, &until, update, t.ref.Tenant, t.live.ID, ms); err != nil {
		return err
	}
	if until != nil {
		if *ms == 0 {
			*until = time.Time{} // at once
		}
		if err := wake(ctx, t.tx, t.ref.Tenant, *until); err != nil {
			return err
		}
	}
	return settlePresence(ctx, t.tx, t.ref.Tenant, t.live.Agent)
}

// waitsAgain puts the conversation back into a queue, "" for its own: state open, kept for an agent ("" for nobody in
// particular) where the queue's work is offered. afresh says that it waits from now on, and that who declined it may be
// asked again; otherwise it has never stopped waiting.
func (t *talk) waitsAgain(ctx context.Context, queue conversation.QueueID, keptFor conversation.AgentID, afresh bool) error {
	const update = `
		update work_items set state = 'waiting', queue_id = coalesce(nullif($3, '')::uuid, queue_id),
			overflow = case when $3 in ('', queue_id::text) then overflow end, -- of the rule that chose the queue
			affinity_agent = case when mode = 'push' then nullif($4, '')::uuid end,
			queued_at = case when $5 then now() else queued_at end,
			declined = case when $5 then '{}' else declined end, paused = case when $5 then '{}' else paused end
		where tenant = $1 and id = $2`
	if _, err := t.tx.ExecContext(ctx, update, t.ref.Tenant, t.item.ID, string(queue), string(keptFor), afresh); err != nil {
		return err
	}
	t.item.State = "waiting"
	if err := t.goes(ctx, spot{State: conversation.StateOpen, Holder: conversation.HolderQueue, Queue: queue}); err != nil {
		return err
	}
	return wake(ctx, t.tx, t.ref.Tenant, time.Time{})
}

// declines counts that an agent did not take what he was offered, and has it wait on; he himself is not asked again before
// the workstream's pause is over. What was handed to him by a colleague goes back to that one; otherwise it is no longer
// kept for whoever declined.
func (t *talk) declines(ctx context.Context, state string) error {
	over := t.live
	const count = `
		update work_items set declined = declined || jsonb_build_object($3::text, coalesce((declined ->> $3::text)::int, 0) + 1),
			queued_at = case when $4 then now() else queued_at end,
			paused = paused || case when $5 > 0 then jsonb_build_object($3::text, clock_timestamp() + $5 * interval '1 millisecond') else '{}' end
		where tenant = $1 and id = $2
		returning coalesce(nullif(affinity_agent::text, $3::text), '')`
	var keptFor conversation.AgentID
	if err := t.tx.GetContext(ctx, &keptFor, count, t.ref.Tenant, t.item.ID, string(over.Agent), over.How == "transfer", t.DeclinePauseMS); err != nil {
		return err
	}
	if err := t.lets(ctx, state); err != nil {
		return err
	}
	return t.waitsAgain(ctx, "", keptFor, false)
}

// seal is the customer's.
func (t *talk) seal() (customerSeal, error) {
	return t.db.customerSeal(t.ref.Tenant, string(t.customer.ID), t.customer.DataKey)
}

// traced keeps a step of the conversation's way to people.
func (t *talk) traced(ctx context.Context, stage string, body any) error {
	return insertTrace(ctx, t.tx, t.ref, stage, body)
}

func insertTrace(ctx context.Context, tx *sqlx.Tx, c conversation.Ref, stage string, body any) error {
	encoded, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encode a routing trace: %w", err)
	}
	const insert = `insert into routing_traces (tenant, conversation_id, stage, body) values ($1, $2, $3, $4)`
	_, err = tx.ExecContext(ctx, insert, c.Tenant, c.Conversation, stage, string(encoded))
	return err
}
