package decision

import (
	"context"

	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/standing"
	"wxdesk/internal/routing"
)

// ClassificationQuestion loads what classification rules ask before a bot's first answer: what is known of the conversation,
// its workstream, and the rules that are published. turn is the message that the bot is about to answer. It returns
// ErrNotFound when the tenant has no such conversation, or the conversation no such message.
func (db *DB) ClassificationQuestion(ctx context.Context, c conversation.Ref, turn conversation.MessageID) (routing.Question, error) {
	return db.question(ctx, c, turn, routing.Question{}, loadWorkstream, db.loadFacts, loadRules)
}

// StoreClassification stores with the conversation what rules set before its bot's first answer, and the trace. The first stored
// result counts. If the holder has changed since epoch, or the conversation has ended, it does nothing.
func (db *DB) StoreClassification(ctx context.Context, c conversation.Ref, turn conversation.MessageID, epoch conversation.Epoch, d routing.Decision) error {
	return db.pool.InTx(ctx, "store the classification of conversation "+string(c.Conversation), func(tx *postgres.Tx) error {
		held, err := standing.LockHeld(ctx, tx, c)
		if err != nil || !held.Snapshot().BotActs() || held.Epoch != epoch {
			return err
		}
		const update = `update conversations set classified = $3 where tenant = $1 and id = $2 and classified is null`
		first, err := postgres.Affected(tx.ExecContext(ctx, update, c.Tenant, c.Conversation, postgres.JSON[routing.Needs]{V: d.Needs}))
		if err != nil || first == 0 {
			return err
		}
		if d.Alert != "" {
			if err := alert(ctx, tx, c, d.Alert); err != nil {
				return err
			}
		}
		return standing.InsertTrace(ctx, tx, c, stageClassification, struct {
			MessageID conversation.MessageID `json:"message_id"`
			Alert     string                 `json:"alert,omitempty"`
			Rules     []routing.RuleTrace    `json:"rules"`
			routing.Needs
		}{turn, d.Alert, d.Trace.Rules, d.Needs})
	})
}
