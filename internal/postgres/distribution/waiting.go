package distribution

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/lib/pq"

	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/setup"
	"wxdesk/internal/routing"
)

const (
	// sortedByRules is how many items of a demand are read if a queue's own rules say who goes first, which SQL does not
	// know.
	sortedByRules = 1000
	// singular is how many items of a demand are read that prefer somebody, or were declined: no two of them are alike.
	singular = 100
)

// waitingItem is a work item that waits to be offered, with what its workstream says.
type waitingItem struct {
	ID           conversation.WorkItemID `db:"id"`
	Conversation conversation.ID         `db:"conversation_id"`
	Queue        conversation.QueueID    `db:"queue_id"`
	Priority     int                     `db:"priority"`
	Since        time.Time               `db:"since"`
	Units        int                     `db:"units"`
	Profiles     pq.StringArray          `db:"profiles"`
	Skills       []byte                  `db:"skills"`
	SkillMatch   routing.SkillMatch      `db:"skill_match"`
	Presences    pq.StringArray          `db:"presences"`
	KeptFor      conversation.AgentID    `db:"affinity_agent"`
	KeptUntil    *time.Time              `db:"kept_until"`
	Preferred    pq.StringArray          `db:"preferred"`
	Declined     []byte                  `db:"declined"`
	Paused       []byte                  `db:"paused"`
	Attributes   []byte                  `db:"attributes"`
	OfferMS      int64                   `db:"offer_ms"`
	AutoAccept   bool                    `db:"auto_accept"`
	Version      string                  `db:"version"` // of the row

	Workstream  conversation.WorkstreamID          `db:"workstream_id"`
	MaxPerAgent int                                `db:"max_per_agent"` // 0: no limit
	pauses      map[conversation.AgentID]time.Time // Paused, decoded
}

// item returns the work item as the choice needs it at a given time.
func (w *waitingItem) item(now time.Time) (routing.Item, error) {
	i := routing.Item{
		ID: w.ID, QueueID: w.Queue, Priority: w.Priority, Since: w.Since, Units: w.Units,
		Profiles: postgres.IDs[routing.ProfileID](w.Profiles), SkillMatch: w.SkillMatch, Presences: postgres.IDs[routing.Presence](w.Presences),
		Preferred:  postgres.IDs[conversation.AgentID](w.Preferred),
		Workstream: w.Workstream, MaxPerAgent: w.MaxPerAgent,
	}
	if w.KeptUntil != nil && w.KeptUntil.After(now) {
		i.Affinity = w.KeptFor
	}
	for _, field := range []struct {
		from []byte
		to   any
	}{{w.Skills, &i.Skills}, {w.Declined, &i.Declined}, {w.Attributes, &i.Attributes}, {w.Paused, &w.pauses}} {
		if err := json.Unmarshal(field.from, field.to); err != nil {
			return i, fmt.Errorf("work item %s: %w", w.ID, err)
		}
	}
	for agent, until := range w.pauses {
		if until.After(now) {
			if i.Paused == nil {
				i.Paused = map[conversation.AgentID]bool{}
			}
			i.Paused[agent] = true
		}
	}
	return i, nil
}

// queues reads the queues in which something waits to be offered, and the rules of those that have their own.
func (d *distribution) queues(ctx context.Context) ([]routing.Queue, map[conversation.QueueID]routing.CustomRules, error) {
	const query = `
		select q.id, q.name, q.priority, q.method, q.decline_limit from queues q
		where q.tenant = $1 and exists (
			select from work_items i where i.tenant = q.tenant and i.queue_id = q.id and i.state = 'waiting' and i.mode = 'push')`
	var rows []struct {
		ID           conversation.QueueID `db:"id"`
		Name         string               `db:"name"`
		Priority     int                  `db:"priority"`
		Method       routing.Method       `db:"method"`
		DeclineLimit int                  `db:"decline_limit"`
	}
	if err := d.reading.SelectContext(ctx, &rows, query, d.tenant); err != nil {
		return nil, nil, err
	}
	queues := make([]routing.Queue, len(rows))
	var custom []conversation.QueueID
	for i, r := range rows {
		queues[i] = routing.Queue{ID: r.ID, Name: r.Name, Priority: r.Priority, Method: r.Method, DeclineLimit: r.DeclineLimit}
		if r.Method == routing.Custom {
			custom = append(custom, r.ID)
		}
	}
	rules, err := d.rules(ctx, custom)
	return queues, rules, err
}

