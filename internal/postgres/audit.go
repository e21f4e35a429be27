package postgres

import (
	"context"
	"encoding/json"
	"fmt"

	"wxdesk/internal/access"
)

// What the audit names, beside what a part of the set-up names by itself: "skill.create" and so on.
const (
	actAccountCreate    = "account.create"
	actAccountUpdate    = "account.update"
	actAccountDelete    = "account.delete"
	actTokenCreate      = "token.create"
	actTokenRevoke      = "token.revoke"
	actBotCreate        = "bot.create"
	actBotUpdate        = "bot.update"
	actBotDelete        = "bot.delete"
	actFAQCreate        = "faq-entry.create"
	actFAQUpdate        = "faq-entry.update"
	actFAQDelete        = "faq-entry.delete"
	actWorkstreamDelete = "workstream.delete"
	actQueueDelete      = "queue.delete"
	actHoursCreate      = "operating-hours.create"
	actAgentCreate      = "agent.create"
	actAgentUpdate      = "agent.update"
	actAgentDelete      = "agent.delete"
	actRulesetUpdate    = "ruleset.update"
	actRulesetDelete    = "ruleset.delete"
	actRulesetDraft     = "ruleset.draft"
	actRulesetPublish   = "ruleset.publish"
	actRulesetRollback  = "ruleset.rollback"
	actQueueMembers     = "queue.members"
	actPresence         = "agent.presence"
	actKeysRotate       = "keys.rotate" // the subject is the key's id, the fields are the places
	actCustomerUpdate   = "customer.update"
	actSettingsUpdate   = "settings.update"
	actAccessRefused    = "access.refused" // the subject is the network
)

// record notes in the transaction of a change who made it. Fields are names, never values.
func record(ctx context.Context, tx *transaction, by access.Actor, act, subject string, fields ...string) error {
	detail, err := json.Marshal(map[string][]string{"fields": append([]string{}, fields...)})
	if err != nil {
		return fmt.Errorf("encode the audit's detail: %w", err)
	}
	const insert = `insert into audit (tenant, actor, action, subject, detail) values ($1, $2, $3, $4, $5)`
	_, err = tx.ExecContext(ctx, insert, by.Tenant, by.Name, act, subject, string(detail))
	return err
}

// RecordRefusals adds to the audit who was not let in, a row for each.
func (db *DB) RecordRefusals(ctx context.Context, list []access.Denials) error {
	return db.inTx(ctx, "record refusals", func(tx *transaction) error {
		for _, r := range list {
			detail, err := json.Marshal(map[string]any{"kind": r.Kind, "count": r.Count})
			if err != nil {
				return fmt.Errorf("encode the audit's detail: %w", err)
			}
			const insert = `insert into audit (tenant, actor, action, subject, detail) values ($1, $2, $3, $4, $5)`
			if _, err := tx.ExecContext(ctx, insert, r.Tenant, r.Actor, actAccessRefused, r.Network, string(detail)); err != nil {
				return err
			}
		}
		return nil
	})
}
