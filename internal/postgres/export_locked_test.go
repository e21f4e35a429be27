package postgres

import (
	"context"
	"time"

	"wxdesk/internal/access"
	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
)

// Step is what a test saw of one change: how things stood, what followed, and how they stand in the rows after it.
type Step struct {
	Before, After lifecycle.Snapshot
	Change        lifecycle.Change
	Notice        *conversation.RunNotice
}

// Follow loads everything about a conversation, asks what follows, writes it, and reads all of it again.
func (db *DB) Follow(ctx context.Context, c conversation.Ref, agents []conversation.AgentID, rule func(time.Time, lifecycle.Snapshot) lifecycle.Change) (Step, error) {
	return transact(ctx, db, "change a conversation", func(tx *transaction) (step Step, err error) {
		l, err := db.load(ctx, tx, c, agents)
		if err != nil {
			return step, err
		}
		step.Before, step.Change = l.Snapshot, rule(l.now, l.Snapshot)
		if step.Notice, err = l.apply(ctx, step.Change); err != nil {
			return step, err
		}
		l, err = db.load(ctx, tx, c, agents)
		step.After = l.Snapshot
		return step, err
	})
}

func (db *DB) load(ctx context.Context, tx *transaction, c conversation.Ref, agents []conversation.AgentID) (*locked, error) {
	l, err := db.lock(ctx, tx, c)
	if err != nil {
		return nil, err
	}
	for _, load := range []func() error{
		func() error { return l.loadWork(ctx, agents...) },
		func() error { return l.loadOverflow(ctx) },
		func() error { return l.loadHandOver(ctx) },
	} {
		if err := load(); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// Decided judges an act and writes what follows, as the API's transaction does.
func (db *DB) Decided(ctx context.Context, c conversation.Ref, who access.Principal, want lifecycle.Act) (change lifecycle.Change, refused command.Refusal, err error) {
	err = db.inTx(ctx, "act", func(tx *transaction) error {
		var l *locked
		if l, change, refused, err = db.decide(ctx, tx, c, who, want); err != nil || refused != "" {
			return err
		}
		_, err := l.apply(ctx, change)
		return err
	})
	return change, refused, err
}
