package postgres

import (
	"context"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// unclassified tells that the rules have not been asked about a conversation c of an account a, that its bot has not answered
// anything yet, and that its workstream has rules in force: whoever has none pays for this look alone.
const unclassified = `
	(c.classified is null
		and not exists (select from turns t where t.tenant = c.tenant and t.conversation_id = c.id)
		and exists (select from rulesets r where r.tenant = c.tenant and r.kind = 'classification' and r.published is not null
			and r.deleted_at is null and r.workstream_id = coalesce(c.workstream_id, a.workstream_id,
				(select id from workstreams where tenant = c.tenant and is_default))))`

// ClassificationQuestion loads what classification rules ask before a bot's first answer: what is known of the conversation,
// its workstream, and the rules that are published. turn is the message that the bot is about to answer. ErrNotFound when the
// tenant has no such conversation, or the conversation no such message.
func (db *DB) ClassificationQuestion(ctx context.Context, c conversation.Ref, turn conversation.MessageID) (routing.Question, error) {
	return db.question(ctx, c, turn, routing.Question{}, loadWorkstream, db.loadFacts, loadRules)
}

// StoreClassification keeps with the conversation what rules gave before its bot's first answer, and the trace. The first
// stored one stands, whoever comes again. Where the holder has changed since epoch, or the conversation has ended, it does nothing.
func (db *DB) StoreClassification(ctx context.Context, c conversation.Ref, turn conversation.MessageID, epoch conversation.Epoch, d routing.Decision) error {
	return db.inTx(ctx, "store the classification of conversation "+string(c.Conversation), func(tx *transaction) error {
		held, err := lockHeld(ctx, tx, c)
		if err != nil || !held.snapshot().BotActs() || held.Epoch != epoch {
			return err
		}
		const update = `update conversations set classified = $3 where tenant = $1 and id = $2 and classified is null`
		first, err := affected(tx.ExecContext(ctx, update, c.Tenant, c.Conversation, asJSON[routing.Needs]{d.Needs}))
		if err != nil || first == 0 {
			return err
		}
		if d.Alert != "" {
			if err := alert(ctx, tx, c, d.Alert); err != nil {
				return err
			}
		}
		return insertTrace(ctx, tx, c, stageClassification, struct {
			MessageID conversation.MessageID `json:"message_id"`
			Alert     string                 `json:"alert,omitempty"`
			Rules     []routing.RuleTrace    `json:"rules"`
			routing.Needs
		}{turn, d.Alert, d.Trace.Rules, d.Needs})
	})
}
