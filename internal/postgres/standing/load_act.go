package standing

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/resource"
	"wxdesk/internal/postgres/setup"
	"wxdesk/internal/routing"
)

// loadUnsent counts the messages that have not ended.
func (l *Locked) loadUnsent(ctx context.Context) error {
	const query = `
		select clock_timestamp() as now, count(*) filter (where status = 'queued') as queued,
			count(*) filter (where status = 'queued' and epoch is null) as automated, count(*) filter (where status = 'sending') as sending
		from deliveries where tenant = $1 and conversation_id = $2 and status in ('queued', 'sending')`
	var row struct {
		Now       time.Time `db:"now"`
		Queued    int       `db:"queued"`
		Automated int       `db:"automated"`
		Sending   int       `db:"sending"`
	}
	if err := l.Tx.GetContext(ctx, &row, query, l.Ref.Tenant, l.Ref.Conversation); err != nil {
		return err
	}
	l.Now, l.Unsent = row.Now, lifecycle.Unsent{Queued: row.Queued, Automated: row.Automated, Sending: row.Sending}
	return nil
}

// loadInvolvement reads what an agent has to do with the conversation. Of the one who has it nothing else need be known.
func (l *Locked) loadInvolvement(ctx context.Context, agent conversation.AgentID) error {
	if agent == "" || l.Holder == conversation.HolderAgent && l.Agent == agent {
		return nil
	}
	const query = `
		select exists (select from queue_members where tenant = $1 and queue_id = nullif($4, '')::uuid and agent_id = $3) as member,
			count(*) > 0 as asked, coalesce(bool_or(state = 'offered' or accepted_at is not null), false) as accepted
		from assignments where tenant = $1 and conversation_id = $2 and agent_id = $3`
	var row struct {
		Member   bool `db:"member"`
		Asked    bool `db:"asked"`
		Accepted bool `db:"accepted"`
	}
	err := l.Tx.GetContext(ctx, &row, query, l.Ref.Tenant, l.Ref.Conversation, agent, string(l.Queue))
	l.Member, l.Asked, l.Accepted = row.Member, row.Asked, row.Accepted
	return err
}

// loadNamed reads what an act names: a queue, a message, skills.
func (l *Locked) loadNamed(ctx context.Context, want lifecycle.Act) error {
	if want.Queue != "" {
		if err := l.loadTarget(ctx, want.Queue); err != nil {
			return err
		}
	}
	if want.Message != "" {
		const query = `select status from deliveries where tenant = $1 and conversation_id = $2 and message_id = $3`
		err := l.Tx.GetContext(ctx, &l.Message, query, l.Ref.Tenant, l.Ref.Conversation, want.Message)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
	}
	needed, _ := want.SkillsWanted()
	if len(needed) == 0 {
		return nil
	}
	const holdSkills = `select id from ` + resource.LiveSkills + ` and tenant = $1 and id = any($2::uuid[]) order by id for key share`
	return l.Tx.SelectContext(ctx, &l.Skills, holdSkills, l.Ref.Tenant, postgres.Texts(postgres.Each(needed, func(n routing.NeededSkill) routing.SkillID { return n.SkillID })))
}

func (l *Locked) loadTarget(ctx context.Context, id conversation.QueueID) error {
	const query = `
		select h.time_zone, h.weekly, h.holidays, count(g.id) filter (where g.id::text <> $3) as others
		from queues q
		left join operating_hours h on h.tenant = q.tenant and h.id = q.hours_id
		left join queue_members m on m.tenant = q.tenant and m.queue_id = q.id
		left join agents g on g.tenant = m.tenant and g.id = m.agent_id and not g.disabled and g.deleted_at is null
		where q.tenant = $1 and q.id = $2 and q.deleted_at is null
		group by h.tenant, h.id`
	var row struct {
		Others   int     `db:"others"`
		TimeZone *string `db:"time_zone"`
		Weekly   []byte  `db:"weekly"`
		Holidays []byte  `db:"holidays"`
	}
	err := l.Tx.GetContext(ctx, &row, query, l.Ref.Tenant, id, string(l.Agent))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return err
	}
	hours, err := setup.HoursOf(row.TimeZone, row.Weekly, row.Holidays)
	l.Target = &lifecycle.Target{ID: id, Hours: hours, Others: row.Others}
	return err
}
