package postgres

import (
	"context"

	"github.com/jmoiron/sqlx"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// Settings reads what an administrator has set for the whole tenant.
func (db *DB) Settings(ctx context.Context, t conversation.Tenant) (s routing.Settings, err error) {
	err = db.sql.GetContext(ctx, &s.MaxConversations, `select max_conversations from tenants where id = $1`, t)
	return s, explain(ctx, "read the settings", err)
}

// UpdateSettings replaces the settings of the actor's tenant. A new maximum of conversations counts at once: for the presence of
// agents, and for what is assigned from then on. What an agent has already stays with them.
func (db *DB) UpdateSettings(ctx context.Context, by conversation.Actor, s routing.Settings) error {
	return db.inTx(ctx, "update the settings", func(tx *sqlx.Tx) error {
		const update = `update tenants set max_conversations = $2 where id = $1 and max_conversations <> $2`
		changed, err := affected(tx.ExecContext(ctx, update, by.Tenant, s.MaxConversations))
		if err != nil || changed == 0 {
			return err
		}
		const query = `
			select id from agents where tenant = $1 and not disabled and deleted_at is null
				and presence in ('available', 'busy', 'dnd') and not presence_manual
			order by id for no key update`
		var agents []conversation.AgentID
		if err := tx.SelectContext(ctx, &agents, query, by.Tenant); err != nil {
			return err
		}
		if err := settlePresence(ctx, tx, by.Tenant, agents...); err != nil {
			return err
		}
		if err := wake(ctx, tx, by.Tenant, atOnce); err != nil {
			return err
		}
		return record(ctx, tx, by, actSettingsUpdate, string(by.Tenant), "max_conversations")
	})
}
