package presence

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/audit"
	"wxdesk/internal/postgres/capacity"
	"wxdesk/internal/postgres/notify"
	"wxdesk/internal/routing"
)

// presenceRow is what an agent's presence depends on.
type presenceRow struct {
	Tenant  conversation.Tenant  `db:"tenant"`
	ID      conversation.AgentID `db:"id"`
	Name    string               `db:"name"`
	Units   int                  `db:"units"`
	Default routing.Presence     `db:"default_presence"`

	Presence routing.Presence                      `db:"presence"`
	Manual   bool                                  `db:"presence_manual"`
	Custom   *routing.PresenceID                   `db:"custom_presence"` // chosen last
	Shown    postgres.JSON[*routing.ShownPresence] `db:"shown_presence"`
	At       time.Time                             `db:"presence_at"`
	Before   *routing.Presence                     `db:"presence_before"` // when the last connection was lost
	LostAt   *time.Time                            `db:"lost_at"`         // when the last connection was lost, and nobody has been told yet
	Disabled bool                                  `db:"disabled"`        // or deleted

	Now  time.Time     `db:"now"`
	Lost time.Duration `db:"lost_ns"` // ago, where LostAt or Before is not nil
}

const presenceColumns = `
	tenant, id, name, units, default_presence, presence, presence_manual, presence_at, presence_before, lost_at, custom_presence, ` + ShownPresence + `,
	disabled or deleted_at is not null as disabled, now() as now,
	(extract(epoch from now() - coalesce(lost_at, presence_at)) * 1e9)::bigint as lost_ns`

// lockPresence reads and locks an agent who may work. It returns ErrNotFound when there is none, or the agent is disabled.
func lockPresence(ctx context.Context, tx *postgres.Tx, t conversation.Tenant, id conversation.AgentID) (presenceRow, error) {
	r, err := readPresence(ctx, tx, t, id)
	if err == nil && r.Disabled {
		err = conversation.ErrNotFound
	}
	return r, err
}

// readPresence reads and locks an agent, whether or not the agent may work.
func readPresence(ctx context.Context, tx *postgres.Tx, t conversation.Tenant, id conversation.AgentID) (r presenceRow, err error) {
	const query = `select ` + presenceColumns + ` from agents where tenant = $1 and id = $2 for no key update`
	err = tx.GetContext(ctx, &r, query, t, id)
	return r, err
}

// SetPresence sets an agent's presence as the agent or a supervisor has chosen it (SUP-7). Available and busy last until the
// agent's next accept or close, the others until they are changed (PRE-6). Choosing the present one again changes nothing.
// With a custom presence its base counts and p is ignored. An agent whose connection is lost is not waited for any more: with
// offline they have left, with another presence they are there without a stream. It returns ErrNotFound when there is no such
// agent, or the agent is disabled, and routing.UnknownError when there is no such custom presence.
func (db *DB) SetPresence(ctx context.Context, by access.Principal, id conversation.AgentID, p routing.Presence, custom routing.PresenceID) (routing.AgentNow, error) {
	return postgres.Transact(ctx, db.pool, "set a presence", func(tx *postgres.Tx) (routing.AgentNow, error) {
		agent, err := lockPresence(ctx, tx, by.Tenant, id)
		if err != nil {
			return routing.AgentNow{}, err
		}
		if custom != "" {
			if p, err = baseOf(ctx, tx, by.Tenant, custom); err != nil {
				return routing.AgentNow{}, err
			}
		}
		if agent.Presence != p || !agent.Manual || postgres.OrEmpty(agent.Custom) != custom || agent.LostAt != nil {
			if err := putPresence(ctx, tx, agent, p, true, custom); err != nil {
				return routing.AgentNow{}, err
			}
			if err := db.endLoss(ctx, tx, agent, p); err != nil {
				return routing.AgentNow{}, err
			}
			if by.AgentID != id {
				actor := access.Actor{Tenant: by.Tenant, Name: by.ActorID()}
				if err := audit.Record(ctx, tx, actor, audit.Presence, string(id), "presence"); err != nil {
					return routing.AgentNow{}, err
				}
			}
		}
		return AgentNow(ctx, tx, by.Tenant, id)
	})
}

// baseOf reads what a custom presence counts as, and keeps it from changing.
func baseOf(ctx context.Context, tx *postgres.Tx, t conversation.Tenant, id routing.PresenceID) (base routing.Presence, err error) {
	const query = `select base from custom_presences where tenant = $1 and id = $2 for key share`
	err = tx.GetContext(ctx, &base, query, t, id)
	if errors.Is(err, sql.ErrNoRows) {
		err = &routing.UnknownError{Field: "custom_presence_id"}
	}
	return base, err
}

// putPresence changes the presence of an agent whose row is locked, triggers the distribution and writes the event. An automatic
// presence is then settled by the agent's load.
func putPresence(ctx context.Context, tx *postgres.Tx, agent presenceRow, p routing.Presence, manual bool, custom routing.PresenceID) error {
	const update = `
		update agents set presence = $3, presence_manual = $4, custom_presence = $5, presence_before = null, presence_at = now(), lost_at = null
		where tenant = $1 and id = $2`
	if _, err := tx.ExecContext(ctx, update, agent.Tenant, agent.ID, p, manual, postgres.Pointer(custom)); err != nil {
		return err
	}
	if !manual {
		if err := capacity.SettlePresence(ctx, tx, agent.Tenant, agent.ID); err != nil {
			return err
		}
	}
	after, err := readPresence(ctx, tx, agent.Tenant, agent.ID)
	if err != nil {
		return err
	}
	if err := publishPresence(ctx, tx, after); err != nil {
		return err
	}
	return notify.TriggerDistribution(ctx, tx, agent.Tenant, time.Time{})
}

func publishPresence(ctx context.Context, tx *postgres.Tx, agent presenceRow) error {
	return notify.Publish(ctx, tx, agent.Tenant, presenceNews(agent))
}

func presenceNews(agent presenceRow) notify.Row {
	return notify.Row{Kind: lifecycle.EventPresence, Agent: agent.ID, Body: lifecycle.PresenceBody{AgentID: agent.ID, Presence: agent.Presence, Manual: agent.Manual, Shown: agent.Shown.V}}
}

// ShownPresence is a column of agents: the custom presence that an agent shows, null where it is one of the house.
const ShownPresence = `
	(select coalesce(jsonb_agg(jsonb_build_object('id', p.id, 'name', p.name, 'text', p.text)) -> 0, 'null') from custom_presences p
		where p.tenant = agents.tenant and p.id = custom_presence and p.base = presence and presence_manual) as shown_presence`
