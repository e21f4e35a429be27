package api

import (
	"context"
	"time"

	"wxdesk/internal/conversation"
)

const (
	feedBatch   = 500
	feedAtLeast = time.Second           // between two looks at the feed when nobody calls
	feedSoon    = 10 * time.Millisecond // while an older transaction keeps what is there from being read
	enrolEvery  = 10 * time.Second      // queue memberships, for changes that nobody told of
)

// readFeed reads the feed for all event streams of this process, until ctx ends. Where the ledger is out of reach it
// keeps its place and goes on from there.
func (a *API) readFeed(ctx context.Context) {
	defer a.hub.close()
	called := a.cfg.Feed.FeedNews(ctx)
	enrol := time.NewTicker(enrolEvery)
	defer enrol.Stop()
	look := time.NewTimer(0)
	defer look.Stop()

	var at conversation.FeedPosition // no generation: not begun
	for {
		select {
		case <-ctx.Done():
			return
		case <-enrol.C:
			for tenant, agents := range a.hub.agents() {
				a.enrol(ctx, tenant, agents)
			}
			continue
		case <-called:
		case <-look.C:
		}
		var more bool
		at, more = a.readOn(ctx, at)
		look.Reset(nextLook(more))
	}
}

func nextLook(more bool) time.Duration {
	if more {
		return feedSoon
	}
	return feedAtLeast
}

// readOn passes on everything that is there after a position and returns how far it came. more reports that there is
// something that could not be read yet.
func (a *API) readOn(ctx context.Context, at conversation.FeedPosition) (_ conversation.FeedPosition, more bool) {
	if at.Generation == 0 {
		end, err := a.cfg.Feed.FeedEnd(ctx)
		if err != nil {
			a.feedFailed(ctx, err)
			return at, false
		}
		a.hub.pass(conversation.Tidings{Upto: end})
		return end, false
	}
	for {
		tidings, err := a.cfg.Feed.Feed(ctx, at, feedBatch)
		switch {
		case err != nil:
			a.feedFailed(ctx, err)
			return at, false
		case tidings.Upto.Generation != at.Generation: // restored from a copy: no place in it is known
			a.hub.close()
			return conversation.FeedPosition{}, true
		}
		a.hub.pass(tidings)
		at = tidings.Upto
		a.enrolNamed(ctx, tidings.Told)
		if len(tidings.Told) < feedBatch {
			return at, tidings.More
		}
	}
}

// enrolNamed renews the memberships of agents of whom a change was told.
func (a *API) enrolNamed(ctx context.Context, told []conversation.Told) {
	named := map[conversation.Tenant][]conversation.AgentID{}
	for _, t := range told {
		if t.Kind == conversation.ToldPresence && t.AgentID != "" {
			named[t.Tenant] = append(named[t.Tenant], t.AgentID)
		}
	}
	for tenant, agents := range named {
		a.enrol(ctx, tenant, agents)
	}
}

func (a *API) enrol(ctx context.Context, t conversation.Tenant, agents []conversation.AgentID) {
	queues, err := a.cfg.Feed.QueuesOf(ctx, t, agents)
	if err != nil {
		a.feedFailed(ctx, err)
		return
	}
	a.hub.enrol(t, agents, queues)
}

func (a *API) feedFailed(ctx context.Context, err error) {
	if ctx.Err() == nil {
		a.cfg.Log.ErrorContext(ctx, "feed not read", "error", err)
	}
}
