package capacity

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"

	"github.com/lib/pq"

	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/routing"
)

// ByID finds agents by their ids.
func ByID(people []*Candidate) map[conversation.AgentID]*Candidate {
	m := make(map[conversation.AgentID]*Candidate, len(people))
	for _, p := range people {
		m[p.ID] = p
	}
	return m
}

// Among selects the agents that a statement is about. SQL is the condition that follows an agent's id in it. $1 is the tenant, and
// Args are the arguments from $2 on.
type Among struct {
	SQL  string
	Args []any
}

// Named selects agents by id.
func Named(agents []conversation.AgentID) Among {
	return Among{` = any($2::uuid[])`, []any{pq.Array(agents)}}
}

// Serving selects the members of queues. They may be thousands: selected by id, they would cost Postgres more to plan for than to
// find.
func Serving(queues []conversation.QueueID) Among {
	return Among{` in (select agent_id from queue_members where tenant = $1 and queue_id = any($2::uuid[]))`, []any{pq.Array(queues)}}
}

// TakingOrBlocking keeps only those capacity profiles p of the agents that are named here, or that block their agents.
func (a Among) TakingOrBlocking(profiles []routing.ProfileID) Among {
	return Among{
		fmt.Sprintf(`%s and (p.blocking or p.id = any($%d::uuid[]))`, a.SQL, len(a.Args)+2),
		append(slices.Clone(a.Args), pq.Array(profiles)),
	}
}

// Ask reads the rows of a statement about the agents into list.
func (a Among) Ask(ctx context.Context, tx *postgres.Tx, t conversation.Tenant, list any, query string) error {
	return tx.SelectContext(ctx, list, query, append([]any{t}, a.Args...)...)
}

// Each calls read for each row of a statement about the agents. Ask takes about twice as long for thousands of rows, because it finds
// fields by name.
func (a Among) Each(ctx context.Context, tx *postgres.Tx, t conversation.Tenant, query string, read func(*sql.Rows) error) error {
	rows, err := tx.QueryContext(ctx, query, append([]any{t}, a.Args...)...)
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

// ReadCandidates reads agents who are not disabled, by id, and all that they have; see the functions capacity_in_use and profile_in_use.
func ReadCandidates(ctx context.Context, tx *postgres.Tx, t conversation.Tenant, who Among) ([]*Candidate, error) {
	list, err := ReadPeople(ctx, tx, t, who)
	if err != nil || len(list) == 0 {
		return list, err
	}
	return list, ReadProfileUses(ctx, tx, t, who, ByID(list))
}

// WorkColumns say how an agent g works: whether a person has begun their shift, and whether an API token has an event stream for them.
const WorkColumns = `
	exists (select from users u where u.tenant = g.tenant and u.agent_id = g.id and u.deleted_at is null and u.shift_since is not null) as shift,
	exists (select from connections n where n.tenant = g.tenant and n.agent_id = g.id and n.token_id is not null) as bearer`

// ReadPeople reads what ReadCandidates does, but no capacity profiles.
func ReadPeople(ctx context.Context, tx *postgres.Tx, t conversation.Tenant, who Among) ([]*Candidate, error) {
	// The load is read agent by agent. For a join, the planner would have to know how much there is, and that changes with every
	// batch.
	selectAgents := `
		select g.id, g.version, g.presence, g.presence_manual, g.lost_at is not null, g.units, g.attributes,
			(select max_conversations from tenants where id = $1), c.load, c.sessions
		from agents g cross join lateral capacity_in_use(g.tenant, g.id, g.time_zone, null) c
		where g.tenant = $1 and not g.disabled and g.deleted_at is null and g.id` + who.SQL
	var list []*Candidate
	err := who.Each(ctx, tx, t, selectAgents, func(rows *sql.Rows) error {
		c := new(Candidate)
		list = append(list, c)
		return rows.Scan(&c.ID, &c.Version, &c.Presence, &c.Manual, &c.Lost, &c.Units, &c.Attributes, &c.Max, &c.Load, &c.Sessions)
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(list, func(a, b *Candidate) int { return cmp.Compare(a.ID, b.ID) }) // thousands: quicker here than there
	return list, nil
}
