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

// Decide locks a conversation, reads what an act on it is judged by, and has it judged. A refusal of a reply costs no more than
// it must: its row is asked first, and what is unsent can only make it less welcome.
func (db *DB) Decide(ctx context.Context, tx *postgres.Tx, c conversation.Ref, who access.Principal, want lifecycle.Act) (*Locked, lifecycle.Change, command.Refusal, error) {
	l, err := db.Lock(ctx, tx, c)
	if err != nil {
		return nil, lifecycle.Change{}, "", err
	}
	if err := l.loadInvolvement(ctx, who.AgentID); err != nil {
		return nil, lifecycle.Change{}, "", err
	}
	if want.OfRow() {
		if _, refused := lifecycle.Decide(l.Now, l.Snapshot, who, want); refused != "" {
			return l, lifecycle.Change{}, refused, nil
		}
		err = l.loadUnsent(ctx)
	} else if err = l.LoadWork(ctx, who.AgentID, want.Agent); err == nil {
		err = l.loadNamed(ctx, want)
	}
	if err != nil {
		return nil, lifecycle.Change{}, "", err
	}
	change, refused := lifecycle.Decide(l.Now, l.Snapshot, who, want)
	return l, change, refused, nil
}

// Follow locks a conversation with its work, and writes what a rule says follows. sql.ErrNoRows where there is no such
// conversation.
func (db *DB) Follow(ctx context.Context, tx *postgres.Tx, c conversation.Ref, rule func(time.Time, lifecycle.Snapshot) lifecycle.Change) error {
	l, err := db.Lock(ctx, tx, c)
	if err != nil {
		return err
	}
	if err := l.LoadWork(ctx); err != nil {
		return err
	}
	_, err = l.Apply(ctx, rule(l.Now, l.Snapshot))
	return err
}

// Changed writes a change, and reads how the conversation stands then and what it owes.
func (l *Locked) Changed(ctx context.Context, c lifecycle.Change) (conversation.Situation, error) {
	if _, err := l.Apply(ctx, c); err != nil {
		return conversation.Situation{}, err
	}
	return ReadSituation(ctx, l.Tx, l.Ref)
}
