package transcript

import (
	"context"

	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/notify"
	"wxdesk/internal/postgres/standing"
)

// moveStanding does what new messages do to a conversation that people have, or are to have. To a bot's they do nothing, and their
// events are written already.
func (r *reception) moveStanding(ctx context.Context) error {
	if len(r.fresh) == 0 || r.begun || r.conversation.Holder == conversation.HolderBot {
		return nil
	}
	l, err := r.db.standing.Lock(ctx, r.tx, r.in.Ref)
	if err != nil {
		return err
	}
	load := l.LoadLive
	if l.Rests() {
		load = func(ctx context.Context) error { return l.LoadWork(ctx) }
	}
	if err := load(ctx); err != nil {
		return err
	}
	_, err = l.Apply(ctx, lifecycle.Wrote(l.Now, l.Snapshot, lifecycle.Written{Lines: r.lines()}))
	return err
}

// botEvents are the events of new messages in a conversation that a bot has. Nothing else follows from those, so they are written with
// the messages. Of a conversation that has just begun they are written with its row.
func (r *reception) botEvents() []notify.Row {
	c := r.conversation
	if r.begun || c.Holder != conversation.HolderBot {
		return nil
	}
	s := lifecycle.Snapshot{Standing: lifecycle.Standing{State: c.State, Holder: c.Holder, Epoch: c.Epoch}}
	change := lifecycle.Wrote(r.customer.Now, s, lifecycle.Written{Lines: r.lines()})
	return standing.FeedRows(c.ID, s, change.Feed)
}

// lines are the new messages.
func (r *reception) lines() []lifecycle.Line {
	return postgres.Each(r.fresh, func(i int) lifecycle.Line {
		receipt := r.verdicts[i].receipt
		return lifecycle.Line{ID: *receipt.MessageID, Seq: postgres.OrEmpty(receipt.Seq)}
	})
}

// wishEnd wishes the end of a conversation whose customer has left.
func (r *reception) wishEnd(ctx context.Context) error {
	if r.conversation == nil || !r.leaves() {
		return nil
	}
	return r.db.standing.Follow(ctx, r.tx, r.in.Ref, lifecycle.Unfollowed)
}
