package events

import (
	"context"
	"errors"
	"slices"
	"time"

	"wxdesk/internal/feed"
)

// Why a stream ends.
var (
	errStopped = errors.New("this process stops, or the database was restored")
	errRevoked = errors.New("the API token is no longer good")
)

// catchUp sends the events since the cursor, or says that this cannot be done. It returns the position up to which the caller knows
// everything. The hub may pass on some of the same events meanwhile; their positions tell them apart.
func (e *Events) catchUp(ctx context.Context, w *writer, s *stream, cursor string, at feed.Position) (feed.Position, error) {
	if cursor == "" {
		return at, w.renewCursor(at)
	}
	last, ok := e.readCursor(s.viewer.Tenant, cursor)
	if !ok || last.Generation != at.Generation || at.At.Sub(last.At) > cursorLifetime {
		return at, w.reset(at)
	}
	return e.readUp(ctx, w, s, last)
}

// readUp sends what is in the feed after a position, and returns the position up to which the caller knows everything.
func (e *Events) readUp(ctx context.Context, w *writer, s *stream, last feed.Position) (feed.Position, error) {
	for {
		missed, err := e.cfg.Feed.Feed(ctx, last, feedBatch)
		switch {
		case err != nil:
			return last, err
		case missed.UpTo.Generation != last.Generation:
			return missed.UpTo, w.reset(missed.UpTo)
		}
		if err := w.writeAll(e.hub.sees(s, missed.Events)); err != nil {
			return last, err
		}
		last = missed.UpTo
		if len(missed.Events) < feedBatch {
			return last, w.renewCursor(last)
		}
	}
}

// follow tells what the hub passes on after a position.
func (e *Events) follow(ctx context.Context, w *writer, s *stream, last feed.Position) error {
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return nil // the client has left
		case p, ok := <-s.pages:
			switch {
			case !ok && s.revoked:
				return errRevoked
			case !ok:
				return errors.Join(errStopped, w.reset(e.hub.position()))
			}
			last, err = e.passOn(ctx, w, s, p, last)
		case <-beat.C:
			// Everything up to here has been sent, unless some of it still waits in the channel.
			if at := e.hub.position(); len(s.pages) == 0 && at.Compare(last) >= 0 {
				last = at
			}
			err = w.renewCursor(last)
		}
		if err != nil {
			return err
		}
	}
}

// passOn sends what the hub has passed on, if it comes after a position. A stream that has fallen behind reads the feed until it has
// caught up.
func (e *Events) passOn(ctx context.Context, w *writer, s *stream, p page, last feed.Position) (feed.Position, error) {
	if p.reset {
		if err := w.reset(last); err != nil {
			return last, err
		}
	}
	known := func(t feed.Event) bool { return t.Compare(last) <= 0 }
	if told := slices.DeleteFunc(p.events, known); len(told) > 0 {
		if err := w.writeAll(told); err != nil {
			return last, err
		}
		last = told[len(told)-1].Position
	}
	if len(s.pages) > 0 {
		return last, nil
	}
	switch at, behind, reset := e.hub.resume(s); {
	case !behind:
		return last, nil
	case reset:
		return at, w.reset(at)
	}
	return e.readUp(ctx, w, s, last)
}
