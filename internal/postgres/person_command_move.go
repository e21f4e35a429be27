package postgres

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// transfer hands the conversation on: to a queue, where it waits for whoever comes (TRF-1), or to an agent, who is asked
// (TRF-2). Its agent may, and a supervisor, also while it is put aside (SUP-4).
func (a *act) transfer(ctx context.Context) (conversation.Refusal, error) {
	active := a.State == conversation.StateActive && a.Holder == conversation.HolderAgent
	switch {
	case !a.mine() && !a.supervises():
		return conversation.RefusedNotYours, nil
	case !active && (a.State != conversation.StateWaiting || !a.supervises()):
		return conversation.RefusedState, nil
	case (a.cmd.QueueID == "") == (a.cmd.AgentID == ""):
		return conversation.RefusedTarget, nil
	case a.cmd.QueueID != "":
		return a.transferToQueue(ctx)
	}
	return a.transferToAgent(ctx)
}

func (a *act) transferToQueue(ctx context.Context) (conversation.Refusal, error) {
	q, err := a.target(ctx, a.cmd.QueueID)
	if err != nil || q == nil {
		return conversation.RefusedTarget, err
	}
	if open, err := q.open(a.Now); err != nil || !open || q.Others == 0 {
		return conversation.RefusedTarget, err
	}
	a.moved = true
	if err := a.lets(ctx, "ended"); err != nil {
		return "", err
	}
	return "", a.waitsAgain(ctx, a.cmd.QueueID, "", true)
}

func (a *act) transferToAgent(ctx context.Context) (conversation.Refusal, error) {
	to, known := a.people[a.cmd.AgentID]
	switch {
	case !a.TransferToAgents && !a.supervises():
		return conversation.RefusedNotAllowed, nil
	case !known, to.Disabled, !to.Presence.CanBeAsked(), to.ID == a.Agent:
		return conversation.RefusedTarget, nil
	}
	a.moved = true
	from := a.Agent
	if err := a.lets(ctx, "ended"); err != nil {
		return "", err
	}
	// Kept for whoever had it, so that it comes back to him where the other one declines.
	const update = `
		update work_items set state = 'offered', affinity_agent = $3, declined = '{}', paused = '{}', queued_at = now() where tenant = $1 and id = $2`
	if _, err := a.tx.ExecContext(ctx, update, a.ref.Tenant, a.item.ID, from); err != nil {
		return "", err
	}
	if err := a.goes(ctx, spot{State: conversation.StateActive, Holder: conversation.HolderQueue}); err != nil {
		return "", err
	}
	return "", a.assigns(ctx, to.ID, "transfer", "offered")
}

// assign is a supervisor's: to an agent, who has it at once and may then have more than his capacity, or to another queue
// (SUP-3). An offer that is open is withdrawn; an agent who has it, or has put it aside, loses it (SUP-4).
func (a *act) assign(ctx context.Context) (conversation.Refusal, error) {
	switch {
	case !a.supervises():
		return conversation.RefusedNotAllowed, nil
	case a.Holder == conversation.HolderBot, a.State == conversation.StateWrapUp, a.item == nil:
		return conversation.RefusedState, nil
	case (a.cmd.QueueID == "") == (a.cmd.AgentID == ""):
		return conversation.RefusedTarget, nil
	case a.cmd.QueueID != "":
		return a.assignToQueue(ctx)
	}
	to, known := a.people[a.cmd.AgentID]
	switch {
	case !known, to.Disabled, to.ID == a.Agent:
		return conversation.RefusedTarget, nil
	case !slices.Contains(a.item.Presences, string(to.Presence)):
		return conversation.RefusedPresence, nil
	}
	if err := a.withdraw(ctx); err != nil {
		return "", err
	}
	if err := a.assigns(ctx, to.ID, "supervisor", "accepted"); err != nil {
		return "", err
	}
	return "", a.begins(ctx, to.ID)
}

func (a *act) assignToQueue(ctx context.Context) (conversation.Refusal, error) {
	q, err := a.target(ctx, a.cmd.QueueID)
	if err != nil || q == nil || a.cmd.QueueID == a.Queue {
		return conversation.RefusedTarget, err
	}
	if err := a.withdraw(ctx); err != nil {
		return "", err
	}
	a.moved = true
	return "", a.waitsAgain(ctx, a.cmd.QueueID, "", true)
}

func (a *act) withdraw(ctx context.Context) error {
	switch {
	case a.live == nil:
		return nil
	case a.live.offered():
		return a.lets(ctx, "withdrawn")
	}
	return a.lets(ctx, "ended")
}

// targetQueue is a queue that a conversation may be moved to.
type targetQueue struct {
	Others   int     `db:"others"` // beside who has the conversation
	TimeZone *string `db:"time_zone"`
	Weekly   []byte  `db:"weekly"`
	Holidays []byte  `db:"holidays"`
}

// target reads it; nil where there is none.
func (t *talk) target(ctx context.Context, id conversation.QueueID) (*targetQueue, error) {
	const query = `
		select h.time_zone, h.weekly, h.holidays, count(g.id) filter (where g.id::text <> $3) as others
		from queues q
		left join operating_hours h on h.tenant = q.tenant and h.id = q.hours_id
		left join queue_members m on m.tenant = q.tenant and m.queue_id = q.id
		left join agents g on g.tenant = m.tenant and g.id = m.agent_id and not g.disabled and g.deleted_at is null
		where q.tenant = $1 and q.id = $2 and q.deleted_at is null
		group by h.tenant, h.id`
	q := new(targetQueue)
	err := t.tx.GetContext(ctx, q, query, t.ref.Tenant, id, string(t.Agent))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil //nolint:nilnil // there is none, which is an answer here
	}
	return q, err
}

// open reports whether the queue is open now.
func (q *targetQueue) open(now time.Time) (bool, error) {
	hours, err := hoursOf(q.TimeZone, q.Weekly, q.Holidays)
	if err != nil || hours == nil {
		return err == nil, err
	}
	return hours.Open(now), nil
}

// hoursOf decodes operating hours; nil where there are none.
func hoursOf(zone *string, weekly, holidays []byte) (*routing.Hours, error) {
	if zone == nil {
		return nil, nil //nolint:nilnil // no hours: always open
	}
	h := &routing.Hours{TimeZone: *zone}
	if err := errors.Join(json.Unmarshal(weekly, &h.Weekly), json.Unmarshal(holidays, &h.Holidays)); err != nil {
		return nil, fmt.Errorf("operating hours: %w", err)
	}
	return h, nil
}
