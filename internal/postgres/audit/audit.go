package audit

import (
	"context"
	"encoding/json"
	"fmt"

	"wxdesk/internal/access"
	"wxdesk/internal/postgres"
)

// What the audit names, beside what a part of the set-up names by itself: "skill.create" and so on.
const (
	AccountCreate    = "account.create"
	AccountUpdate    = "account.update"
	AccountDelete    = "account.delete"
	TokenCreate      = "token.create"
	TokenRevoke      = "token.revoke"
	BotCreate        = "bot.create"
	BotUpdate        = "bot.update"
	BotDelete        = "bot.delete"
	FAQCreate        = "faq-entry.create"
	FAQUpdate        = "faq-entry.update"
	FAQDelete        = "faq-entry.delete"
	WorkstreamDelete = "workstream.delete"
	QueueDelete      = "queue.delete"
	HoursCreate      = "operating-hours.create"
	AgentCreate      = "agent.create"
	AgentUpdate      = "agent.update"
	AgentDelete      = "agent.delete"
	RulesetUpdate    = "ruleset.update"
	RulesetDelete    = "ruleset.delete"
	RulesetDraft     = "ruleset.draft"
	RulesetPublish   = "ruleset.publish"
	RulesetRollback  = "ruleset.rollback"
	QueueMembers     = "queue.members"
	Presence         = "agent.presence"
	KeysRotate       = "keys.rotate" // the subject is the key's id, the fields are the places
	CustomerUpdate   = "customer.update"
	SettingsUpdate   = "settings.update"
	AccessRefused    = "access.refused" // the subject is the network
	UserCreate       = "user.create"
	UserUpdate       = "user.update"
	UserDelete       = "user.delete"
	UserLink         = "user.link"
	UserPassword     = "user.password"
	SessionBegin     = "session.begin" // the field is how: password or link
	SessionEnd       = "session.end"
)

// Record notes in the transaction of a change who made it. If the change is one of the set-up, it also adds an event to the feed, for all desks.
// Fields are names, never values.
func Record(ctx context.Context, tx *postgres.Tx, by access.Actor, act, subject string, fields ...string) error {
	detail, err := json.Marshal(map[string][]string{"fields": append([]string{}, fields...)})
	if err != nil {
		return fmt.Errorf("encode the audit's detail: %w", err)
	}
	const insert = `insert into audit (tenant, actor, action, subject, detail) values ($1, $2, $3, $4, $5)`
	if _, err = tx.ExecContext(ctx, insert, by.Tenant, by.Name, act, subject, string(detail)); err != nil {
		return err
	}
	return publishSettings(ctx, tx, by.Tenant, act, subject)
}

// RecordRefusals adds refused access to the audit, one row for each.
func (db *DB) RecordRefusals(ctx context.Context, list []access.Denials) error {
	return db.pool.InTx(ctx, "record refusals", func(tx *postgres.Tx) error {
		for _, r := range list {
			detail, err := json.Marshal(map[string]any{"kind": r.Kind, "count": r.Count})
			if err != nil {
				return fmt.Errorf("encode the audit's detail: %w", err)
			}
			const insert = `insert into audit (tenant, actor, action, subject, detail) values ($1, $2, $3, $4, $5)`
			if _, err := tx.ExecContext(ctx, insert, r.Tenant, r.Actor, AccessRefused, r.Network, string(detail)); err != nil {
				return err
			}
		}
		return nil
	})
}
