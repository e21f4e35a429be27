package distribution

import (
	"context"
	"time"

	"github.com/lib/pq"

	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/setup"
	"wxdesk/internal/routing"
)

// What the clock changes for agents: the hours in which they work, and their day. And what else only rules of a queue's own ask
// for: of which type a skill is.

// readShifts says of the agents who have hours of their own whether they are working now, if a queue's own rules may ask
// (ASG-9), and when the next of those who are not begins; zero: never.
func (d *distribution) readShifts(ctx context.Context, queues []routing.Queue) (next time.Time, err error) {
	custom := false
	for _, q := range queues {
		custom = custom || q.Method == routing.Custom
	}
	if !custom {
		return next, nil
	}
	const query = `
		select h.time_zone, h.weekly, h.holidays, array_agg(g.id::text) as agents
		from operating_hours h join agents g on g.tenant = h.tenant and g.hours_id = h.id
		where h.tenant = $1 group by h.tenant, h.id`
	var rows []struct {
		TimeZone *string        `db:"time_zone"`
		Weekly   []byte         `db:"weekly"`
		Holidays []byte         `db:"holidays"`
		Agents   pq.StringArray `db:"agents"`
	}
	if err := d.reading.SelectContext(ctx, &rows, query, d.tenant); err != nil {
		return next, err
	}
	off := map[conversation.AgentID]bool{}
	for _, r := range rows {
		hours, err := setup.HoursOf(r.TimeZone, r.Weekly, r.Holidays)
		if err != nil {
			return next, err
		}
		if hours.Open(d.now) {
			continue
		}
		for _, a := range r.Agents {
			off[conversation.AgentID(a)] = true
		}
		if opens, ever := hours.Opens(d.now); ever && (next.IsZero() || opens.Before(next)) {
			next = opens
		}
	}
	for _, a := range d.pool.list {
		a.OffHours = off[a.ID]
	}
	return next, nil
}

// turnDays lists the agents whose day has ended since their automatic presence was set: what a capacity profile took for the day
// has come back to them (CAP-3), and their presence may still say that they are full. It has the distribution run again when the
// next day ends, because their room grows then.
func (d *distribution) turnDays(ctx context.Context) ([]conversation.AgentID, error) {
	// A day is reckoned once for each time zone, not for each agent.
	const query = `
		with days as (
			select z.time_zone, local.midnight at time zone z.time_zone as begins, (local.midnight + interval '1 day') at time zone z.time_zone as ends
			from (select distinct time_zone from agents where tenant = $1) z
			cross join lateral (select date_trunc('day', clock_timestamp() at time zone z.time_zone) as midnight) local)
		select array_agg(g.id::text) filter (where g.presence in ('busy', 'dnd') and not g.presence_manual and g.presence_at < day.begins) as turned,
			min(day.ends) as next
		from agents g join days day on day.time_zone = g.time_zone
		where g.tenant = $1 and not g.disabled and g.deleted_at is null and g.presence <> 'offline' and g.id in (
			select m.agent_id from capacity_profiles p join agent_profiles m on m.tenant = p.tenant and m.profile_id = p.id
			where p.tenant = $1 and p.reset = 'end_of_day')`
	var days struct {
		Turned pq.StringArray `db:"turned"`
		Next   *time.Time     `db:"next"` // nil if no agent has such a profile
	}
	if err := d.reading.GetContext(ctx, &days, query, d.tenant); err != nil || days.Next == nil {
		return nil, err
	}
	d.moments = append(d.moments, *days.Next)
	return postgres.IDs[conversation.AgentID](days.Turned), nil
}

// readKinds reads the types of skills if a rule orders by one (ASG-10).
func (d *distribution) readKinds(ctx context.Context, rules map[conversation.QueueID]routing.CustomRules) error {
	var kinds map[routing.SkillID]string
	for id, own := range rules {
		if !own.AskForKinds() {
			continue
		}
		if kinds == nil {
			var err error
			if kinds, err = d.kinds(ctx); err != nil {
				return err
			}
		}
		own.Kinds = kinds
		rules[id] = own
	}
	return nil
}

func (d *distribution) kinds(ctx context.Context) (map[routing.SkillID]string, error) {
	var rows []struct {
		ID   routing.SkillID `db:"id"`
		Kind string          `db:"kind"`
	}
	if err := d.reading.SelectContext(ctx, &rows, `select id, kind from skills where tenant = $1`, d.tenant); err != nil {
		return nil, err
	}
	kinds := make(map[routing.SkillID]string, len(rows))
	for _, r := range rows {
		kinds[r.ID] = r.Kind
	}
	return kinds, nil
}
