package events

import (
	"context"
	"time"

	"wxdesk/internal/conversation"
	"wxdesk/internal/feed"
)

// Feed reads the events that event streams show.
type Feed interface {
	// FeedEnd returns the position after the last event that a stream can have sent so far.
	FeedEnd(ctx context.Context) (feed.Position, error)
	// Feed lists at most limit things after a position.
	Feed(ctx context.Context, after feed.Position, limit int) (feed.Page, error)
	// FeedNews sends a value when there may be something new, until ctx ends.
	FeedNews(ctx context.Context) <-chan struct{}
	// QueuesOf lists the queues that agents are members of.
	QueuesOf(ctx context.Context, t conversation.Tenant, agents []conversation.AgentID) (map[conversation.AgentID][]conversation.QueueID, error)
}

const (
	feedBatch   = 500
	feedAtLeast = time.Second           // between two looks at the feed if nothing is announced
	feedSoon    = 10 * time.Millisecond // while an older transaction keeps what is there from being read
	renewEvery  = 10 * time.Second      // queue memberships, for changes that the feed does not show
)

// readFeed reads the feed for all event streams of this process, until ctx ends. If the ledger is out of reach it
// keeps its place and goes on from there.
func (e *Events) readFeed(ctx context.Context) {
	defer e.hub.close()
	announced := e.cfg.Feed.FeedNews(ctx)
	renew := time.NewTicker(renewEvery)
	defer renew.Stop()
	poll := time.NewTimer(0)
	defer poll.Stop()

	var at feed.Position // no generation: not begun
	for {
		select {
		case <-ctx.Done():
			return
		case <-renew.C:
			for tenant, agents := range e.hub.agents() {
				e.renewQueues(ctx, tenant, agents)
			}
			continue
		case <-announced:
		case <-poll.C:
		}
		var more bool
		at, more = e.readOn(ctx, at)
		poll.Reset(nextPoll(more))
	}
}

func nextPoll(more bool) time.Duration {
	if more {
		return feedSoon
	}
	return feedAtLeast
}

// readOn passes on everything that is there after a position and returns how far it came. more reports that there is
// something that could not be read yet.
func (e *Events) readOn(ctx context.Context, at feed.Position) (_ feed.Position, more bool) {
	if at.Generation == 0 {
		end, err := e.cfg.Feed.FeedEnd(ctx)
		if err != nil {
			e.feedFailed(ctx, err)
			return at, false
		}
		e.hub.pass(feed.Page{UpTo: end})
		return end, false
	}
	for {
		page, err := e.cfg.Feed.Feed(ctx, at, feedBatch)
		switch {
		case err != nil:
			e.feedFailed(ctx, err)
			return at, false
		case page.UpTo.Generation != at.Generation: // restored from a copy: no place in it is known
			e.hub.close()
			return feed.Position{}, true
		}
		e.hub.pass(page)
		at = page.UpTo
		e.renewNamed(ctx, page.Events)
		if len(page.Events) < feedBatch {
			return at, page.More
		}
	}
}

// renewNamed renews the memberships of agents whose presence has changed.
func (e *Events) renewNamed(ctx context.Context, told []feed.Event) {
	named := map[conversation.Tenant][]conversation.AgentID{}
	for _, t := range told {
		if t.Kind == feed.KindPresence && t.AgentID != "" {
			named[t.Tenant] = append(named[t.Tenant], t.AgentID)
		}
	}
	for tenant, agents := range named {
		e.renewQueues(ctx, tenant, agents)
	}
}

// renewQueues reads the memberships of agents again.
func (e *Events) renewQueues(ctx context.Context, t conversation.Tenant, agents []conversation.AgentID) {
	queues, err := e.cfg.Feed.QueuesOf(ctx, t, agents)
	if err != nil {
		e.feedFailed(ctx, err)
		return
	}
	e.hub.setQueues(t, agents, queues)
}

func (e *Events) feedFailed(ctx context.Context, err error) {
	if ctx.Err() == nil {
		e.cfg.Log.ErrorContext(ctx, "feed read failed", "error", err)
	}
}
