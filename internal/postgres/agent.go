package postgres

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/routing"
)

type agentRow struct {
	stampRow
	ID              conversation.AgentID           `db:"id"`
	Name            string                         `db:"name"`
	Units           int                            `db:"units"`
	TimeZone        string                         `db:"time_zone"`
	HoursID         *routing.HoursID               `db:"hours_id"`
	DefaultPresence routing.Presence               `db:"default_presence"`
	Presence        routing.Presence               `db:"presence"`
	Manual          bool                           `db:"presence_manual"`
	PresenceAt      time.Time                      `db:"presence_at"`
	Shown           asJSON[*routing.ShownPresence] `db:"shown_presence"`
	Attributes      asJSON[map[string]string]      `db:"attributes"`
	Skills          asJSON[[]routing.AgentSkill]   `db:"skills"`
	Profiles        asJSON[[]routing.AgentProfile] `db:"profiles"`
	Queues          pq.StringArray                 `db:"queues"`
	Disabled        bool                           `db:"disabled"`
}

const (
	agentOwnColumns = stampColumns + `, id, name, units, time_zone, hours_id, default_presence, presence, presence_manual, presence_at, ` + shownPresence + `, attributes, disabled`
	agentColumns    = agentOwnColumns + `,
		(select coalesce(jsonb_agg(jsonb_build_object('skill_id', s.skill_id, 'rating', s.rating, 'disabled', s.disabled) order by s.skill_id), '[]')
			from agent_skills s where s.tenant = agents.tenant and s.agent_id = agents.id) as skills,
		(select coalesce(jsonb_agg(jsonb_build_object('profile_id', p.profile_id, 'limit', p.item_limit) order by p.profile_id), '[]')
			from agent_profiles p where p.tenant = agents.tenant and p.agent_id = agents.id) as profiles,
		array(select m.queue_id::text from queue_members m where m.tenant = agents.tenant and m.agent_id = agents.id order by 1) as queues`
)

func (r agentRow) agent() routing.Agent {
	return routing.Agent{
		Stamp: r.stamp(), ID: r.ID, Name: r.Name, Units: r.Units, TimeZone: r.TimeZone, HoursID: orEmpty(r.HoursID), DefaultPresence: r.DefaultPresence,
		Presence: r.Presence, Manual: r.Manual, PresenceAt: r.PresenceAt, Shown: r.Shown.V, Attributes: r.Attributes.V, Skills: r.Skills.V,
		Profiles: r.Profiles.V, Queues: idsOf[conversation.QueueID](r.Queues), Disabled: r.Disabled,
	}
}

func agentRowOf(stamp stampRow, a routing.Agent) agentRow {
	row := agentRow{
		stampRow: stamp, ID: a.ID, Name: a.Name, Units: a.Units, TimeZone: a.TimeZone, HoursID: pointer(a.HoursID), DefaultPresence: a.DefaultPresence,
		Attributes: asJSON[map[string]string]{a.Attributes}, Skills: asJSON[[]routing.AgentSkill]{append([]routing.AgentSkill{}, a.Skills...)},
		Profiles: asJSON[[]routing.AgentProfile]{append([]routing.AgentProfile{}, a.Profiles...)}, Queues: texts(a.Queues), Disabled: a.Disabled,
	}
	if row.Attributes.V == nil {
		row.Attributes.V = map[string]string{}
	}
	slices.SortFunc(row.Skills.V, func(a, b routing.AgentSkill) int { return cmp.Compare(a.SkillID, b.SkillID) })
	slices.SortFunc(row.Profiles.V, func(a, b routing.AgentProfile) int { return cmp.Compare(a.ProfileID, b.ProfileID) })
	return row
}

// CreateAgent adds an agent of the actor's tenant, who is offline and belongs to the default queue beside those that are named,
// and gives them their id. routing.UnknownError when a skill, a capacity profile or a queue is not there.
func (db *DB) CreateAgent(ctx context.Context, by access.Actor, a routing.Agent) (routing.Agent, error) {
	a.ID = conversation.AgentID(newID())
	return transact(ctx, db, "create agent "+string(a.ID), func(tx *transaction) (routing.Agent, error) {
		a, err := withDefaultQueue(ctx, tx, by.Tenant, a)
		if err != nil {
			return routing.Agent{}, err
		}
		row := agentRowOf(stampRow{Tenant: by.Tenant}, a)
		if err := holdAbilities(ctx, tx, by.Tenant, a); err != nil {
			return routing.Agent{}, err
		}
		const insert = `
			insert into agents (tenant, id, name, units, time_zone, hours_id, default_presence, attributes, disabled)
			values (:tenant, :id, :name, :units, :time_zone, :hours_id, :default_presence, :attributes, :disabled)
			on conflict (tenant, id) do nothing`
		inserted, err := affected(tx.NamedExecContext(ctx, insert, row))
		if err != nil {
			return routing.Agent{}, err
		}
		if inserted > 0 {
			if err := writeAbilities(ctx, tx, row, []string{"skills", "profiles", "queues"}, a.Queues); err != nil {
				return routing.Agent{}, err
			}
			if err := record(ctx, tx, by, actAgentCreate, string(a.ID)); err != nil {
				return routing.Agent{}, err
			}
		}
		return readAgent(ctx, tx, by.Tenant, a.ID)
	})
}

