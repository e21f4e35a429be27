package desk

import (
	"context"
	"time"

	"wxdesk/internal/access"
)

// TokenChecks says which API tokens are still valid.
type TokenChecks interface {
	// StillGood returns those of the principals, in any order, whose tokens count, as they are now.
	StillGood(ctx context.Context, asked []access.Principal) ([]access.Principal, error)
}

const (
	// checkEvery is how often the API tokens of streams are checked: a stream ends within a second of its token (S9).
	checkEvery  = 500 * time.Millisecond
	checkWithin = 400 * time.Millisecond
)

// endRevoked ends the event streams of API tokens that are revoked or expired, until ctx ends. It asks once for all streams of the
// process. If the question cannot be answered, streams go on.
func (d *Desk) endRevoked(ctx context.Context) {
	ticker := time.NewTicker(checkEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			d.endRevokedOnce(ctx)
		}
	}
}

func (d *Desk) endRevokedOnce(ctx context.Context) {
	asked := d.hub.bearers()
	if len(asked) == 0 {
		return
	}
	within, cancel := context.WithTimeout(ctx, checkWithin)
	defer cancel()
	good, err := d.cfg.Tokens.StillGood(within, asked)
	if err != nil {
		if ctx.Err() == nil {
			d.cfg.Log.ErrorContext(ctx, "API token lookup of event streams failed", "error", err)
		}
		return
	}
	d.hub.endUnless(asked, good)
}
