package api_test

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// agentShelf keeps agents and their connections in memory. Every agent of the default tenant that is asked for exists.
type agentShelf struct {
	processes int // that are alive
	mu        sync.Mutex
	presence  map[conversation.AgentID]routing.Presence
	rows      map[string]conversation.AgentConnection
	lost      []conversation.AgentID // those who have lost their last connection
	dropped   int                    // calls of DropSilentProcesses
	refuse    error                  // of Connect
}

func (d *agentShelf) AgentNow(_ context.Context, t conversation.Tenant, id conversation.AgentID) (routing.AgentNow, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if t != conversation.DefaultTenant {
		return routing.AgentNow{}, conversation.ErrNotFound
	}
	return routing.AgentNow{ID: id, Name: "Mei", Presence: d.presence[id], Units: 100, Load: 25}, nil
}

func (d *agentShelf) SetPresence(ctx context.Context, by conversation.Principal, id conversation.AgentID, p routing.Presence, _ routing.PresenceID) (routing.AgentNow, error) {
	d.mu.Lock()
	if by.Tenant == conversation.DefaultTenant {
		if d.presence == nil {
			d.presence = map[conversation.AgentID]routing.Presence{}
		}
		d.presence[id] = p
	}
	d.mu.Unlock()
	return d.AgentNow(ctx, by.Tenant, id)
}

// tokens are the API tokens with which the connections were opened.
func (d *agentShelf) tokens() (ids []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range d.rows {
		ids = append(ids, c.TokenID)
	}
	return ids
}

func (d *agentShelf) Connect(_ context.Context, _ string, c conversation.AgentConnection) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.refuse != nil {
		return d.refuse
	}
	if d.rows == nil {
		d.rows = map[string]conversation.AgentConnection{}
	}
	d.rows[c.ID] = c
	return nil
}

func (d *agentShelf) Disconnect(_ context.Context, c conversation.AgentConnection) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.rows, c.ID)
	for _, other := range d.rows {
		if other.AgentID == c.AgentID {
			return nil
		}
	}
	d.lost = append(d.lost, c.AgentID)
	return nil
}

func (d *agentShelf) Heartbeat(_ context.Context, _ string, held []string) (diff conversation.ConnectionDiff, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	diff.Processes = d.processes
	for _, id := range held {
		if _, ok := d.rows[id]; !ok {
			diff.Unknown = append(diff.Unknown, id)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(d.rows)) {
		if !slices.Contains(held, id) {
			diff.Stray = append(diff.Stray, d.rows[id])
		}
	}
	return diff, nil
}

func (d *agentShelf) DropSilentProcesses(context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.dropped++
	return nil
}

func (d *agentShelf) haveLost() []conversation.AgentID {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.lost)
}

// forget is what happens to the rows of a process that was silent for too long.
func (d *agentShelf) forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	clear(d.rows)
}

func (d *agentShelf) connected() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.rows)
}

// feedShelf is a feed in memory; the number of a row is its transaction too.
type feedShelf struct {
	mu         sync.Mutex
	rows       []conversation.Told
	restored   int64
	queues     map[conversation.AgentID][]conversation.QueueID
	news       chan struct{}
	subscribed sync.Once
}

func (f *feedShelf) end() conversation.FeedPosition {
	p := conversation.FeedPosition{Generation: 1 + f.restored, At: time.Now()}
	if n := len(f.rows); n > 0 {
		p.XID, p.ID = f.rows[n-1].XID, f.rows[n-1].ID
	}
	return p
}

func (f *feedShelf) FeedEnd(context.Context) (conversation.FeedPosition, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.end(), nil
}

func (f *feedShelf) Feed(_ context.Context, after conversation.FeedPosition, limit int) (conversation.Tidings, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	upto := after
	upto.Generation, upto.At = 1+f.restored, time.Now()
	t := conversation.Tidings{Upto: upto}
	for _, row := range f.rows {
		if row.Compare(after) > 0 && len(t.Told) < limit {
			t.Told = append(t.Told, row)
			t.Upto.XID, t.Upto.ID = row.XID, row.ID
		}
	}
	return t, nil
}

func (f *feedShelf) channel() chan struct{} {
	f.subscribed.Do(func() { f.news = make(chan struct{}, 1) })
	return f.news
}

func (f *feedShelf) FeedNews(context.Context) <-chan struct{} { return f.channel() }

func (f *feedShelf) QueuesOf(_ context.Context, _ conversation.Tenant, agents []conversation.AgentID) (map[conversation.AgentID][]conversation.QueueID, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	found := map[conversation.AgentID][]conversation.QueueID{}
	for _, a := range agents {
		found[a] = slices.Clone(f.queues[a])
	}
	return found, nil
}

// tell adds rows, and calls.
func (f *feedShelf) tell(rows ...conversation.Told) {
	f.mu.Lock()
	f.add(rows...)
	f.mu.Unlock()
	select {
	case f.channel() <- struct{}{}:
	default:
	}
}

// add adds rows, under the lock, and calls nobody.
func (f *feedShelf) add(rows ...conversation.Told) {
	for _, row := range rows {
		n := int64(len(f.rows) + 1)
		row.FeedPosition = conversation.FeedPosition{Generation: 1 + f.restored, XID: uint64(n), ID: n, At: time.Now()}
		if row.Tenant == "" {
			row.Tenant = conversation.DefaultTenant
		}
		if row.Body == nil {
			row.Body = []byte(`{}`)
		}
		f.rows = append(f.rows, row)
	}
}

// join makes an agent a member of queues and no others.
func (f *feedShelf) join(agent conversation.AgentID, queues ...conversation.QueueID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.queues == nil {
		f.queues = map[conversation.AgentID][]conversation.QueueID{}
	}
	f.queues[agent] = queues
}
