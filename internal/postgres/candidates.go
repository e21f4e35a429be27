package postgres

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/lib/pq"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// candidate is an agent with what they have to do: the sum over their assignments, never a counter.
type candidate struct {
	ID         conversation.AgentID
	Version    int64
	Presence   routing.Presence
	Manual     bool
	Lost       bool // the last connection, a moment ago
	Units      int
	Load       int
	Sessions   int
	Max        int // of Sessions; the tenant's
	Attributes []byte
	profiles   []profileUse                      // all, or those that are asked for and those that block
	Held       map[conversation.WorkstreamID]int // of Sessions, where a workstream has a limit; see readHeld
}

// profileUse is an agent's use of one of their capacity profiles.
type profileUse struct {
	Profile  routing.ProfileID `json:"profile"`
	Blocking bool              `json:"blocking"`
	Limit    int               `json:"limit"`
	Used     int               `json:"used"`
}

func (p profileUse) use() routing.ProfileUse {
	return routing.ProfileUse{Limit: p.Limit, Used: p.Used, Blocking: p.Blocking}
}

// among says of which agents a statement asks, behind their id; $1 is the tenant, args what comes from $2 on.
type among struct {
	sql  string
	args []any
}

// named are a few agents by their ids.
func named(agents []conversation.AgentID) among {
	return among{` = any($2::uuid[])`, []any{pq.Array(agents)}}
}

// serving are the members of queues. They may be thousands: named one by one, they would cost Postgres more to plan for than to
// find.
func serving(queues []conversation.QueueID) among {
	return among{` in (select agent_id from queue_members where tenant = $1 and queue_id = any($2::uuid[]))`, []any{pq.Array(queues)}}
}

// takingOrBlocking narrows it to capacity profiles p that are named, and those that block their agents.
func (a among) takingOrBlocking(profiles []routing.ProfileID) among {
	return among{
		fmt.Sprintf(`%s and (p.blocking or p.id = any($%d::uuid[]))`, a.sql, len(a.args)+2),
		append(slices.Clone(a.args), pq.Array(profiles)),
	}
}

// ask reads rows of a statement about agents into list.
func (a among) ask(ctx context.Context, tx *transaction, t conversation.Tenant, list any, query string) error {
	return tx.SelectContext(ctx, list, query, append([]any{t}, a.args...)...)
}