// rules reads the rulesets in force of queues that have their own.
func (d *distribution) rules(ctx context.Context, queues []conversation.QueueID) (map[conversation.QueueID]routing.CustomRules, error) {
	if len(queues) == 0 {
		return nil, nil
	}
	versions, err := setup.RulesInForce(ctx, d.reading, d.tenant, `r.queue_id = any($2::uuid[])`, pq.Array(queues))
	if err != nil {
		return nil, err
	}
	rules := make(map[conversation.QueueID]routing.CustomRules, len(queues))
	for _, r := range versions {
		v, queue := r.Version(), postgres.OrEmpty(r.Queue)
		c := rules[queue]
		if r.Kind == routing.Prioritisation {
			c.Prioritisation = &v
		} else {
			c.Assignment = &v
		}
		rules[queue] = c
	}
	return rules, nil
}

// waiting reads what may be offered next: the oldest of every demand, as many as a batch can assign, so that however many items
// nobody can take, they hide none that somebody can; in the same way those that are not like others of their demand; and the oldest
// that are kept for each agent.
func (d *distribution) waiting(ctx context.Context, queues []routing.Queue, rules map[conversation.QueueID]routing.CustomRules) ([]*waitingItem, error) {
	ids := make([]conversation.QueueID, len(queues))
	var sorted []conversation.QueueID
	for i, q := range queues {
		ids[i] = q.ID
		if rules[q.ID].Prioritisation != nil {
			sorted = append(sorted, q.ID)
		}
	}
	// The demands of a queue, and the agents for whom something is kept there, are found one from the other by the index, however
	// many items share each of them.
	const query = `
		with recursive demands as (
			select q.id as queue_id, first.demand from unnest($2::uuid[]) as q(id) cross join lateral (
				select demand from work_items where tenant = $1 and queue_id = q.id and state = 'waiting' and mode = 'push'
				order by demand limit 1) first
			union all
			select d.queue_id, next.demand from demands d cross join lateral (
				select demand from work_items where tenant = $1 and queue_id = d.queue_id and state = 'waiting' and mode = 'push'
					and demand > d.demand
				order by demand limit 1) next
		), keepers as (
			select q.id as queue_id, first.affinity_agent as agent from unnest($2::uuid[]) as q(id) cross join lateral (
				select affinity_agent from work_items where tenant = $1 and queue_id = q.id and state = 'waiting' and mode = 'push'
					and affinity_agent is not null
				order by affinity_agent limit 1) first
			union all
			select k.queue_id, next.affinity_agent from keepers k cross join lateral (
				select affinity_agent from work_items where tenant = $1 and queue_id = k.queue_id and state = 'waiting' and mode = 'push'
					and affinity_agent is not null and affinity_agent > k.agent
				order by affinity_agent limit 1) next
		), plain as (
			select i.* from demands d cross join lateral (
				select w.xmin::text as version, w.* from work_items w where w.tenant = $1 and w.queue_id = d.queue_id and w.demand = d.demand
					and w.state = 'waiting' and w.mode = 'push'
					and (w.affinity_agent is null or w.kept_until is null or w.kept_until <= $7) and w.preferred = '{}' and w.declined = '{}'
				order by w.priority, w.since, w.id
				limit case when d.queue_id = any($3::uuid[]) then $4::int else $5::int end) i
		), singular as (
			select i.* from demands d cross join lateral (
				select w.xmin::text as version, w.* from work_items w where w.tenant = $1 and w.queue_id = d.queue_id and w.demand = d.demand
					and w.state = 'waiting' and w.mode = 'push'
					and (w.affinity_agent is null or w.kept_until is null or w.kept_until <= $7) and (w.preferred <> '{}' or w.declined <> '{}')
				order by w.priority, w.since, w.id
				limit case when d.queue_id = any($3::uuid[]) then $4::int else $6::int end) i
		), kept as (
			select i.* from keepers k cross join lateral (
				select w.xmin::text as version, w.* from work_items w where w.tenant = $1 and w.queue_id = k.queue_id and w.affinity_agent = k.agent
					and w.state = 'waiting' and w.mode = 'push' and w.kept_until > $7
				order by w.priority, w.since, w.id limit $5) i
		)
		select i.version, i.id, i.conversation_id, i.queue_id, i.priority, i.since, i.units, i.profiles, i.skills, i.skill_match,
			i.presences, coalesce(i.affinity_agent::text, '') as affinity_agent, i.kept_until, i.preferred, i.declined, i.paused, i.attributes,
			w.offer_ms, w.auto_accept, w.id as workstream_id, coalesce(w.max_per_agent, 0) as max_per_agent
		from (select * from plain union all select * from singular union all select * from kept) i
		join conversations c on c.tenant = i.tenant and c.id = i.conversation_id
		join accounts a on a.tenant = c.tenant and a.id = c.account_id
		join workstreams w on w.tenant = c.tenant and w.id = coalesce(c.workstream_id, a.workstream_id,
			(select id from workstreams where tenant = $1 and is_default))`
	var list []*waitingItem
	err := d.reading.SelectContext(ctx, &list, query, d.tenant, pq.Array(ids), pq.Array(sorted), sortedByRules, routing.BatchLimit, singular, d.now)
	return list, err
}
