package distribution

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/standing"
	"wxdesk/internal/routing"
)

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
		LastSeq      int64                 `json:"last_seq"`
		Steps        []standing.StepRow    `json:"steps"`
	}
	rows := postgres.Each(b.offers, func(o offer) row {
		s := o.after
		return row{
			o.item.Conversation, s.Revision, s.State, s.Holder, s.Epoch, s.Queue, postgres.Pointer(s.Agent), s.Since, postgres.OrNull(s.WaitingSince),
			s.LastSeq, postgres.Each(o.change.Steps, standing.StepRowOf),
		}
	})
	return b.exec(ctx, `
		with r as materialized (
			select * from jsonb_to_recordset($2::jsonb) as r(id uuid, revision bigint, state text, holder text, epoch bigint, queue_id uuid,
				agent_id uuid, since timestamptz, waiting_since timestamptz, last_seq bigint, steps jsonb) limit $3),
		stepped as (
			insert into steps (tenant, conversation_id, `+standing.StepColumns+`)
			select $1, r.id, s.* from r cross join lateral jsonb_to_recordset(r.steps) as s`+standing.StepRecord+`)
		update conversations c set revision = r.revision, state = r.state, holder = r.holder, epoch = r.epoch, queue_id = r.queue_id,
			agent_id = r.agent_id, last_agent = coalesce(r.agent_id, c.last_agent), since = r.since, waiting_since = r.waiting_since,
			last_seq = r.last_seq
		from r
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
		ShowBy       *time.Time                `json:"show_by"`
	}
	rows := postgres.Each(b.offers, func(o offer) row {
		a := o.change.Made
		return row{
			a.ID, a.Item, o.item.Conversation, a.Queue, a.Agent, a.How, a.State, a.Units, append([]routing.ProfileID{}, a.Profiles...),
			a.OfferedAt, postgres.OrNull(a.Deadline), postgres.OrNull(a.AcceptedAt), postgres.OrNull(a.ShowBy),
		}
	})
	return b.exec(ctx, `
		insert into assignments (tenant, id, work_item_id, conversation_id, queue_id, agent_id, how, state, units, profiles,
			offered_at, deadline, accepted_at, show_by)
		select $1, r.* from jsonb_to_recordset($2::jsonb) as r(id uuid, item uuid, conversation uuid, queue uuid, agent uuid, how text,
			state text, units int, profiles uuid[], offered_at timestamptz, deadline timestamptz, accepted_at timestamptz, show_by timestamptz) limit $3`, rows, len(rows))
}

func (b *batch) writeItems(ctx context.Context) error {
	type row struct {
		ID        conversation.WorkItemID `json:"id"`
		State     lifecycle.ItemState     `json:"state"`
		KeptFor   *conversation.AgentID   `json:"kept_for"`
		KeptUntil *time.Time              `json:"kept_until"`
	}
	rows := postgres.Each(b.offers, func(o offer) row {
		i := o.change.Item
		return row{i.ID, i.State, postgres.Pointer(i.KeptFor), postgres.OrNull(i.KeptUntil)}
	})
	return b.exec(ctx, `
		update work_items i set state = r.state, affinity_agent = r.kept_for, kept_until = r.kept_until
		from (select * from jsonb_to_recordset($2::jsonb) as r(id uuid, state text, kept_for uuid, kept_until timestamptz) limit $3) r
		where i.tenant = $1 and i.id = r.id`, rows, len(rows))
}
