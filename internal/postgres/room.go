package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// takes says why an agent may not take the conversation by themselves; "" if they may. It asks for presence, skills and room.
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

// roomFor reports whether an agent, whose row is locked, has room for the conversation. What it takes of the agent already is
// not counted.
func (t *talk) roomFor(ctx context.Context, agent person) (bool, error) {
	people, err := readCandidates(ctx, t.tx, t.ref.Tenant, named([]conversation.AgentID{agent.ID}), t.ref.Conversation)
	if err != nil || len(people) == 0 {
		return false, err
	}
	c, err := people[0].forChoice()
	if err != nil {
		return false, err
	}
	return c.Room(&routing.Item{Units: t.item.Units, Profiles: idsOf[routing.ProfileID](t.item.Profiles)}) == "", nil
}
