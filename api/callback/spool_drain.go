package callback

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"wxdesk/internal/callback"
)

const (
	claimAtOnce = 64 // conversations
	drainers    = 8  // of them at once
	backlogPart = 50 // callbacks that are read of a conversation at a time
)

// errNoTurn says that a conversation's turn did not come in time.
var errNoTurn = errors.New("callbacks of the conversation came too fast")

// drain hands over what waits in the spool, until the spool is empty or Temporal takes nothing. It begins with one conversation as a
// probe. Only when Temporal has taken its callbacks does drain hand over many at once, so that a Temporal that is away gets one
// request at a time.
func (s *spool) drain(ctx context.Context) {
	for most := 1; ; most = claimAtOnce {
		firsts, err := s.store.ClaimSpooled(ctx, most)
		if err != nil || len(firsts) == 0 {
			s.unlessEnded(ctx, "spool read failed", err)
			return
		}
		group, groupCtx := errgroup.WithContext(ctx)
		group.SetLimit(drainers)
		for _, first := range firsts {
			group.Go(func() error { return s.handOn(groupCtx, first) })
		}
		if err := group.Wait(); err != nil {
			s.unlessEnded(ctx, "spool hand-over failed", err)
			return // the next poll comes soon
		}
	}
}

// handOn hands a conversation's waiting callbacks over to it, in their order. If the process dies between signalling a callback and
// removing it, the callback is handed over again, which changes nothing.
func (s *spool) handOn(ctx context.Context, first callback.Spooled) error {
	waiting, err := s.store.SpooledFrom(ctx, first, backlogPart)
	if err != nil {
		return err
	}
	var done []int64
	for _, callback := range waiting {
		if err = s.signal(ctx, callback.Received); err != nil {
			break
		}
		done = append(done, callback.ID)
	}
	if errors.Is(err, errNoTurn) {
		err = nil // this customer alone writes too much at once; the next poll goes on with the rest
	}
	if len(done) == 0 {
		return err
	}
	if forgotten := s.store.Unspool(ctx, done); forgotten != nil {
		return forgotten
	}
	return err
}

func (s *spool) signal(ctx context.Context, h callback.Received) error {
	ctx, cancel := context.WithTimeout(ctx, keepWithin)
	defer cancel()
	release, err := s.perCustomer.Take(ctx, conversationOf(h))
	if err != nil {
		return fmt.Errorf("%w: %w", errNoTurn, err)
	}
	defer release()
	return s.inbox.CustomerWrote(ctx, h)
}

func (s *spool) unlessEnded(ctx context.Context, event string, err error) {
	if err != nil && ctx.Err() == nil {
		s.log.WarnContext(ctx, event, "error", err)
	}
}
