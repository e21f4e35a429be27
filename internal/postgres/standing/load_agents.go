package standing

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/capacity"
	"wxdesk/internal/routing"
)

// LoadAgents locks agents, and then reads what they have beside this conversation: what others have assigned to them meanwhile
// is seen only by a statement that begins after the lock.
func (l *Locked) LoadAgents(ctx context.Context, agents []conversation.AgentID) error {
	agents = slices.DeleteFunc(agents, func(a conversation.AgentID) bool { return a == "" })
	if len(agents) == 0 {
		return nil
	}
	if err := capacity.LockAgents(ctx, l.Tx, l.Ref.Tenant, agents); err != nil {
		return err
	}
	const query = `
		select g.id, g.disabled or g.deleted_at is not null as disabled, g.presence, g.presence_manual, g.lost_at is not null as lost, ` + capacity.WorkColumns + `, g.units, in_use.load, in_use.sessions, in_use.profile_uses,
			date_trunc('day', clock_timestamp() at time zone g.time_zone) at time zone g.time_zone as day_began,
			(select jsonb_object_agg(skill_id, rating) from agent_skills s where s.tenant = g.tenant and s.agent_id = g.id and not s.disabled) as skills,
			(select jsonb_object_agg(p.id, (select count(*) from assignments e
					where e.tenant = g.tenant and e.agent_id = g.id and e.conversation_id = $3 and e.id::text <> $4 and p.id = any(e.profiles)
						and e.accepted_at >= date_trunc('day', clock_timestamp() at time zone g.time_zone) at time zone g.time_zone))
				from agent_profiles mine join capacity_profiles p on p.tenant = mine.tenant and p.id = mine.profile_id
				where mine.tenant = g.tenant and mine.agent_id = g.id and p.reset = 'end_of_day') as daily,
			case when $6 then (select count(*) from assignments s join conversations c on c.tenant = s.tenant and c.id = s.conversation_id
				where s.tenant = g.tenant and s.agent_id = g.id and s.state in ('offered', 'accepted') and c.id <> $3
					and c.workstream_id = $5 and c.state <> 'waiting') else 0 end as held
		from agents g cross join lateral capacity_in_use(g.tenant, g.id, g.time_zone, $3) in_use
		where g.tenant = $1 and g.id = any($2::uuid[])`
	var live string
	if l.Live != nil {
		live = string(l.Live.ID)
	}
	var rows []lockedAgent
	if err := l.Tx.SelectContext(ctx, &rows, query, l.Ref.Tenant, postgres.Texts(agents), l.Ref.Conversation, live, l.Workstream.ID, l.Workstream.MaxPerAgent > 0); err != nil {
		return err
	}
	for _, r := range rows {
		a, err := r.agent()
		if err != nil {
			return err
		}
		l.Agents[a.ID] = a
	}
	return nil
}

// lockedAgent is an agent whose row is locked, and what they have.
type lockedAgent struct {
	ID          conversation.AgentID `db:"id"`
	Disabled    bool                 `db:"disabled"`
	Presence    routing.Presence     `db:"presence"`
	Manual      bool                 `db:"presence_manual"`
	Lost        bool                 `db:"lost"`
	Shift       bool                 `db:"shift"`
	Bearer      bool                 `db:"bearer"`
	Units       int                  `db:"units"`
	Load        int                  `db:"load"`
	Sessions    int                  `db:"sessions"`
	ProfileUses []byte               `db:"profile_uses"` // of ProfileUse
	DayBegan    time.Time            `db:"day_began"`
	Skills      []byte               `db:"skills"`
	Daily       []byte               `db:"daily"` // how often each profile that lasts for the day took this conversation before
	Held        int                  `db:"held"`
}

func (r lockedAgent) agent() (lifecycle.Agent, error) {
	a := lifecycle.Agent{
		ID: r.ID, Disabled: r.Disabled, Presence: r.Presence, Manual: r.Manual, Lost: r.Lost, Shift: r.Shift, Bearer: r.Bearer, Units: r.Units, Load: r.Load, Sessions: r.Sessions,
		Held: r.Held, DayBegan: r.DayBegan,
	}
	var uses []capacity.ProfileUse
	var daily map[routing.ProfileID]int
	for text, into := range map[*[]byte]any{&r.ProfileUses: &uses, &r.Skills: &a.Skills, &r.Daily: &daily} {
		if *text == nil {
			continue
		}
		if err := json.Unmarshal(*text, into); err != nil {
			return a, fmt.Errorf("agent %s: %w", r.ID, err)
		}
	}
	for _, use := range uses {
		earlier, lasts := daily[use.Profile]
		a.Profiles = append(a.Profiles, lifecycle.Profile{
			ID: use.Profile, Limit: use.Limit, Used: use.Used, Blocking: use.Blocking, Daily: lasts, Earlier: earlier,
		})
	}
	return a, nil
}
