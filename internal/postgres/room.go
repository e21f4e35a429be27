package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// takes says why an agent may not take the conversation by himself; "" if he may: his presence, his skills, his room.
func (t *talk) takes(ctx context.Context, agent person) (conversation.Refusal, error) {
	if agent.Disabled || !slices.Contains(t.item.Presences, string(agent.Presence)) {
		return conversation.RefusedPresence, nil
	}
	if able, err := t.able(ctx, agent.ID); err != nil || !able {
		return conversation.RefusedSkill, err
	}
	room, err := t.roomFor(ctx, agent)
	if err != nil || !room {
		return conversation.RefusedCapacity, err
	}
	return "", nil
}

// able reports whether an agent has the skills that the conversation needs, where exactly those are asked for (SKL-2).
func (t *talk) able(ctx context.Context, agent conversation.AgentID) (bool, error) {
	var needed []routing.NeededSkill
	if err := json.Unmarshal(t.item.Skills, &needed); err != nil {
		return false, fmt.Errorf("skills of work item %s: %w", t.item.ID, err)
	}
	if t.item.SkillMatch != routing.SkillExact || len(needed) == 0 {
		return true, nil
	}
	const query = `
		select not exists (
			select from jsonb_to_recordset($3::jsonb) as n(skill_id uuid, rating int)
			where not exists (select from agent_skills s where s.tenant = $1 and s.agent_id = $2 and s.skill_id = n.skill_id
				and s.rating >= n.rating and not s.disabled))`
	var able bool
	err := t.tx.GetContext(ctx, &able, query, t.ref.Tenant, agent, string(t.item.Skills))
	return able, err
}

// roomFor reports whether an agent, whose row is locked, has room for the conversation: in each capacity profile that it
// takes, in units, and in no profile of his that blocks. What the conversation takes of him already is not counted.
func (t *talk) roomFor(ctx context.Context, agent person) (bool, error) {
	const load = `
		select coalesce(sum(units), 0) from assignments
		where tenant = $1 and agent_id = $2 and conversation_id <> $3 and state in ('offered', 'accepted')
			and (holds_until is null or holds_until > clock_timestamp())`
	var taken int
	if err := t.tx.GetContext(ctx, &taken, load, t.ref.Tenant, agent.ID, t.ref.Conversation); err != nil {
		return false, err
	}
	if agent.Units <= 0 || taken+t.item.Units > agent.Units {
		return false, nil
	}
	const profiles = `
		select p.id, p.blocking, coalesce(mine.item_limit, p.item_limit) as item_limit,
			(select count(*) from assignments a where a.tenant = p.tenant and a.agent_id = g.id and p.id = any(a.profiles)
				and a.conversation_id <> $3 and case p.reset
				when 'end_of_day' then a.state = 'offered'
					or a.accepted_at >= date_trunc('day', now() at time zone g.time_zone) at time zone g.time_zone
				else a.state in ('offered', 'accepted') and (a.holds_until is null or a.holds_until > clock_timestamp()) end) as used
		from agent_profiles mine
		join agents g on g.tenant = mine.tenant and g.id = mine.agent_id
		join capacity_profiles p on p.tenant = mine.tenant and p.id = mine.profile_id
		where mine.tenant = $1 and mine.agent_id = $2`
	var rows []struct {
		ID       string `db:"id"`
		Blocking bool   `db:"blocking"`
		Limit    int    `db:"item_limit"`
		Used     int    `db:"used"`
	}
	if err := t.tx.SelectContext(ctx, &rows, profiles, t.ref.Tenant, agent.ID, t.ref.Conversation); err != nil {
		return false, err
	}
	found := 0
	for _, p := range rows {
		needed := slices.Contains(t.item.Profiles, p.ID)
		if p.Used >= p.Limit && (needed || p.Blocking) {
			return false, nil
		}
		if needed {
			found++
		}
	}
	return found == len(t.item.Profiles), nil
}
