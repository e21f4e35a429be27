package events

import (
	"context"
	"time"

	"wxdesk/internal/access"
)

// TokenChecks knows which API tokens and sessions count.
type TokenChecks interface {
	// StillGood returns those of the principals, in any order, whose tokens or sessions count, as they are now.
	StillGood(ctx context.Context, asked []access.Principal) ([]access.Principal, error)
}

const (
	// checkEvery is how often it is asked whether API tokens and sessions with streams still count: a stream ends within a second of its token
	// or session (S9), and of a change of what its bearer may see.
	checkEvery  = 500 * time.Millisecond
	checkWithin = 400 * time.Millisecond
)

// endRevoked ends the event streams of API tokens and sessions that are revoked or over, until ctx ends. One question is for all streams of
// the process. Streams go on where it cannot be answered.
func (e *Events) endRevoked(ctx context.Context) {
	ticker := time.NewTicker(checkEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			e.endRevokedOnce(ctx)
		}
	}
}

func (e *Events) endRevokedOnce(ctx context.Context) {
	asked := e.hub.bearers()
	if len(asked) == 0 {
		return
	}
	within, cancel := context.WithTimeout(ctx, checkWithin)
	defer cancel()
	good, err := e.cfg.Tokens.StillGood(within, asked)
	if err != nil {
		if ctx.Err() == nil {
			e.cfg.Log.ErrorContext(ctx, "API token lookup of event streams failed", "error", err)
		}
		return
	}
	e.hub.endUnless(asked, good)
}
