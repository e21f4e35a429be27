package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
	"wxdesk/internal/secret"
)

// overflowed is the trace of a conversation that waited too long in its queue.
type overflowed struct {
	From     conversation.QueueID   `json:"from"`
	To       conversation.QueueID   `json:"to,omitempty"`
	End      bool                   `json:"end,omitempty"`
	NoticeID conversation.MessageID `json:"notice_id,omitempty"`
	Reason   string                 `json:"reason,omitempty"` // why nothing was done
}

// Due does what has fallen due first, by Postgres's clock and where the row still says so: an offer that nobody answered
// goes to the next agent, what was put aside comes back, what has waited too long in a queue overflows; and what is to end
// is wished to end. Where nothing is due, or the end is wished already, it changes nothing. What has fallen due besides is still
// in the answer. ErrNotFound when there is no such conversation.
func (db *DB) Due(ctx context.Context, c conversation.Ref) (conversation.Situation, error) {
	return transact(ctx, db, "look what is due in conversation "+string(c.Conversation), func(tx *sqlx.Tx) (conversation.Situation, error) {
		t, err := db.lockTalk(ctx, tx, c)
		if err != nil {
			return conversation.Situation{}, err
		}
		s, err := readSituation(ctx, tx, c)
		if err != nil || s.State == conversation.StateClosed || s.End || len(s.Due) == 0 || s.Due[0].At.After(t.Now) {
			return s, err
		}
		before := t.Agent
		if moved, err := t.due(ctx, s.Due[0].What); err != nil || !moved {
			return t.situation(ctx, err)
		}
		standing, err := changed(ctx, tx, c, before)
		if err != nil {
			return conversation.Situation{}, err
		}
		return withOwed(ctx, tx, c, standing)
	})
}

// due does one thing; moved says that the standing was changed.
func (t *talk) due(ctx context.Context, what conversation.DueKind) (moved bool, err error) {
	switch what {
	case conversation.DueOffer:
		return true, t.missed(ctx)
	case conversation.DueReturn:
		return true, t.comesBack(ctx)
	case conversation.DueOverflow:
		return true, t.overflows(ctx)
	case conversation.DueIdle:
		return false, wishEnd(ctx, t.tx, t.ref, conversation.ClosedIdle)
	case conversation.DueLimit:
		return false, wishEnd(ctx, t.tx, t.ref, conversation.ClosedStateLimit)
	}
	return false, nil
}

// missed takes back an offer that the agent has not answered.
func (t *talk) missed(ctx context.Context) error {
	if t.MissedInactive {
		if err := t.becomes(ctx, t.live.Agent, routing.Inactive, false); err != nil {
			return err
		}
	}
	return t.declines(ctx, "missed")
}

// comesBack gives what was put aside until now to its agent; where he is not there or has no room, it waits for him in its
// queue as if the customer had written.
func (t *talk) comesBack(ctx context.Context) error {
	refused, err := t.takes(ctx, t.people[t.Agent])
	if err != nil {
		return err
	}
	if refused == "" {
		return t.returns(ctx)
	}
	return t.opensAgain(ctx)
}

// opensAgain puts what an agent had put aside back into its queue, kept for him where the workstream says so (WS-11).
func (t *talk) opensAgain(ctx context.Context) error {
	var keptFor conversation.AgentID
	if t.Affinity {
		keptFor = t.Agent
	}
	if err := t.lets(ctx, "ended"); err != nil {
		return err
	}
	return t.waitsAgain(ctx, "", keptFor, true)
}

// overflows does what the queue, or the rule that chose it, says of one that has waited too long: to another queue, or the
// end. Where it says nothing that can be done, no other queue takes it now, or the conversation has gone from queue to queue
// often enough, its time begins anew.
func (t *talk) overflows(ctx context.Context) error {
	action, hops, err := t.overflowAction(ctx)
	if err != nil {
		return err
	}
	trace := overflowed{From: t.Queue}
	switch {
	case action.Do == routing.OverflowEnd:
		if err := t.overflowsToEnd(ctx, &trace); err != nil {
			return err
		}
		return t.traced(ctx, stageOverflow, trace)
	case action.Do != routing.OverflowTransfer:
		trace.Reason = "no-action"
	case hops >= routing.MaxHops:
		trace.Reason = "too-many-hops"
	default:
		var now routing.Question
		if err := loadQueues(ctx, t.tx, t.ref, "", &now); err != nil {
			return err
		}
		trace.To, trace.Reason = routing.Onward(t.Now, t.Queue, action.QueueID, now.Queues)
	}
	if err := t.traced(ctx, stageOverflow, trace); err != nil {
		return err
	}
	if trace.To != "" {
		return t.waitsAgain(ctx, trace.To, "", true)
	}
	const again = `update work_items set queued_at = now() where tenant = $1 and id = $2`
	_, err = t.tx.ExecContext(ctx, again, t.ref.Tenant, t.item.ID)
	return err
}

// overflowAction is what the rule says that chose the queue, or else the queue, and how often the conversation has gone on to another queue already.
func (t *talk) overflowAction(ctx context.Context) (a routing.OverflowAction, hops int, err error) {
	const query = `
		select coalesce(i.overflow, q.overflow) as overflow, (select count(*) from routing_traces where tenant = $1 and conversation_id = $3 and stage = $4 and body ? 'to') as hops
		from queues q join work_items i on i.tenant = q.tenant and i.id = $5
		where q.tenant = $1 and q.id = $2`
	var row struct {
		Overflow []byte `db:"overflow"`
		Hops     int    `db:"hops"`
	}
	if err := t.tx.GetContext(ctx, &row, query, t.ref.Tenant, t.Queue, t.ref.Conversation, stageOverflow, t.item.ID); err != nil {
		return a, 0, err
	}
	var overflow routing.Overflow
	if err := json.Unmarshal(row.Overflow, &overflow); err != nil {
		return a, 0, fmt.Errorf("overflow of queue %s: %w", t.Queue, err)
	}
	if overflow.Wait == nil {
		return a, 0, errors.New("overflow of queue " + string(t.Queue) + ": it has none after a wait")
	}
	return overflow.Wait.OverflowAction, row.Hops, nil
}

// overflowsToEnd tells the customer, takes the conversation out of its queue and wishes its end. Where the customer's key does
// not open, the conversation ends without the message.
func (t *talk) overflowsToEnd(ctx context.Context, trace *overflowed) (err error) {
	trace.NoticeID, err = t.notice(ctx, "", 0, routing.NoticeFull)
	if err != nil && !errors.Is(err, secret.ErrUnavailable) {
		return err
	}
	trace.End = true
	if err := wishEnd(ctx, t.tx, t.ref, conversation.ClosedOverflow); err != nil {
		return err
	}
	return t.work(ctx, "done")
}