// Agent reads one. ErrNotFound when they are unknown or deleted.
func (db *DB) Agent(ctx context.Context, t conversation.Tenant, id conversation.AgentID) (routing.Agent, error) {
	a, err := readAgent(ctx, db.sql, t, id)
	return a, explain(ctx, "read agent", err)
}

// ListAgents pages by id, oldest first; after is the last id of the page before, "" for the first page.
func (db *DB) ListAgents(ctx context.Context, t conversation.Tenant, after conversation.AgentID, limit int) ([]routing.Agent, error) {
	var rows []agentRow
	err := db.sql.SelectContext(ctx, &rows, `select `+agentColumns+` from `+liveAgents+pages, t, after, limit)
	return each(rows, agentRow.agent), explain(ctx, "list agents", err)
}

// DeleteAgent takes an agent away: what they have goes back to its queues, their API tokens count no more, all in one
// transaction. What they wrote stays readable under their name. A repeat changes nothing. ErrNotFound when there never was one.
func (db *DB) DeleteAgent(ctx context.Context, by access.Actor, id conversation.AgentID) error {
	return db.inTx(ctx, "delete agent", func(tx *transaction) error {
		var deleted bool
		if err := tx.GetContext(ctx, &deleted, `select deleted_at is not null from agents where tenant = $1 and id = $2`, by.Tenant, id); err != nil || deleted {
			return err
		}
		const memberships = `select queue_id from queue_members where tenant = $1 and agent_id = $2 order by queue_id::text`
		var left []conversation.QueueID
		if err := tx.SelectContext(ctx, &left, memberships, by.Tenant, id); err != nil {
			return err
		}
		if err := lockQueues(ctx, tx, by.Tenant, left); err != nil {
			return err
		}
		if err := db.releaseWork(ctx, tx, by.Tenant, id, lifecycle.Deleted); err != nil {
			return err
		}
		row, err := lockIdleAgent(ctx, tx, by.Tenant, id)
		if err != nil {
			return err
		}
		if !slices.Equal(idsOf[conversation.QueueID](row.Queues), left) {
			return errAgain // moved before the queues were locked
		}
		if err := raise(ctx, tx, by.Tenant, "queues", left); err != nil {
			return err
		}
		if err := db.signOut(ctx, tx, agentKey{by.Tenant, id}); err != nil { // nobody waits for them any more
			return err
		}
		for _, statement := range []string{
			`update agents set deleted_at = now(), disabled = true, hours_id = null, presence = 'offline', presence_at = now(), version = version + 1, updated_at = now()
			where tenant = $1 and id = $2`,
			`delete from queue_members where tenant = $1 and agent_id = $2`,
			`delete from agent_skills where tenant = $1 and agent_id = $2`,
			`delete from agent_profiles where tenant = $1 and agent_id = $2`,
			`update api_tokens set revoked_at = now() where tenant = $1 and agent_id = $2 and revoked_at is null`,
		} {
			if _, err := tx.ExecContext(ctx, statement, by.Tenant, id); err != nil {
				return err
			}
		}
		if err := triggerDistribution(ctx, tx, by.Tenant, atOnce); err != nil {
			return err
		}
		return record(ctx, tx, by, actAgentDelete, string(id))
	})
}

// lockIdleAgent locks an agent whose work was released just now. Work that came to the agent in between is released by trying
// again: conversations are locked before agents.
func lockIdleAgent(ctx context.Context, tx *transaction, t conversation.Tenant, id conversation.AgentID) (agentRow, error) {
	row, err := lockAgent(ctx, tx, t, id)
	if err != nil {
		return agentRow{}, err
	}
	const query = `
		select exists (
			select from assignments a join conversations c on c.tenant = a.tenant and c.id = a.conversation_id
			where a.tenant = $1 and a.agent_id = $2 and a.state in ('offered', 'accepted') and c.state in ('open', 'active'))`
	var working bool
	if err := tx.GetContext(ctx, &working, query, t, id); err != nil {
		return agentRow{}, err
	}
	if working {
		return agentRow{}, errAgain
	}
	return row, nil
}

func readAgent(ctx context.Context, q sqlx.QueryerContext, t conversation.Tenant, id conversation.AgentID) (routing.Agent, error) {
	var row agentRow
	err := sqlx.GetContext(ctx, q, &row, `select `+agentColumns+` from `+liveAgents+` and tenant = $1 and id = $2`, t, id)
	return row.agent(), err
}

// lockAgent locks first and reads then: what belongs to the agent is read as it stands behind the lock.
func lockAgent(ctx context.Context, tx *transaction, t conversation.Tenant, id conversation.AgentID) (row agentRow, err error) {
	var locked conversation.AgentID
	if err := tx.GetContext(ctx, &locked, `select id from `+liveAgents+` and tenant = $1 and id = $2 for no key update`, t, id); err != nil {
		return agentRow{}, err
	}
	err = tx.GetContext(ctx, &row, `select `+agentColumns+` from `+liveAgents+` and tenant = $1 and id = $2`, t, id)
	return row, err
}
