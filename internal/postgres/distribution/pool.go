package distribution

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/lib/pq"

	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/capacity"
	"wxdesk/internal/routing"
)

// candidatePool are the agents who may be asked for the items of some queues.
type candidatePool struct {
	facts map[conversation.AgentID]*capacity.Candidate // as they were read
	list  []*routing.Candidate
}

// details is what the choice wants to know of agents beside their room, if an item or a queue asks for it.
type details struct {
	profiles []routing.ProfileID // that an item takes; the others say nothing, unless they block
	skills   bool
	released bool // when capacity last came back to them
}

// about says what has to be known for the items of some queues.
func about(queues []routing.Queue, rules map[conversation.QueueID]routing.CustomRules, items []routing.Item) (d details) {
	for _, q := range queues {
		d.released = d.released || q.Method == routing.LeastActive || rules[q.ID].AskForRelease()
		d.skills = d.skills || q.Method == routing.Custom
	}
	for _, i := range items {
		d.skills = d.skills || len(i.Skills) > 0 && i.SkillMatch != routing.SkillNone
		d.profiles = append(d.profiles, i.Profiles...)
	}
	slices.Sort(d.profiles)
	d.profiles = slices.Compact(d.profiles)
	return d
}

// readPool reads the members of queues, as the choice wants to know them.
func readPool(ctx context.Context, tx *postgres.Tx, t conversation.Tenant, queues []routing.Queue, what details) (candidatePool, error) {
	ids := idsOfQueues(queues)
	who := capacity.Serving(ids)
	people, err := capacity.ReadPeople(ctx, tx, t, who)
	if err != nil {
		return candidatePool{}, err
	}
	if err := capacity.ReadProfileUses(ctx, tx, t, who.TakingOrBlocking(what.profiles), capacity.ByID(people)); err != nil {
		return candidatePool{}, err
	}
	c := candidatePool{facts: make(map[conversation.AgentID]*capacity.Candidate, len(people)), list: make([]*routing.Candidate, 0, len(people))}
	agents := make(map[conversation.AgentID]*routing.Candidate, len(people))
	for _, p := range people {
		a, err := p.ForChoice()
		if err != nil {
			return candidatePool{}, err
		}
		c.facts[p.ID], agents[p.ID] = p, a
		c.list = append(c.list, a)
	}
	if err := readPlaces(ctx, tx, t, ids, agents); err != nil {
		return candidatePool{}, err
	}
	if what.skills {
		if err := readSkills(ctx, tx, t, who, agents); err != nil {
			return candidatePool{}, err
		}
	}
	if what.released {
		return c, readReleased(ctx, tx, t, who, agents)
	}
	return c, nil
}

// readPlaces reads which agents serve which queue, since when, and when each was last assigned something in it.
func readPlaces(ctx context.Context, tx *postgres.Tx, t conversation.Tenant, queues []conversation.QueueID, agents map[conversation.AgentID]*routing.Candidate) error {
	// Of the rows at and behind a place in the index, the first is the latest of that place, if it has any. Asked for like
	// this, the planner takes that index even while it knows nothing of a young table.
	const selectMembers = `
		select m.agent_id, m.queue_id, m.joined_at, last.offered_at as last_assigned
		from queue_members m left join lateral (
			select a.tenant, a.queue_id, a.agent_id, a.offered_at from assignments a
			where (a.tenant, a.queue_id, a.agent_id) >= (m.tenant, m.queue_id, m.agent_id)
			order by a.tenant, a.queue_id, a.agent_id, a.offered_at desc limit 1
		) last on last.tenant = m.tenant and last.queue_id = m.queue_id and last.agent_id = m.agent_id
		where m.tenant = $1 and m.queue_id = any($2::uuid[])`
	return capacity.Among{Args: []any{pq.Array(queues)}}.Each(ctx, tx, t, selectMembers, func(rows *sql.Rows) error {
		var (
			agent        conversation.AgentID
			queue        conversation.QueueID
			m            routing.Membership
			lastAssigned sql.NullTime
		)
		if err := rows.Scan(&agent, &queue, &m.JoinedAt, &lastAssigned); err != nil {
			return err
		}
		m.LastAssigned = lastAssigned.Time
		if a, ok := agents[agent]; ok { // otherwise disabled
			a.Queues[queue] = m
		}
		return nil
	})
}

func readSkills(ctx context.Context, tx *postgres.Tx, t conversation.Tenant, who capacity.Among, agents map[conversation.AgentID]*routing.Candidate) error {
	query := `select agent_id, skill_id, rating from agent_skills where tenant = $1 and not disabled and agent_id` + who.SQL
	var rows []struct {
		Agent  conversation.AgentID `db:"agent_id"`
		Skill  routing.SkillID      `db:"skill_id"`
		Rating int                  `db:"rating"`
	}
	if err := who.Ask(ctx, tx, t, &rows, query); err != nil {
		return err
	}
	for _, r := range rows {
		a, ok := agents[r.Agent]
		if !ok {
			continue // disabled
		}
		if a.Skills == nil {
			a.Skills = map[routing.SkillID]int{}
		}
		a.Skills[r.Skill] = r.Rating
	}
	return nil
}

// readReleased reads when capacity last came back to each agent: when their work was over, or already when it was put aside
// or wrapped up (ASG-5).
func readReleased(ctx context.Context, tx *postgres.Tx, t conversation.Tenant, who capacity.Among, agents map[conversation.AgentID]*routing.Candidate) error {
	query := `
		select g.id, r.at from agents g cross join lateral (
			select least(a.holds_until, a.ended_at) as at from assignments a
			where a.tenant = g.tenant and a.agent_id = g.id and least(a.holds_until, a.ended_at) <= clock_timestamp()
			order by least(a.holds_until, a.ended_at) desc limit 1) r
		where g.tenant = $1 and g.id` + who.SQL
	var rows []struct {
		ID conversation.AgentID `db:"id"`
		At time.Time            `db:"at"`
	}
	if err := who.Ask(ctx, tx, t, &rows, query); err != nil {
		return err
	}
	for _, r := range rows {
		if a, ok := agents[r.ID]; ok {
			a.LastReleased = r.At
		}
	}
	return nil
}

func idsOfQueues(queues []routing.Queue) []conversation.QueueID {
	ids := make([]conversation.QueueID, len(queues))
	for i, q := range queues {
		ids[i] = q.ID
	}
	return ids
}