// each reads the rows of a statement one by one: of thousands, finding the fields by their names would take the longer half.
func (a among) each(ctx context.Context, tx *transaction, t conversation.Tenant, query string, read func(*sql.Rows) error) error {
	rows, err := tx.QueryContext(ctx, query, append([]any{t}, a.args...)...)
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // Err below tells
	for rows.Next() {
		if err := read(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// readCandidates reads agents who are not disabled, by id, and all that they have; see the functions capacity_in_use and profile_in_use.
func readCandidates(ctx context.Context, tx *transaction, t conversation.Tenant, who among) ([]*candidate, error) {
	list, err := readPeople(ctx, tx, t, who)
	if err != nil || len(list) == 0 {
		return list, err
	}
	return list, readProfileUses(ctx, tx, t, who, byID(list))
}

// readPeople reads what readCandidates does, but no capacity profiles.
func readPeople(ctx context.Context, tx *transaction, t conversation.Tenant, who among) ([]*candidate, error) {
	// What an agent has is looked up agent by agent: to join it, the planner would have to know how much there is, and that changes
	// with every batch.
	people := `
		select g.id, g.version, g.presence, g.presence_manual, g.lost_at is not null, g.units, g.attributes,
			(select max_conversations from tenants where id = $1), c.load, c.sessions
		from agents g cross join lateral capacity_in_use(g.tenant, g.id, g.time_zone, null) c
		where g.tenant = $1 and not g.disabled and g.deleted_at is null and g.id` + who.sql
	var list []*candidate
	err := who.each(ctx, tx, t, people, func(rows *sql.Rows) error {
		c := new(candidate)
		list = append(list, c)
		return rows.Scan(&c.ID, &c.Version, &c.Presence, &c.Manual, &c.Lost, &c.Units, &c.Attributes, &c.Max, &c.Load, &c.Sessions)
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(list, func(a, b *candidate) int { return cmp.Compare(a.ID, b.ID) }) // thousands: quicker here than there
	return list, nil
}

// readProfileUses reads the agents' room in their capacity profiles p.
func readProfileUses(ctx context.Context, tx *transaction, t conversation.Tenant, who among, agents map[conversation.AgentID]*candidate) error {
	uses := `
		select m.agent_id, p.id, p.blocking, coalesce(m.item_limit, p.item_limit), u.used
		from agent_profiles m join capacity_profiles p on p.tenant = m.tenant and p.id = m.profile_id
		join agents g on g.tenant = m.tenant and g.id = m.agent_id
		cross join lateral profile_in_use(m.tenant, m.agent_id, p.id, p.reset, g.time_zone, null) u
		where m.tenant = $1 and m.agent_id` + who.sql
	err := who.each(ctx, tx, t, uses, func(rows *sql.Rows) error {
		var agent conversation.AgentID
		var r profileUse
		if err := rows.Scan(&agent, &r.Profile, &r.Blocking, &r.Limit, &r.Used); err != nil {
			return err
		}
		if a := agents[agent]; a != nil { // otherwise disabled
			a.profiles = append(a.profiles, r)
		}
		return nil
	})
	for _, a := range agents { // in one order, so that they can be compared
		slices.SortFunc(a.profiles, func(a, b profileUse) int { return cmp.Compare(a.Profile, b.Profile) })
	}
	return err
}

// decodeProfileUses decodes the profile_uses of capacity_in_use.
func decodeProfileUses(agent conversation.AgentID, encoded []byte) (uses []profileUse, err error) {
	if encoded == nil {
		return nil, nil
	}
	if err := json.Unmarshal(encoded, &uses); err != nil {
		return nil, fmt.Errorf("capacity profiles of agent %s: %w", agent, err)
	}
	return uses, nil
}

// same reports whether nothing has changed that decides whether the agent is asked. Now the use of all profiles is known; c may have fewer.
func (c *candidate) same(now *candidate) bool {
	if now == nil {
		return false
	}
	then := *now
	then.profiles = slices.DeleteFunc(slices.Clone(now.profiles), func(r profileUse) bool {
		return !r.Blocking && !slices.ContainsFunc(c.profiles, func(had profileUse) bool { return had.Profile == r.Profile })
	})
	if !slices.Equal(c.profiles, then.profiles) {
		return false
	}
	then.profiles = c.profiles
	return reflect.DeepEqual(c, &then)
}

// candidatePool is who may be asked for the items of some queues.
type candidatePool struct {
	facts map[conversation.AgentID]*candidate // as they were read
	list  []*routing.Candidate
}

// details is what the choice wants to know of agents beside their room, where an item or a queue asks for it.
type details struct {
	profiles []routing.ProfileID // that an item takes; the others say nothing, but where they block
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
func readPool(ctx context.Context, tx *transaction, t conversation.Tenant, queues []routing.Queue, what details) (candidatePool, error) {
	ids := idsOfQueues(queues)
	who := serving(ids)
	people, err := readPeople(ctx, tx, t, who)
	if err != nil {
		return candidatePool{}, err
	}
	if err := readProfileUses(ctx, tx, t, who.takingOrBlocking(what.profiles), byID(people)); err != nil {
		return candidatePool{}, err
	}
	c := candidatePool{facts: make(map[conversation.AgentID]*candidate, len(people)), list: make([]*routing.Candidate, 0, len(people))}
	agents := make(map[conversation.AgentID]*routing.Candidate, len(people))
	for _, p := range people {
		a, err := p.forChoice()
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

// forChoice is the agent as the choice knows them, so far.
func (c *candidate) forChoice() (*routing.Candidate, error) {
	a := &routing.Candidate{
		ID: c.ID, Presence: c.Presence, Lost: c.Lost, Units: c.Units, Load: c.Load, Sessions: c.Sessions, MaxSessions: c.Max,
		Queues: make(map[conversation.QueueID]routing.Membership, 1),
	}
	if string(c.Attributes) != "{}" { // most have none
		if err := json.Unmarshal(c.Attributes, &a.Attributes); err != nil {
			return nil, fmt.Errorf("attributes of agent %s: %w", c.ID, err)
		}
	}
	if len(c.profiles) > 0 {
		a.Profiles = make(map[routing.ProfileID]routing.ProfileUse, len(c.profiles))
	}
	for _, r := range c.profiles {
		a.Profiles[r.Profile] = r.use()
	}
	return a, nil
}

// readPlaces reads which agents serve which queue, since when, and when each was last assigned something in it.
func readPlaces(ctx context.Context, tx *transaction, t conversation.Tenant, queues []conversation.QueueID, agents map[conversation.AgentID]*routing.Candidate) error {
	// Of the rows at and behind a place in the index, the first is the latest of that place, if it has any. Asked for like
	// this, the planner takes that index even while it knows nothing of a young table.
	const members = `
		select m.agent_id, m.queue_id, m.joined_at, last.offered_at as last_assigned
		from queue_members m left join lateral (
			select a.tenant, a.queue_id, a.agent_id, a.offered_at from assignments a
			where (a.tenant, a.queue_id, a.agent_id) >= (m.tenant, m.queue_id, m.agent_id)
			order by a.tenant, a.queue_id, a.agent_id, a.offered_at desc limit 1
		) last on last.tenant = m.tenant and last.queue_id = m.queue_id and last.agent_id = m.agent_id
		where m.tenant = $1 and m.queue_id = any($2::uuid[])`
	return among{args: []any{pq.Array(queues)}}.each(ctx, tx, t, members, func(rows *sql.Rows) error {
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

func readSkills(ctx context.Context, tx *transaction, t conversation.Tenant, who among, agents map[conversation.AgentID]*routing.Candidate) error {
	query := `select agent_id, skill_id, rating from agent_skills where tenant = $1 and not disabled and agent_id` + who.sql
	var rows []struct {
		Agent  conversation.AgentID `db:"agent_id"`
		Skill  routing.SkillID      `db:"skill_id"`
		Rating int                  `db:"rating"`
	}
	if err := who.ask(ctx, tx, t, &rows, query); err != nil {
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
func readReleased(ctx context.Context, tx *transaction, t conversation.Tenant, who among, agents map[conversation.AgentID]*routing.Candidate) error {
	query := `
		select g.id, r.at from agents g cross join lateral (
			select least(a.holds_until, a.ended_at) as at from assignments a
			where a.tenant = g.tenant and a.agent_id = g.id and least(a.holds_until, a.ended_at) <= clock_timestamp()
			order by least(a.holds_until, a.ended_at) desc limit 1) r
		where g.tenant = $1 and g.id` + who.sql
	var rows []struct {
		ID conversation.AgentID `db:"id"`
		At time.Time            `db:"at"`
	}
	if err := who.ask(ctx, tx, t, &rows, query); err != nil {
		return err
	}
	for _, r := range rows {
		if a, ok := agents[r.ID]; ok {
			a.LastReleased = r.At
		}
	}
	return nil
}
