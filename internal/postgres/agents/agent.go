package agents

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
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/audit"
	"wxdesk/internal/postgres/notify"
	"wxdesk/internal/postgres/presence"
	"wxdesk/internal/postgres/resource"
	"wxdesk/internal/postgres/setup"
	"wxdesk/internal/routing"
)

type agentRow struct {
	resource.StampRow
	ID              conversation.AgentID                  `db:"id"`
	Name            string                                `db:"name"`
	Units           int                                   `db:"units"`
	TimeZone        string                                `db:"time_zone"`
	HoursID         *routing.HoursID                      `db:"hours_id"`
	DefaultPresence routing.Presence                      `db:"default_presence"`
	Presence        routing.Presence                      `db:"presence"`
	Manual          bool                                  `db:"presence_manual"`
	PresenceAt      time.Time                             `db:"presence_at"`
	Shown           postgres.JSON[*routing.ShownPresence] `db:"shown_presence"`
	Attributes      postgres.JSON[map[string]string]      `db:"attributes"`
	Skills          postgres.JSON[[]routing.AgentSkill]   `db:"skills"`
	Profiles        postgres.JSON[[]routing.AgentProfile] `db:"profiles"`
	Queues          pq.StringArray                        `db:"queues"`
	Disabled        bool                                  `db:"disabled"`
}

const (
	agentOwnColumns = resource.StampColumns + `, id, name, units, time_zone, hours_id, default_presence, presence, presence_manual, presence_at, ` + presence.ShownPresence + `, attributes, disabled`
	agentColumns    = agentOwnColumns + `,
		(select coalesce(jsonb_agg(jsonb_build_object('skill_id', s.skill_id, 'rating', s.rating, 'disabled', s.disabled) order by s.skill_id), '[]')
			from agent_skills s where s.tenant = agents.tenant and s.agent_id = agents.id) as skills,
		(select coalesce(jsonb_agg(jsonb_build_object('profile_id', p.profile_id, 'limit', p.item_limit) order by p.profile_id), '[]')
			from agent_profiles p where p.tenant = agents.tenant and p.agent_id = agents.id) as profiles,
		array(select m.queue_id::text from queue_members m where m.tenant = agents.tenant and m.agent_id = agents.id order by 1) as queues`
)

func (r agentRow) agent() routing.Agent {
	return routing.Agent{
		Stamp: r.Stamp(), ID: r.ID, Name: r.Name, Units: r.Units, TimeZone: r.TimeZone, HoursID: postgres.OrEmpty(r.HoursID), DefaultPresence: r.DefaultPresence,
		Presence: r.Presence, Manual: r.Manual, PresenceAt: r.PresenceAt, Shown: r.Shown.V, Attributes: r.Attributes.V, Skills: r.Skills.V,
		Profiles: r.Profiles.V, Queues: postgres.IDs[conversation.QueueID](r.Queues), Disabled: r.Disabled,
	}
}

func agentRowOf(stamp resource.StampRow, a routing.Agent) agentRow {
	row := agentRow{
		StampRow: stamp, ID: a.ID, Name: a.Name, Units: a.Units, TimeZone: a.TimeZone, HoursID: postgres.Pointer(a.HoursID), DefaultPresence: a.DefaultPresence,
		Attributes: postgres.JSON[map[string]string]{V: a.Attributes}, Skills: postgres.JSON[[]routing.AgentSkill]{V: append([]routing.AgentSkill{}, a.Skills...)},
		Profiles: postgres.JSON[[]routing.AgentProfile]{V: append([]routing.AgentProfile{}, a.Profiles...)}, Queues: postgres.Texts(a.Queues), Disabled: a.Disabled,
	}
	if row.Attributes.V == nil {
		row.Attributes.V = map[string]string{}
	}
	slices.SortFunc(row.Skills.V, func(a, b routing.AgentSkill) int { return cmp.Compare(a.SkillID, b.SkillID) })
	slices.SortFunc(row.Profiles.V, func(a, b routing.AgentProfile) int { return cmp.Compare(a.ProfileID, b.ProfileID) })
	return row
}

// CreateAgent adds an agent of the actor's tenant, who is offline and belongs to the default queue beside those that are named,
// and gives them their id. It returns routing.UnknownError when a skill, a capacity profile or a queue is not there.
func (db *DB) CreateAgent(ctx context.Context, by access.Actor, a routing.Agent) (routing.Agent, error) {
	a.ID = conversation.AgentID(postgres.NewID())
	return postgres.Transact(ctx, db.pool, "create agent "+string(a.ID), func(tx *postgres.Tx) (routing.Agent, error) {
		a, err := setup.WithDefaultQueue(ctx, tx, by.Tenant, a)
		if err != nil {
			return routing.Agent{}, err
		}
		row := agentRowOf(resource.StampRow{Tenant: by.Tenant}, a)
		if err := holdAbilities(ctx, tx, by.Tenant, a); err != nil {
			return routing.Agent{}, err
		}
		const insert = `
			insert into agents (tenant, id, name, units, time_zone, hours_id, default_presence, attributes, disabled)
			values (:tenant, :id, :name, :units, :time_zone, :hours_id, :default_presence, :attributes, :disabled)
			on conflict (tenant, id) do nothing`
		inserted, err := postgres.Affected(tx.NamedExecContext(ctx, insert, row))
		if err != nil {
			return routing.Agent{}, err
		}
		if inserted > 0 {
			if err := writeAbilities(ctx, tx, row, []string{"skills", "profiles", "queues"}, a.Queues); err != nil {
				return routing.Agent{}, err
			}
			if err := audit.Record(ctx, tx, by, audit.AgentCreate, string(a.ID)); err != nil {
				return routing.Agent{}, err
			}
		}
		return readAgent(ctx, tx, by.Tenant, a.ID)
	})
}

