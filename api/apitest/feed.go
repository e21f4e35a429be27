package apitest

import (
	"context"
	"slices"
	"sync"
	"time"

	"wxdesk/internal/conversation"
	"wxdesk/internal/feed"
)

// Feed is a feed in memory; the number of a row is its transaction too.
type Feed struct {
	Mu         sync.Mutex
	rows       []feed.Event
	Restored   int64
	queues     map[conversation.AgentID][]conversation.QueueID
	news       chan struct{}
	subscribed sync.Once

	OnFeed func(after feed.Position) // before each read of the feed, without the lock; nil: nothing
}

func (f *Feed) end() feed.Position {
	p := feed.Position{Generation: 1 + f.Restored, At: time.Now()}
	if n := len(f.rows); n > 0 {
		p.XID, p.ID = f.rows[n-1].XID, f.rows[n-1].ID
	}
	return p
}

func (f *Feed) FeedEnd(context.Context) (feed.Position, error) {
	f.Mu.Lock()
	defer f.Mu.Unlock()
	return f.end(), nil
}

func (f *Feed) Feed(_ context.Context, after feed.Position, limit int) (feed.Page, error) {
	if f.OnFeed != nil {
		f.OnFeed(after)
	}
	f.Mu.Lock()
	defer f.Mu.Unlock()
	upto := after
	upto.Generation, upto.At = 1+f.Restored, time.Now()
	t := feed.Page{UpTo: upto}
	for _, row := range f.rows {
		if row.Compare(after) > 0 && len(t.Events) < limit {
			t.Events = append(t.Events, row)
			t.UpTo.XID, t.UpTo.ID = row.XID, row.ID
		}
	}
	return t, nil
}

func (f *Feed) channel() chan struct{} {
	f.subscribed.Do(func() { f.news = make(chan struct{}, 1) })
	return f.news
}

func (f *Feed) FeedNews(context.Context) <-chan struct{} { return f.channel() }

func (f *Feed) QueuesOf(_ context.Context, _ conversation.Tenant, agents []conversation.AgentID) (map[conversation.AgentID][]conversation.QueueID, error) {
	f.Mu.Lock()
	defer f.Mu.Unlock()
	found := map[conversation.AgentID][]conversation.QueueID{}
	for _, a := range agents {
		found[a] = slices.Clone(f.queues[a])
	}
	return found, nil
}

// Publish adds rows, and calls.
func (f *Feed) Publish(rows ...feed.Event) {
	f.Mu.Lock()
	f.Add(rows...)
	f.Mu.Unlock()
	select {
	case f.channel() <- struct{}{}:
	default:
	}
}

// Add adds rows, under the lock, and calls nobody.
func (f *Feed) Add(rows ...feed.Event) {
	for _, row := range rows {
		n := int64(len(f.rows) + 1)
		row.Position = feed.Position{Generation: 1 + f.Restored, XID: uint64(n), ID: n, At: time.Now()}
		if row.Tenant == "" {
			row.Tenant = conversation.DefaultTenant
		}
		if row.Body == nil {
			row.Body = []byte(`{}`)
		}
		f.rows = append(f.rows, row)
	}
}

// Join makes an agent a member of queues and no others.
func (f *Feed) Join(agent conversation.AgentID, queues ...conversation.QueueID) {
	f.Mu.Lock()
	defer f.Mu.Unlock()
	if f.queues == nil {
		f.queues = map[conversation.AgentID][]conversation.QueueID{}
	}
	f.queues[agent] = queues
}
