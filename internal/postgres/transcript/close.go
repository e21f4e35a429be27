package transcript

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/standing"
)

// CloseConversation ends it: state closed, epoch raised, unsent messages failed ("conversation-closed"); one that is
// being sent is left to its attempt. Its work item is done, its assignment ended or the offer withdrawn, which may give
// capacity back. The reason is the one that was wished; why counts if none was. Where it waited or who had it stays to be
// read. See lifecycle.End for what it leaves alone. A conversation without a row stays without, and stands nowhere.
func (db *DB) CloseConversation(ctx context.Context, c conversation.Ref, why conversation.CloseReason) (conversation.Situation, error) {
	return postgres.Transact(ctx, db.pool, "close conversation "+string(c.Conversation), func(tx *postgres.Tx) (conversation.Situation, error) {
		err := db.standing.Follow(ctx, tx, c, ending(why))
		if errors.Is(err, sql.ErrNoRows) {
			return conversation.Situation{}, nil
		}
		if err != nil {
			return conversation.Situation{}, err
		}
		return standing.ReadSituation(ctx, tx, c)
	})
}

// ending is the rule that ends a conversation.
func ending(why conversation.CloseReason) func(time.Time, lifecycle.Snapshot) lifecycle.Change {
	return func(now time.Time, s lifecycle.Snapshot) lifecycle.Change { return lifecycle.End(now, s, why) }
}
