package postgres

import (
	"context"

	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
)

// Due does what has fallen due first, by Postgres's clock: see lifecycle.Due. Where nothing is due, or the end is wished already,
// it changes nothing. What has fallen due besides is still in the answer. ErrNotFound when there is no such conversation.
func (db *DB) Due(ctx context.Context, c conversation.Ref) (conversation.Situation, error) {
	return transact(ctx, db, "look what is due in conversation "+string(c.Conversation), func(tx *transaction) (conversation.Situation, error) {
		l, err := db.lock(ctx, tx, c)
		if err != nil {
			return conversation.Situation{}, err
		}
		if err := l.loadWork(ctx); err != nil {
			return conversation.Situation{}, err
		}
		if lifecycle.DueNow(l.now, l.Snapshot) == conversation.DueOverflow {
			if err := l.loadOverflow(ctx); err != nil {
				return conversation.Situation{}, err
			}
		}
		return l.changed(ctx, lifecycle.Due(l.now, l.Snapshot))
	})
}
