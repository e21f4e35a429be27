package transcript

import (
	"context"

	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/postgres"
)

// Due does what has fallen due first, by Postgres's clock: see lifecycle.Due. If nothing is due, or the end is wished already,
// it changes nothing. What has fallen due besides is still in the answer. It returns ErrNotFound when there is no such
// conversation.
func (db *DB) Due(ctx context.Context, c conversation.Ref) (conversation.Situation, error) {
	return postgres.Transact(ctx, db.pool, "look what is due in conversation "+string(c.Conversation), func(tx *postgres.Tx) (conversation.Situation, error) {
		l, err := db.standing.Lock(ctx, tx, c)
		if err != nil {
			return conversation.Situation{}, err
		}
		if err := l.LoadWork(ctx); err != nil {
			return conversation.Situation{}, err
		}
		if lifecycle.DueNow(l.Now, l.Snapshot) == conversation.DueOverflow {
			if err := l.LoadOverflow(ctx); err != nil {
				return conversation.Situation{}, err
			}
		}
		return l.Changed(ctx, lifecycle.Due(l.Now, l.Snapshot))
	})
}
