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

// deskShelf keeps agents and their desks in memory. Every agent of the default tenant whom it is asked for exists.
type deskShelf struct {
	mu       sync.Mutex
	presence map[conversation.AgentID]routing.Presence
	rows     map[string]conversation.Desk
	events   []string // what agents' clocks are told
	silent   []conversation.AgentLost
	beats    int
	refuse   error // of Connect
}

func (d *deskShelf) AgentNow(_ context.Context, t conversation.Tenant, id conversation.AgentID) (routing.AgentNow, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if t != conversation.DefaultTenant {
		return routing.AgentNow{}, conversation.ErrNotFound
	}
	return routing.AgentNow{ID: id, Name: "Mei", Presence: d.presence[id], Units: 100, Load: 25}, nil
}

func (d *deskShelf) SetPresence(ctx context.Context, by conversation.Principal, id conversation.AgentID, p routing.Presence, _ routing.PresenceID) (routing.AgentNow, error) {
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

func (d *deskShelf) Connect(_ context.Context, _ string, desk conversation.Desk) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.refuse != nil {
		return d.refuse
	}
	if d.rows == nil {
		d.rows = map[string]conversation.Desk{}
	}
	d.rows[desk.ID] = desk
	return nil
}

func (d *deskShelf) Disconnect(_ context.Context, desk conversation.Desk) (bool, time.Time, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.rows, desk.ID)
	for _, other := range d.rows {
		if other.AgentID == desk.AgentID {
			return false, time.Time{}, nil
		}
	}
	return true, time.Now(), nil
}

func (d *deskShelf) DeskBeat(_ context.Context, _ string, held []string) (found conversation.DeskBeat, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.beats++
	for _, id := range held {
		if _, ok := d.rows[id]; !ok {
			found.Unknown = append(found.Unknown, id)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(d.rows)) {
		if !slices.Contains(held, id) {
			found.Stray = append(found.Stray, d.rows[id])
		}
	}
	return found, nil
}

func (d *deskShelf) LoseDesks(context.Context) ([]conversation.AgentLost, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	lost := d.silent
	d.silent = nil
	return lost, nil
}

func (d *deskShelf) Connected(_ context.Context, _ conversation.Tenant, id conversation.AgentID, _ time.Time) error {
	return d.tell("connected " + string(id))
}

func (d *deskShelf) Disconnected(_ context.Context, _ conversation.Tenant, id conversation.AgentID, _ time.Time) error {
	return d.tell("disconnected " + string(id))
}

func (d *deskShelf) tell(event string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.events = append(d.events, event)
	return nil
}

func (d *deskShelf) told() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.events)
}

// forget is what happens to the rows of a process that was silent for too long.
func (d *deskShelf) forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	clear(d.rows)
}

func (d *deskShelf) connected() int {
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
	f.mu.Unlock()
	select {
	case f.channel() <- struct{}{}:
	default:
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