// Agent reads an agent. It returns ErrNotFound when they are unknown or deleted.
func (db *DB) Agent(ctx context.Context, t conversation.Tenant, id conversation.AgentID) (routing.Agent, error) {
	a, err := readAgent(ctx, db.pool, t, id)
	return a, postgres.Explain(ctx, "read agent", err)
}

// ListAgents pages by id, oldest first; after is the last id of the page before, "" for the first page.
func (db *DB) ListAgents(ctx context.Context, t conversation.Tenant, after conversation.AgentID, limit int) ([]routing.Agent, error) {
	var rows []agentRow
	err := db.pool.SelectContext(ctx, &rows, `select `+agentColumns+` from `+resource.LiveAgents+postgres.Page, t, after, limit)
	return postgres.Each(rows, agentRow.agent), postgres.Explain(ctx, "list agents", err)
}

// DeleteAgent takes an agent away: what they have goes back to its queues, their API tokens count no more, all in one
// transaction. Users with the role agent who are this agent cannot sign in any more; a supervisor or an administrator stays one. What
// they wrote stays readable under their name. A repeat changes nothing. It returns ErrNotFound when there never was one.
func (db *DB) DeleteAgent(ctx context.Context, by access.Actor, id conversation.AgentID) error {
	return db.pool.InTx(ctx, "delete agent", func(tx *postgres.Tx) error {
		var deleted bool
		if err := tx.GetContext(ctx, &deleted, `select deleted_at is not null from agents where tenant = $1 and id = $2`, by.Tenant, id); err != nil || deleted {
			return err
		}
		const memberships = `select queue_id from queue_members where tenant = $1 and agent_id = $2 order by queue_id::text`
		var left []conversation.QueueID
		if err := tx.SelectContext(ctx, &left, memberships, by.Tenant, id); err != nil {
			return err
		}
		if err := setup.LockQueues(ctx, tx, by.Tenant, left); err != nil {
			return err
		}
		if err := db.releaseWork(ctx, tx, by.Tenant, id, lifecycle.Deleted); err != nil {
			return err
		}
		row, err := lockIdleAgent(ctx, tx, by.Tenant, id)
		if err != nil {
			return err
		}
		if !slices.Equal(postgres.IDs[conversation.QueueID](row.Queues), left) {
			return postgres.ErrAgain // moved before the queues were locked
		}
		if err := setup.Raise(ctx, tx, by.Tenant, "queues", left); err != nil {
			return err
		}
		if err := db.presence.SignOut(ctx, tx, presence.AgentKey{Tenant: by.Tenant, ID: id}); err != nil { // nobody waits for them any more
			return err
		}
		for _, statement := range []string{
			`update agents set deleted_at = now(), disabled = true, hours_id = null, presence = 'offline', presence_at = now(), version = version + 1, updated_at = now()
			where tenant = $1 and id = $2`,
			`delete from queue_members where tenant = $1 and agent_id = $2`,
			`delete from agent_skills where tenant = $1 and agent_id = $2`,
			`delete from agent_profiles where tenant = $1 and agent_id = $2`,
			`update api_tokens set revoked_at = now() where tenant = $1 and agent_id = $2 and revoked_at is null`,
			`update users set disabled = true, shift_since = null, version = version + 1, updated_at = now()
			where tenant = $1 and agent_id = $2 and role = 'agent' and deleted_at is null`,
			`update users set agent_id = null, shift_since = null, version = version + 1, updated_at = now()
			where tenant = $1 and agent_id = $2 and role <> 'agent' and deleted_at is null`,
		} {
			if _, err := tx.ExecContext(ctx, statement, by.Tenant, id); err != nil {
				return err
			}
		}
		if err := notify.TriggerDistribution(ctx, tx, by.Tenant, notify.AtOnce); err != nil {
			return err
		}
		return audit.Record(ctx, tx, by, audit.AgentDelete, string(id))
	})
}

// lockIdleAgent locks an agent whose work was released a moment ago. If the agent has got new work in between, the transaction is
// tried again, because conversations are locked before agents.
func lockIdleAgent(ctx context.Context, tx *postgres.Tx, t conversation.Tenant, id conversation.AgentID) (agentRow, error) {
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
		return agentRow{}, postgres.ErrAgain
	}
	return row, nil
}

func readAgent(ctx context.Context, q sqlx.QueryerContext, t conversation.Tenant, id conversation.AgentID) (routing.Agent, error) {
	var row agentRow
	err := sqlx.GetContext(ctx, q, &row, `select `+agentColumns+` from `+resource.LiveAgents+` and tenant = $1 and id = $2`, t, id)
	return row.agent(), err
}

// lockAgent locks an agent and then reads it, so that it reads what the transactions before have left.
func lockAgent(ctx context.Context, tx *postgres.Tx, t conversation.Tenant, id conversation.AgentID) (row agentRow, err error) {
	var locked conversation.AgentID
	if err := tx.GetContext(ctx, &locked, `select id from `+resource.LiveAgents+` and tenant = $1 and id = $2 for no key update`, t, id); err != nil {
		return agentRow{}, err
	}
	err = tx.GetContext(ctx, &row, `select `+agentColumns+` from `+resource.LiveAgents+` and tenant = $1 and id = $2`, t, id)
	return row, err
}
