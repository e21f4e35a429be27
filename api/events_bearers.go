package api

import (
	"context"
	"time"
)

const (
	// barEvery is how often it is asked whether API tokens with streams still count: a stream ends within a second of its token (S9).
	barEvery  = 500 * time.Millisecond
	barWithin = 400 * time.Millisecond
)

// barRevoked ends the event streams of API tokens that are revoked or expired, until ctx ends. One question is for all streams of
// the process. Streams go on where it cannot be answered.
func (a *API) barRevoked(ctx context.Context) {
	ticker := time.NewTicker(barEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			a.barOnce(ctx)
		}
	}
}

func (a *API) barOnce(ctx context.Context) {
	asked := a.hub.bearers()
	if len(asked) == 0 {
		return
	}
	within, cancel := context.WithTimeout(ctx, barWithin)
	defer cancel()
	good, err := a.cfg.Tokens.StillGood(within, asked)
	if err != nil {
		if ctx.Err() == nil {
			a.cfg.Log.ErrorContext(ctx, "API tokens of event streams not looked up", "error", err)
		}
		return
	}
	a.hub.bar(asked, good)
}
