package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// candidate is an agent with what he has to do: the sum over his assignments, never a counter.
type candidate struct {
	ID         conversation.AgentID `db:"id"`
	Version    int64                `db:"version"`
	Presence   routing.Presence     `db:"presence"`
	Manual     bool                 `db:"presence_manual"`
	Units      int                  `db:"units"`
	Load       int                  `db:"load"`
	Sessions   int                  `db:"sessions"`
	Attributes []byte               `db:"attributes"`
	rooms      []profileRoom
}

// profileRoom is an agent's room in one of his capacity profiles.
type profileRoom struct {
	Agent    conversation.AgentID `db:"agent_id"`
	Profile  routing.ProfileID    `db:"profile_id"`
	Blocking bool                 `db:"blocking"`
	Limit    int                  `db:"item_limit"`
	Used     int                  `db:"used"`
}

func (p profileRoom) room() routing.ProfileRoom {
	return routing.ProfileRoom{Limit: p.Limit, Used: p.Used, Blocking: p.Blocking}
}

// readCandidates reads agents who are not disabled, and what they have. In units counts what is offered or accepted and not
// yet given back; a capacity profile that comes back at the end of the day counts what was accepted since midnight in the
// agent's zone (CAP-3).
func readCandidates(ctx context.Context, tx *sqlx.Tx, t conversation.Tenant, agents []conversation.AgentID) ([]*candidate, error) {
	if len(agents) == 0 {
		return nil, nil
	}
	const people = `
		select g.id, g.version, g.presence, g.presence_manual, g.units, g.attributes,
			coalesce(l.load, 0) as load, coalesce(l.sessions, 0) as sessions
		from agents g left join (
			select agent_id, count(*) as sessions,
				sum(units) filter (where holds_until is null or holds_until > clock_timestamp()) as load
			from assignments where tenant = $1 and agent_id = any($2::uuid[]) and state in ('offered', 'accepted') group by agent_id
		) l on l.agent_id = g.id
		where g.tenant = $1 and g.id = any($2::uuid[]) and not g.disabled and g.deleted_at is null
		order by g.id`
	var list []*candidate
	if err := tx.SelectContext(ctx, &list, people, t, pq.Array(agents)); err != nil {
		return nil, err
	}
	const profiles = `
		select mine.agent_id, p.id as profile_id, p.blocking, coalesce(mine.item_limit, p.item_limit) as item_limit,
			(select count(*) from assignments a
			where a.tenant = mine.tenant and a.agent_id = mine.agent_id and p.id = any(a.profiles) and case p.reset
				when 'end_of_day' then a.state = 'offered'
					or a.accepted_at >= date_trunc('day', clock_timestamp() at time zone g.time_zone) at time zone g.time_zone
				else a.state in ('offered', 'accepted') and (a.holds_until is null or a.holds_until > clock_timestamp()) end) as used
		from agent_profiles mine
		join agents g on g.tenant = mine.tenant and g.id = mine.agent_id
		join capacity_profiles p on p.tenant = mine.tenant and p.id = mine.profile_id
		where mine.tenant = $1 and mine.agent_id = any($2::uuid[])
		order by mine.agent_id, p.id`
	var rooms []profileRoom
	if err := tx.SelectContext(ctx, &rooms, profiles, t, pq.Array(agents)); err != nil {
		return nil, err
	}
	known := make(map[conversation.AgentID]*candidate, len(list))
	for _, c := range list {
		known[c.ID] = c
	}
	for _, r := range rooms {
		if c, ok := known[r.Agent]; ok {
			c.rooms = append(c.rooms, r)
		}
	}
	return list, nil
}

// same reports whether nothing has changed that decides whether the agent is asked.
func (c *candidate) same(now *candidate) bool { return now != nil && reflect.DeepEqual(c, now) }

// crew is who may be asked for the items of some queues.
type crew struct {
	facts map[conversation.AgentID]*candidate // as they were read
	list  []*routing.Candidate
}

