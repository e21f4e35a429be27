package standing

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/lib/pq"

	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/postgres"
	"wxdesk/internal/routing"
)

// LoadWork reads and locks the work item, the live assignment, its agent and further agents, and counts the unsent messages.
func (l *Locked) LoadWork(ctx context.Context, agents ...conversation.AgentID) error {
	if err := l.loadItem(ctx); err != nil {
		return err
	}
	if err := l.LoadLive(ctx); err != nil {
		return err
	}
	if l.Live != nil {
		agents = append(agents, l.Live.Agent)
	}
	if err := l.LoadAgents(ctx, agents); err != nil {
		return err
	}
	return l.loadUnsent(ctx)
}

func (l *Locked) loadItem(ctx context.Context) error {
	const query = `
		select id, queue_id, state, mode, units, profiles, skills, skill_match, presences, overflow, queued_at, since,
			coalesce(affinity_agent::text, '') as affinity_agent, kept_until, declined, paused
		from work_items where tenant = $1 and conversation_id = $2 and state <> 'done' for no key update`
	var row struct {
		ID         conversation.WorkItemID `db:"id"`
		Queue      conversation.QueueID    `db:"queue_id"`
		State      lifecycle.ItemState     `db:"state"`
		Mode       routing.Mode            `db:"mode"`
		Units      int                     `db:"units"`
		Profiles   pq.StringArray          `db:"profiles"`
		Skills     []byte                  `db:"skills"`
		SkillMatch routing.SkillMatch      `db:"skill_match"`
		Presences  pq.StringArray          `db:"presences"`
		Overflow   []byte                  `db:"overflow"`
		QueuedAt   time.Time               `db:"queued_at"`
		Since      time.Time               `db:"since"`
		KeptFor    conversation.AgentID    `db:"affinity_agent"`
		KeptUntil  *time.Time              `db:"kept_until"`
		Declined   []byte                  `db:"declined"`
		Paused     []byte                  `db:"paused"`
	}
	err := l.Tx.GetContext(ctx, &row, query, l.Ref.Tenant, l.Ref.Conversation)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	i := &lifecycle.Item{
		ID: row.ID, Queue: row.Queue, State: row.State, Mode: row.Mode, Units: row.Units, Profiles: postgres.IDs[routing.ProfileID](row.Profiles),
		SkillMatch: row.SkillMatch, Presences: postgres.IDs[routing.Presence](row.Presences), QueuedAt: row.QueuedAt, Since: row.Since, KeptFor: row.KeptFor,
		KeptUntil: postgres.OrEmpty(row.KeptUntil),
	}
	if row.Overflow != nil {
		i.Overflow = new(routing.Overflow)
		_ = json.Unmarshal(row.Overflow, i.Overflow) // one that cannot be read counts as none
	}
	if err := errors.Join(json.Unmarshal(row.Skills, &i.Skills), json.Unmarshal(row.Declined, &i.Declined), json.Unmarshal(row.Paused, &i.Paused)); err != nil {
		return fmt.Errorf("work item %s: %w", i.ID, err)
	}
	l.Item = i
	return nil
}

// LoadLive loads the assignment that is offered or accepted, if there is one.
func (l *Locked) LoadLive(ctx context.Context) error {
	const query = `
		select id, work_item_id, queue_id, agent_id, how, state, units, profiles, offered_at, deadline, show_by, accepted_at, holds_until
		from assignments where tenant = $1 and conversation_id = $2 and state in ('offered', 'accepted') for no key update`
	var row struct {
		ID         conversation.AssignmentID `db:"id"`
		Item       conversation.WorkItemID   `db:"work_item_id"`
		Queue      conversation.QueueID      `db:"queue_id"`
		Agent      conversation.AgentID      `db:"agent_id"`
		How        lifecycle.Method          `db:"how"`
		State      lifecycle.AssignmentState `db:"state"`
		Units      int                       `db:"units"`
		Profiles   pq.StringArray            `db:"profiles"`
		OfferedAt  time.Time                 `db:"offered_at"`
		Deadline   *time.Time                `db:"deadline"`
		ShowBy     *time.Time                `db:"show_by"`
		AcceptedAt *time.Time                `db:"accepted_at"`
		HoldsUntil *time.Time                `db:"holds_until"`
	}
	err := l.Tx.GetContext(ctx, &row, query, l.Ref.Tenant, l.Ref.Conversation)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	l.Live = &lifecycle.Assignment{
		ID: row.ID, Item: row.Item, Queue: row.Queue, Agent: row.Agent, How: row.How, State: row.State, Units: row.Units,
		Profiles: postgres.IDs[routing.ProfileID](row.Profiles), OfferedAt: row.OfferedAt, Deadline: postgres.OrEmpty(row.Deadline), ShowBy: postgres.OrEmpty(row.ShowBy),
		AcceptedAt: postgres.OrEmpty(row.AcceptedAt), HoldsUntil: postgres.OrEmpty(row.HoldsUntil),
	}
	return err
}
