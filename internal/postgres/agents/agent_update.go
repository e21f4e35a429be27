package agents

import (
	"context"
	"slices"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/audit"
	"wxdesk/internal/postgres/capacity"
	"wxdesk/internal/postgres/notify"
	"wxdesk/internal/postgres/presence"
	"wxdesk/internal/postgres/resource"
	"wxdesk/internal/postgres/setup"
	"wxdesk/internal/routing"
)

// UpdateAgent replaces the settings of the actor's agent, their skills, capacity profiles and queues, where their version is
// still a.Version (ErrVersion otherwise); their presence is not among them. With Disabled, what they have goes back to its
// queues in the same transaction, and their API tokens count no more until they are enabled. In the queues where they stay they
// keep their place in the rotation; nobody leaves the default queue. It returns routing.UnknownError when a skill, a capacity
// profile or a queue is not there, ErrNotFound when there is no such agent.
func (db *DB) UpdateAgent(ctx context.Context, by access.Actor, a routing.Agent) (routing.Agent, error) {
	return postgres.Transact(ctx, db.pool, "update agent", func(tx *postgres.Tx) (routing.Agent, error) {
		a, err := setup.WithDefaultQueue(ctx, tx, by.Tenant, a)
		if err != nil {
			return routing.Agent{}, err
		}
		old, err := db.lockForUpdate(ctx, tx, by.Tenant, a)
		if err != nil {
			return routing.Agent{}, err
		}
		a.ID = old.ID
		row := agentRowOf(old.StampRow, a)
		row.Presence, row.Manual, row.PresenceAt, row.Shown = old.Presence, old.Manual, old.PresenceAt, old.Shown
		columns := resource.ChangedColumns(old, row)
		if done, err := resource.Settled(old.Version, a.Version, columns); done || err != nil {
			return old.agent(), err
		}
		if err := holdAbilities(ctx, tx, by.Tenant, a); err != nil {
			return routing.Agent{}, err
		}
		if a.Disabled && !old.Disabled {
			row.Presence, row.Manual = routing.Offline, false
			if err := db.presence.SignOut(ctx, tx, presence.AgentKey{Tenant: by.Tenant, ID: a.ID}); err != nil { // nobody waits for them any more
				return routing.Agent{}, err
			}
			if err := presence.EndShiftOf(ctx, tx, by.Tenant, a.ID); err != nil {
				return routing.Agent{}, err
			}
		}
		const update = `
			update agents set name = :name, units = :units, time_zone = :time_zone, hours_id = :hours_id, default_presence = :default_presence,
				attributes = :attributes, disabled = :disabled, presence_manual = :presence_manual,
				presence_at = case when presence = :presence then presence_at else now() end, presence = :presence,
				version = version + 1, updated_at = now()
			where tenant = :tenant and id = :id`
		if _, err := tx.NamedExecContext(ctx, update, row); err != nil {
			return routing.Agent{}, err
		}
		moved := slices.DeleteFunc(append(old.agent().Queues, a.Queues...), func(q conversation.QueueID) bool {
			return slices.Contains(old.agent().Queues, q) && slices.Contains(a.Queues, q)
		})
		if err := writeAbilities(ctx, tx, row, columns, moved); err != nil {
			return routing.Agent{}, err
		}
		if err := capacity.SettlePresence(ctx, tx, by.Tenant, a.ID); err != nil {
			return routing.Agent{}, err
		}
		if err := notify.TriggerDistribution(ctx, tx, by.Tenant, notify.AtOnce); err != nil {
			return routing.Agent{}, err
		}
		if err := audit.Record(ctx, tx, by, audit.AgentUpdate, string(a.ID), columns...); err != nil {
			return routing.Agent{}, err
		}
		return readAgent(ctx, tx, by.Tenant, a.ID)
	})
}

// lockForUpdate locks the queues that an agent may leave or join, then the conversations that are released when the agent is
// disabled, and then the agent. If what it read before these locks has changed, the transaction is tried again.
func (db *DB) lockForUpdate(ctx context.Context, tx *postgres.Tx, t conversation.Tenant, wished routing.Agent) (agentRow, error) {
	now, err := readAgent(ctx, tx, t, wished.ID)
	if err != nil {
		return agentRow{}, err
	}
	if err := setup.LockQueues(ctx, tx, t, append(now.Queues, wished.Queues...)); err != nil {
		return agentRow{}, err
	}
	if wished.Disabled && !now.Disabled && now.Version == wished.Version {
		if err := db.releaseWork(ctx, tx, t, wished.ID, lifecycle.Disabled); err != nil {
			return agentRow{}, err
		}
		return lockIdleAgent(ctx, tx, t, wished.ID)
	}
	row, err := lockAgent(ctx, tx, t, wished.ID)
	if err == nil && row.Version != now.Version && row.Version == wished.Version {
		return agentRow{}, postgres.ErrAgain
	}
	return row, err
}

// holdAbilities keeps what an agent's settings point to.
func holdAbilities(ctx context.Context, tx *postgres.Tx, t conversation.Tenant, a routing.Agent) error {
	if a.HoursID != "" {
		if err := resource.Hold(ctx, tx, t, resource.LiveHours, "hours_id", a.HoursID); err != nil {
			return err
		}
	}
	skills := postgres.Each(a.Skills, func(s routing.AgentSkill) routing.SkillID { return s.SkillID })
	if err := resource.Hold(ctx, tx, t, resource.LiveSkills, "skills", skills...); err != nil {
		return err
	}
	profiles := postgres.Each(a.Profiles, func(p routing.AgentProfile) routing.ProfileID { return p.ProfileID })
	if err := resource.Hold(ctx, tx, t, resource.LiveProfiles, "profiles", profiles...); err != nil {
		return err
	}
	return resource.Hold(ctx, tx, t, resource.LiveQueues, "queue_ids", a.Queues...)
}

// writeAbilities writes an agent's skills, capacity profiles and queues, as far as these columns name them; moved are the
// queues that the agent joins or leaves.
func writeAbilities(ctx context.Context, tx *postgres.Tx, row agentRow, columns []string, moved []conversation.QueueID) error {
	var statements []string
	if slices.Contains(columns, "skills") {
		statements = append(statements, `delete from agent_skills where tenant = :tenant and agent_id = :id`, `
			insert into agent_skills (tenant, agent_id, skill_id, rating, disabled)
			select :tenant, :id, s.skill_id, s.rating, coalesce(s.disabled, false)
			from jsonb_to_recordset(cast(:skills as jsonb)) as s (skill_id uuid, rating int, disabled boolean)`)
	}
	if slices.Contains(columns, "profiles") {
		statements = append(statements, `delete from agent_profiles where tenant = :tenant and agent_id = :id`, `
			insert into agent_profiles (tenant, agent_id, profile_id, item_limit)
			select :tenant, :id, p.profile_id, p."limit"
			from jsonb_to_recordset(cast(:profiles as jsonb)) as p (profile_id uuid, "limit" int)`)
	}
	if slices.Contains(columns, "queues") {
		statements = append(statements, `delete from queue_members where tenant = :tenant and agent_id = :id and queue_id <> all(cast(:queues as uuid[]))`)
	}
	for _, statement := range statements {
		if _, err := tx.NamedExecContext(ctx, statement, row); err != nil {
			return err
		}
	}
	if !slices.Contains(columns, "queues") {
		return nil
	}
	if err := setup.Enrol(ctx, tx, row.Tenant, []conversation.AgentID{row.ID}, postgres.IDs[conversation.QueueID](row.Queues)); err != nil {
		return err
	}
	return setup.Raise(ctx, tx, row.Tenant, "queues", moved)
}
