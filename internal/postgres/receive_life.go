package postgres

import (
	"context"

	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
)

// moveStanding does what new lines do to a conversation that people have, or are to have. Of a bot's, nothing follows but its
// beginning, which is told already.
func (r *reception) moveStanding(ctx context.Context) error {
	if len(r.fresh) == 0 || r.begun || r.conversation.Holder == conversation.HolderBot {
		return nil
	}
	l, err := r.db.lock(ctx, r.tx, r.in.Ref)
	if err != nil {
		return err
	}
	load := l.loadLive
	if l.Rests() {
		load = func(ctx context.Context) error { return l.loadWork(ctx) }
	}
	if err := load(ctx); err != nil {
		return err
	}
	_, err = l.apply(ctx, lifecycle.Wrote(l.now, l.Snapshot, lifecycle.Written{Lines: r.lines()}))
	return err
}

// lines are the new messages.
func (r *reception) lines() []lifecycle.Line {
	return each(r.fresh, func(i int) lifecycle.Line {
		receipt := r.verdicts[i].receipt
		return lifecycle.Line{ID: *receipt.MessageID, Seq: orEmpty(receipt.Seq)}
	})
}

// wishEnd wishes the end of a conversation whose customer has left.
func (r *reception) wishEnd(ctx context.Context) error {
	if r.conversation == nil || !r.leaves() {
		return nil
	}
	return r.db.follow(ctx, r.tx, r.in.Ref, lifecycle.Unfollowed)
}
