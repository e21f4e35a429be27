package view

import (
	"context"
	"time"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/setup"
	"wxdesk/internal/postgres/standing"
	"wxdesk/internal/routing"
)

// Targets lists where a conversation may be handed on to now, by the rules that a transfer is judged by: queues that are open
// and have somebody beside who has it, and agents who can be asked. An agent is shown no colleagues if the workstream keeps
// its agents from naming them. It returns ErrNotFound when there is no such conversation that the viewer may see.
func (db *DB) Targets(ctx context.Context, v access.Viewer, id conversation.ID) (routing.Targets, error) {
	found, err := db.targets(ctx, v, id)
	return found, postgres.Explain(ctx, "list where a conversation may go", err)
}

func (db *DB) targets(ctx context.Context, v access.Viewer, id conversation.ID) (routing.Targets, error) {
	if _, err := db.seen(ctx, v, id); err != nil {
		return routing.Targets{}, err
	}
	const query = `
		select coalesce(c.agent_id::text, '') as agent_id, w.transfer_to_agents, coalesce(i.skills, '[]') as skills, clock_timestamp() as now
		from conversations c join accounts a on a.tenant = c.tenant and a.id = c.account_id ` + standing.WorkstreamOf + `
		left join work_items i on i.tenant = c.tenant and i.conversation_id = c.id and i.state <> 'done'
		where c.tenant = $1 and c.id = $2`
	var row struct {
		Agent    conversation.AgentID                 `db:"agent_id"`
		ToAgents bool                                 `db:"transfer_to_agents"`
		Skills   postgres.JSON[[]routing.NeededSkill] `db:"skills"`
		Now      time.Time                            `db:"now"`
	}
	if err := db.pool.GetContext(ctx, &row, query, v.Tenant, id); err != nil {
		return routing.Targets{}, err
	}
	queues, err := db.queueTargets(ctx, v.Tenant, row.Agent, row.Now)
	if err != nil || v.AgentID != "" && !row.ToAgents {
		return routing.Targets{Queues: queues, Needed: row.Skills.V}, err
	}
	agents, err := db.agentTargets(ctx, v.Tenant, row.Agent)
	routing.RankTargets(agents, row.Skills.V)
	return routing.Targets{Queues: queues, Agents: agents, Needed: row.Skills.V}, err
}

// queueTargets lists by name the queues that are open and have somebody beside an agent.
func (db *DB) queueTargets(ctx context.Context, t conversation.Tenant, beside conversation.AgentID, now time.Time) ([]routing.QueueTarget, error) {
	const query = `
		select q.id, q.name, h.time_zone, h.weekly, h.holidays
		from queues q left join operating_hours h on h.tenant = q.tenant and h.id = q.hours_id
		where q.tenant = $1 and q.deleted_at is null and exists (
			select from queue_members m join agents g on g.tenant = m.tenant and g.id = m.agent_id
			where m.tenant = q.tenant and m.queue_id = q.id and not g.disabled and g.deleted_at is null and g.id::text <> $2)
		order by q.name, q.id`
	var rows []struct {
		routing.QueueTarget
		TimeZone *string `db:"time_zone"`
		Weekly   []byte  `db:"weekly"`
		Holidays []byte  `db:"holidays"`
	}
	if err := db.pool.SelectContext(ctx, &rows, query, t, string(beside)); err != nil {
		return nil, err
	}
	var list []routing.QueueTarget
	for _, r := range rows {
		hours, err := setup.HoursOf(r.TimeZone, r.Weekly, r.Holidays)
		if err != nil {
			return nil, err
		}
		if hours == nil || hours.Open(now) {
			list = append(list, r.QueueTarget)
		}
	}
	return list, nil
}

// agentTargets lists the agents who can be asked, beside one.
func (db *DB) agentTargets(ctx context.Context, t conversation.Tenant, beside conversation.AgentID) ([]routing.AgentTarget, error) {
	const query = `
		select g.id, g.name, g.presence, (
			select coalesce(jsonb_object_agg(s.skill_id, s.rating), '{}') from agent_skills s
			where s.tenant = g.tenant and s.agent_id = g.id and not s.disabled) as skills
		from agents g where g.tenant = $1 and not g.disabled and g.deleted_at is null and g.presence in ('available', 'busy') and g.lost_at is null
			and g.id::text <> $2`
	var rows []struct {
		ID       conversation.AgentID                   `db:"id"`
		Name     string                                 `db:"name"`
		Presence routing.Presence                       `db:"presence"`
		Skills   postgres.JSON[map[routing.SkillID]int] `db:"skills"`
	}
	if err := db.pool.SelectContext(ctx, &rows, query, t, string(beside)); err != nil {
		return nil, err
	}
	list := make([]routing.AgentTarget, len(rows))
	for i, r := range rows {
		list[i] = routing.AgentTarget{ID: r.ID, Name: r.Name, Presence: r.Presence, Skills: r.Skills.V}
	}
	return list, nil
}
