package apitest

import (
	"context"
	"maps"
	"slices"
	"sync"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/feed"
	"wxdesk/internal/routing"
)

// Agents keeps agents and their connections in memory. Every agent of the default tenant that is asked for exists.
type Agents struct {
	Processes int // that are alive
	Mu        sync.Mutex
	presence  map[conversation.AgentID]routing.Presence
	rows      map[string]feed.Connection
	lost      []conversation.AgentID // those who have lost their last connection
	Dropped   int                    // calls of DropSilentProcesses
	Refuse    error                  // of Connect
}

func (d *Agents) AgentNow(_ context.Context, t conversation.Tenant, id conversation.AgentID) (routing.AgentNow, error) {
	d.Mu.Lock()
	defer d.Mu.Unlock()
	if t != conversation.DefaultTenant {
		return routing.AgentNow{}, conversation.ErrNotFound
	}
	return routing.AgentNow{ID: id, Name: "Mei", Presence: d.presence[id], Units: 100, Load: 25}, nil
}

func (d *Agents) SetPresence(ctx context.Context, by access.Principal, id conversation.AgentID, p routing.Presence, _ routing.PresenceID) (routing.AgentNow, error) {
	d.Mu.Lock()
	if by.Tenant == conversation.DefaultTenant {
		if d.presence == nil {
			d.presence = map[conversation.AgentID]routing.Presence{}
		}
		d.presence[id] = p
	}
	d.Mu.Unlock()
	return d.AgentNow(ctx, by.Tenant, id)
}

func (d *Agents) Connect(_ context.Context, _ string, c feed.Connection) error {
	d.Mu.Lock()
	defer d.Mu.Unlock()
	if d.Refuse != nil {
		return d.Refuse
	}
	if d.rows == nil {
		d.rows = map[string]feed.Connection{}
	}
	d.rows[c.ID] = c
	return nil
}

func (d *Agents) Disconnect(_ context.Context, c feed.Connection) error {
	d.Mu.Lock()
	defer d.Mu.Unlock()
	delete(d.rows, c.ID)
	for _, other := range d.rows {
		if other.AgentID == c.AgentID {
			return nil
		}
	}
	d.lost = append(d.lost, c.AgentID)
	return nil
}

func (d *Agents) Heartbeat(_ context.Context, _ string, held []string) (diff feed.ConnectionDiff, err error) {
	d.Mu.Lock()
	defer d.Mu.Unlock()
	diff.Processes = d.Processes
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

func (d *Agents) DropSilentProcesses(context.Context) error {
	d.Mu.Lock()
	defer d.Mu.Unlock()
	d.Dropped++
	return nil
}

func (d *Agents) HaveLost() []conversation.AgentID {
	d.Mu.Lock()
	defer d.Mu.Unlock()
	return slices.Clone(d.lost)
}

// Tokens are the API tokens with which the open connections were opened.
func (d *Agents) Tokens() (ids []string) {
	d.Mu.Lock()
	defer d.Mu.Unlock()
	for _, c := range d.rows {
		ids = append(ids, c.TokenID)
	}
	return ids
}

// Forget is what happens to the rows of a process that was silent for too long.
func (d *Agents) Forget() {
	d.Mu.Lock()
	defer d.Mu.Unlock()
	clear(d.rows)
}

func (d *Agents) Connected() int {
	d.Mu.Lock()
	defer d.Mu.Unlock()
	return len(d.rows)
}
