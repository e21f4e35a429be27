package standing

import (
	"context"
	"time"

	"wxdesk/internal/access"
	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/postgres"
)

// Step is what a test saw of one change: how things stood, what followed, and how they stand in the rows after it.
type Step struct {
	Before, After lifecycle.Snapshot
	Change        lifecycle.Change
	Notice        *conversation.RunNotice
}

// FollowStep loads everything about a conversation, asks what follows, writes it, and reads all of it again.
func (db *DB) FollowStep(ctx context.Context, pool *postgres.Pool, c conversation.Ref, agents []conversation.AgentID, rule func(time.Time, lifecycle.Snapshot) lifecycle.Change) (Step, error) {
	return postgres.Transact(ctx, pool, "change a conversation", func(tx *postgres.Tx) (step Step, err error) {
		l, err := db.load(ctx, tx, c, agents)
		if err != nil {
			return step, err
		}
		step.Before, step.Change = l.Snapshot, rule(l.Now, l.Snapshot)
		if step.Notice, err = l.Apply(ctx, step.Change); err != nil {
			return step, err
		}
		l, err = db.load(ctx, tx, c, agents)
		step.After = l.Snapshot
		return step, err
	})
}

func (db *DB) load(ctx context.Context, tx *postgres.Tx, c conversation.Ref, agents []conversation.AgentID) (*Locked, error) {
	l, err := db.Lock(ctx, tx, c)
	if err != nil {
		return nil, err
	}
	for _, load := range []func() error{
		func() error { return l.LoadWork(ctx, agents...) },
		func() error { return l.LoadOverflow(ctx) },
		func() error { return l.LoadHandOver(ctx) },
	} {
		if err := load(); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// Decided judges an act and writes what follows, as the API's transaction does.
func (db *DB) Decided(ctx context.Context, pool *postgres.Pool, c conversation.Ref, who access.Principal, want lifecycle.Act) (change lifecycle.Change, refused command.Refusal, err error) {
	err = pool.InTx(ctx, "act", func(tx *postgres.Tx) error {
		var l *Locked
		if l, change, refused, err = db.Decide(ctx, tx, c, who, want); err != nil || refused != "" {
			return err
		}
		_, err := l.Apply(ctx, change)
		return err
	})
	return change, refused, err
}
