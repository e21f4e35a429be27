package standing

import (
	"context"

	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/notify"
)

// Apply writes a change of the rule book as it stands, and returns the notice that it leaves for the run; nil for none. It is the
// one place that does; it decides nothing. What was loaded is not changed: call it once.
func (l *Locked) Apply(ctx context.Context, c lifecycle.Change) (*conversation.RunNotice, error) {
	for _, write := range []func(context.Context, lifecycle.Change) error{
		l.writeRow, l.writeAssignments, l.writeItem, l.writeMessages, l.writeKept, l.writePresences,
		l.writeTrace, l.Publish, l.triggerDistribution, l.markEmpty,
	} {
		if err := write(ctx, c); err != nil {
			return nil, err
		}
	}
	if c.DropNotice {
		_, err := l.Tx.ExecContext(ctx, `delete from outbox where tenant = $1 and conversation_id = $2`, l.Ref.Tenant, l.Ref.Conversation)
		return nil, err
	}
	if c.Notice == nil {
		return nil, nil //nolint:nilnil // the run knows
	}
	notice, err := notify.NoticeRun(ctx, l.Tx, l.Ref, c.Notice.Act, c.Notice.Assignment)
	return &notice, err
}

// TriggerDistribution has the distribution run again if the change may have made a match possible.
func (l *Locked) triggerDistribution(ctx context.Context, c lifecycle.Change) error {
	if c.Distribute {
		if err := notify.TriggerDistribution(ctx, l.Tx, l.Ref.Tenant, notify.AtOnce); err != nil {
			return err
		}
	}
	if c.DistributeAt.IsZero() {
		return nil
	}
	return notify.TriggerDistribution(ctx, l.Tx, l.Ref.Tenant, c.DistributeAt)
}

func (l *Locked) markEmpty(ctx context.Context, c lifecycle.Change) error {
	return markEmpty(ctx, l.Tx, l.Ref.Tenant, c.Empty)
}

// writeRow writes the conversation's row as it is after the change.
func (l *Locked) writeRow(ctx context.Context, c lifecycle.Change) error {
	if c.Revision == 0 && c.Wishes == nil && c.Workstream == "" && !c.Escalated && len(c.Steps) == 0 {
		return nil
	}
	s := l.After(c)
	steps, err := encodeSteps(c.Steps)
	if err != nil {
		return err
	}
	const update = `
		with stepped as (
			insert into steps (tenant, conversation_id, ` + StepColumns + `)
			select $1, $2, ` + StepColumns + ` from jsonb_to_recordset($21::jsonb) as r` + StepRecord + `)
		update conversations set revision = $3, state = $4, holder = $5, epoch = $6, queue_id = nullif($7, '')::uuid,
			agent_id = nullif($8, '')::uuid, last_agent = coalesce(nullif($8, '')::uuid, last_agent), since = $9, waiting_since = $10, wait_until = $11,
			close_reason = nullif($12, ''), closed_at = case when $4 = 'closed' then coalesce(closed_at, $9) end,
			hand_over = nullif($13, ''), hand_over_turn = nullif($14, '')::uuid, hand_over_queue = nullif($15, '')::uuid, ending = nullif($16, ''),
			wished_at = case when $17 then $18 else wished_at end,
			workstream_id = coalesce(nullif($19, '')::uuid, workstream_id), escalated = escalated or $20,
			last_seq = greatest(last_seq, $22)
		where tenant = $1 and id = $2`
	_, err = l.Tx.ExecContext(ctx, update, l.Ref.Tenant, l.Ref.Conversation, s.Revision, s.State, s.Holder, s.Epoch, string(s.Queue),
		string(s.Agent), s.Since, postgres.OrNull(s.WaitingSince), postgres.OrNull(s.Until), string(s.Reason),
		string(s.Wishes.HandOver), string(s.Wishes.Turn), string(s.Wishes.Queue), string(s.Wishes.Ending), c.Wishes != nil, l.Now,
		string(c.Workstream), c.Escalated, steps, s.LastSeq)
	return err
}

// writeAssignments writes the change of the assignments that exist, and the new assignment, if the rule book made one.
func (l *Locked) writeAssignments(ctx context.Context, c lifecycle.Change) error {
	const update = `
		update assignments set state = $3, accepted_at = $4, ended_at = $5, holds_until = $6, show_by = $7 where tenant = $1 and id = $2`
	for _, a := range []*lifecycle.Assignment{c.Over, c.Live} {
		if a == nil {
			continue
		}
		if _, err := l.Tx.ExecContext(ctx, update, l.Ref.Tenant, a.ID, a.State, postgres.OrNull(a.AcceptedAt), postgres.OrNull(a.EndedAt), postgres.OrNull(a.HoldsUntil),
			postgres.OrNull(a.ShowBy)); err != nil {
			return err
		}
	}
	if c.Made == nil {
		return nil
	}
	const insert = `
		insert into assignments (tenant, id, work_item_id, conversation_id, queue_id, agent_id, how, state, units, profiles, offered_at, deadline, accepted_at,
			show_by)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`
	a := c.Made
	_, err := l.Tx.ExecContext(ctx, insert, l.Ref.Tenant, a.ID, a.Item, l.Ref.Conversation, a.Queue, a.Agent, a.How, a.State, a.Units,
		postgres.Texts(a.Profiles), a.OfferedAt, postgres.OrNull(a.Deadline), postgres.OrNull(a.AcceptedAt), postgres.OrNull(a.ShowBy))
	return err
}

func (l *Locked) writePresences(ctx context.Context, c lifecycle.Change) error {
	const update = `
		update agents set presence = $3, presence_manual = $4, presence_at = coalesce($5, presence_at),
			custom_presence = case when not $6 then custom_presence end, presence_before = case when not $6 then presence_before end
		where tenant = $1 and id = $2`
	for _, p := range c.Presences {
		if _, err := l.Tx.ExecContext(ctx, update, l.Ref.Tenant, p.Agent, p.Presence, p.Manual, postgres.OrNull(p.Since), p.Reset); err != nil {
			return err
		}
	}
	return nil
}
