package setup

import (
	"context"
	"slices"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/audit"
	"wxdesk/internal/postgres/capacity"
	"wxdesk/internal/postgres/notify"
	"wxdesk/internal/routing"
)

// SettingsRow is a tenant's settings.
type SettingsRow struct {
	MaxConversations  int `db:"max_conversations"`
	KeepConversations int `db:"keep_conversations_days"`
	KeepReceipts      int `db:"keep_receipts_days"`
	KeepEvents        int `db:"keep_events_days"`
	KeepQuarantine    int `db:"keep_quarantine_days"`
	KeepTraces        int `db:"keep_traces_days"`
	KeepAudit         int `db:"keep_audit_days"`
}

// SettingsColumns are those of a SettingsRow.
const SettingsColumns = `
	max_conversations, keep_conversations_days, keep_receipts_days, keep_events_days, keep_quarantine_days, keep_traces_days, keep_audit_days`

// Settings reads what an administrator has set for the whole tenant.
func (db *DB) Settings(ctx context.Context, t conversation.Tenant) (routing.Settings, error) {
	var row SettingsRow
	err := db.pool.GetContext(ctx, &row, `select `+SettingsColumns+` from tenants where id = $1`, t)
	return routing.Settings(row), postgres.Explain(ctx, "read the settings", err)
}

// UpdateSettings replaces the settings of the actor's tenant. A new maximum of conversations counts at once: for the presence of
// agents, and for what is assigned from then on. What an agent has already stays with them.
func (db *DB) UpdateSettings(ctx context.Context, by access.Actor, s routing.Settings) error {
	return db.pool.InTx(ctx, "update the settings", func(tx *postgres.Tx) error {
		var old SettingsRow
		query := `select ` + SettingsColumns + ` from tenants where id = $1 for no key update`
		if err := tx.GetContext(ctx, &old, query, by.Tenant); err != nil {
			return err
		}
		changed := differing(routing.Settings(old), s)
		if len(changed) == 0 {
			return nil
		}
		const update = `
			update tenants set max_conversations = $2, keep_conversations_days = $3, keep_receipts_days = $4, keep_events_days = $5,
				keep_quarantine_days = $6, keep_traces_days = $7, keep_audit_days = $8
			where id = $1`
		if _, err := tx.ExecContext(ctx, update, by.Tenant, s.MaxConversations, s.KeepConversations, s.KeepReceipts, s.KeepEvents,
			s.KeepQuarantine, s.KeepTraces, s.KeepAudit); err != nil {
			return err
		}
		if slices.Contains(changed, "max_conversations") {
			if err := settleMaximum(ctx, tx, by.Tenant); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, by, audit.SettingsUpdate, string(by.Tenant), changed...)
	})
}

// settleMaximum has a new maximum of conversations count for presences, and for what waits.
func settleMaximum(ctx context.Context, tx *postgres.Tx, t conversation.Tenant) error {
	const query = `
		select id from agents where tenant = $1 and not disabled and deleted_at is null
			and presence in ('available', 'busy', 'dnd') and not presence_manual
		order by id for no key update`
	var agents []conversation.AgentID
	if err := tx.SelectContext(ctx, &agents, query, t); err != nil {
		return err
	}
	if err := capacity.SettlePresence(ctx, tx, t, agents...); err != nil {
		return err
	}
	return notify.TriggerDistribution(ctx, tx, t, notify.AtOnce)
}

// differing names the settings that differ, by the columns.
func differing(old, wished routing.Settings) (columns []string) {
	for _, c := range []struct {
		name        string
		old, wished int
	}{
		{"max_conversations", old.MaxConversations, wished.MaxConversations},
		{"keep_conversations_days", old.KeepConversations, wished.KeepConversations},
		{"keep_receipts_days", old.KeepReceipts, wished.KeepReceipts},
		{"keep_events_days", old.KeepEvents, wished.KeepEvents},
		{"keep_quarantine_days", old.KeepQuarantine, wished.KeepQuarantine},
		{"keep_traces_days", old.KeepTraces, wished.KeepTraces},
		{"keep_audit_days", old.KeepAudit, wished.KeepAudit},
	} {
		if c.old != c.wished {
			columns = append(columns, c.name)
		}
	}
	return columns
}