// readCrew reads the members of queues, and further agents, as the choice wants to know them.
func readCrew(ctx context.Context, tx *sqlx.Tx, t conversation.Tenant, queues []routing.Queue, others []conversation.AgentID) (crew, error) {
	ids := make([]conversation.QueueID, len(queues))
	released := false
	for i, q := range queues {
		ids[i] = q.ID
		released = released || q.Method == routing.LeastActive || q.Method == routing.Custom
	}
	const members = `
		select m.agent_id, m.queue_id, m.joined_at,
			(select a.offered_at from assignments a where a.tenant = m.tenant and a.queue_id = m.queue_id and a.agent_id = m.agent_id
			order by a.offered_at desc limit 1) as last_assigned
		from queue_members m where m.tenant = $1 and m.queue_id = any($2::uuid[])`
	var places []struct {
		Agent        conversation.AgentID `db:"agent_id"`
		Queue        conversation.QueueID `db:"queue_id"`
		JoinedAt     time.Time            `db:"joined_at"`
		LastAssigned *time.Time           `db:"last_assigned"`
	}
	if err := tx.SelectContext(ctx, &places, members, t, pq.Array(ids)); err != nil {
		return crew{}, err
	}
	agents := make(map[conversation.AgentID]*routing.Candidate, len(places))
	add := func(id conversation.AgentID) *routing.Candidate {
		c, ok := agents[id]
		if !ok {
			c = &routing.Candidate{ID: id, Queues: map[conversation.QueueID]routing.Membership{}}
			agents[id] = c
		}
		return c
	}
	for _, p := range places {
		m := routing.Membership{JoinedAt: p.JoinedAt}
		if p.LastAssigned != nil {
			m.LastAssigned = *p.LastAssigned
		}
		add(p.Agent).Queues[p.Queue] = m
	}
	for _, id := range others {
		add(id)
	}
	return fillCrew(ctx, tx, t, agents, released)
}

// fillCrew reads what the agents have and can do; released asks when capacity last came back to them.
func fillCrew(ctx context.Context, tx *sqlx.Tx, t conversation.Tenant, agents map[conversation.AgentID]*routing.Candidate, released bool) (crew, error) {
	ids := make([]conversation.AgentID, 0, len(agents))
	for id := range agents {
		ids = append(ids, id)
	}
	people, err := readCandidates(ctx, tx, t, ids)
	if err != nil {
		return crew{}, err
	}
	c := crew{facts: make(map[conversation.AgentID]*candidate, len(people)), list: make([]*routing.Candidate, 0, len(people))}
	for _, p := range people {
		a := agents[p.ID]
		a.Presence, a.Units, a.Load, a.Sessions = p.Presence, p.Units, p.Load, p.Sessions
		if err := json.Unmarshal(p.Attributes, &a.Attributes); err != nil {
			return crew{}, fmt.Errorf("attributes of agent %s: %w", p.ID, err)
		}
		if len(p.rooms) > 0 {
			a.Profiles = make(map[routing.ProfileID]routing.ProfileRoom, len(p.rooms))
		}
		for _, r := range p.rooms {
			a.Profiles[r.Profile] = r.room()
		}
		c.facts[p.ID] = p
		c.list = append(c.list, a)
	}
	if err := readSkills(ctx, tx, t, ids, agents); err != nil || !released {
		return c, err
	}
	return c, readReleased(ctx, tx, t, ids, agents)
}

func readSkills(ctx context.Context, tx *sqlx.Tx, t conversation.Tenant, ids []conversation.AgentID, agents map[conversation.AgentID]*routing.Candidate) error {
	const query = `select agent_id, skill_id, rating from agent_skills where tenant = $1 and agent_id = any($2::uuid[]) and not disabled`
	var rows []struct {
		Agent  conversation.AgentID `db:"agent_id"`
		Skill  routing.SkillID      `db:"skill_id"`
		Rating int                  `db:"rating"`
	}
	if err := tx.SelectContext(ctx, &rows, query, t, pq.Array(ids)); err != nil {
		return err
	}
	for _, r := range rows {
		a := agents[r.Agent]
		if a.Skills == nil {
			a.Skills = map[routing.SkillID]int{}
		}
		a.Skills[r.Skill] = r.Rating
	}
	return nil
}

// readReleased reads when capacity last came back to each agent: when his work was over, or already when it was put aside
// or wrapped up (ASG-5).
func readReleased(ctx context.Context, tx *sqlx.Tx, t conversation.Tenant, ids []conversation.AgentID, agents map[conversation.AgentID]*routing.Candidate) error {
	const query = `
		select g.id, r.at from unnest($2::uuid[]) as g(id) cross join lateral (
			select least(a.holds_until, a.ended_at) as at from assignments a
			where a.tenant = $1 and a.agent_id = g.id and least(a.holds_until, a.ended_at) <= clock_timestamp()
			order by least(a.holds_until, a.ended_at) desc limit 1) r`
	var rows []struct {
		ID conversation.AgentID `db:"id"`
		At time.Time            `db:"at"`
	}
	if err := tx.SelectContext(ctx, &rows, query, t, pq.Array(ids)); err != nil {
		return err
	}
	for _, r := range rows {
		agents[r.ID].LastReleased = r.At
	}
	return nil
}
