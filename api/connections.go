package api

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"wxdesk/internal/conversation"
)

const (
	deskBeat = 5 * time.Second
	// signOffWithin bounds what follows the end of a stream, whose own context has ended by then.
	signOffWithin = 5 * time.Second
)

// desks are the event streams of agents that this process has. The ledger knows them too, as long as this process says
// every few seconds that it is there; what differs is put right then, so nothing is lost when the ledger was away.
type desks struct {
	cfg     Config
	process string

	mu   sync.Mutex
	held map[string]conversation.Desk
}

func newDesks(cfg Config) *desks {
	return &desks{cfg: cfg, process: uuid.NewString(), held: map[string]conversation.Desk{}}
}

// signedIn is an open desk; the zero value is of somebody who has none.
type signedIn struct {
	desks *desks
	desk  conversation.Desk
}

// open connects a desk.
func (d *desks) open(ctx context.Context, t conversation.Tenant, agent conversation.AgentID) (signedIn, error) {
	desk := conversation.Desk{ID: uuid.NewString(), Tenant: t, AgentID: agent}
	d.mu.Lock()
	d.held[desk.ID] = desk // first, so that the next beat does not take the row for a stray
	d.mu.Unlock()
	s := signedIn{d, desk}
	if err := d.cfg.Desks.Connect(ctx, d.process, desk); err != nil {
		s.off() // the ledger may have it all the same
		return signedIn{}, err
	}
	if err := d.cfg.AgentEvents.Connected(ctx, t, agent, d.cfg.Now()); err != nil {
		d.failed(ctx, "agent's clock not told of a desk", err)
	}
	return s, nil
}

// off disconnects the desk, whether or not the request's context has ended. Where the ledger is away the next beat does.
func (s signedIn) off() {
	if s.desks == nil {
		return
	}
	s.desks.mu.Lock()
	delete(s.desks.held, s.desk.ID)
	s.desks.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), signOffWithin)
	defer cancel()
	s.desks.disconnect(ctx, s.desk)
}

func (d *desks) disconnect(ctx context.Context, desk conversation.Desk) {
	lost, at, err := d.cfg.Desks.Disconnect(ctx, desk)
	switch {
	case err != nil:
		d.failed(ctx, "desk not disconnected", err)
	case lost:
		d.lost(ctx, conversation.AgentLost{Tenant: desk.Tenant, AgentID: desk.AgentID, At: at})
	}
}

// lost has the agent's clock time the grace: his work waits for him that long.
func (d *desks) lost(ctx context.Context, agent conversation.AgentLost) {
	if err := d.cfg.AgentEvents.Disconnected(ctx, agent.Tenant, agent.AgentID, agent.At); err != nil {
		d.failed(ctx, "agent's clock not told of a lost desk", err)
	}
}

// beat says every few seconds that this process is there, and writes off the desks of those that are not, until ctx ends.
func (d *desks) beat(ctx context.Context) {
	ticker := time.NewTicker(deskBeat)
	defer ticker.Stop()
	for {
		d.beatOnce(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func (d *desks) beatOnce(ctx context.Context) {
	d.mu.Lock()
	ids := slices.Sorted(maps.Keys(d.held))
	d.mu.Unlock()
	found, err := d.cfg.Desks.DeskBeat(ctx, d.process, ids)
	if err != nil {
		d.failed(ctx, "API process not heard", err)
		return
	}
	for _, id := range found.Unknown {
		d.again(ctx, id)
	}
	for _, desk := range found.Stray {
		if !d.has(desk.ID) { // it came after the list
			d.disconnect(ctx, desk)
		}
	}
	agents, err := d.cfg.Desks.LoseDesks(ctx)
	if err != nil {
		d.failed(ctx, "silent API processes not written off", err)
		return
	}
	for _, agent := range agents {
		d.lost(ctx, agent)
	}
}

// again connects a desk that the ledger has written off, or not heard of yet.
func (d *desks) again(ctx context.Context, id string) {
	d.mu.Lock()
	desk, ok := d.held[id]
	d.mu.Unlock()
	if !ok {
		return
	}
	if err := d.cfg.Desks.Connect(ctx, d.process, desk); err != nil {
		d.failed(ctx, "desk not connected again", err)
	}
}

func (d *desks) has(id string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, ok := d.held[id]
	return ok
}

func (d *desks) failed(ctx context.Context, what string, err error) {
	if ctx.Err() == nil {
		d.cfg.Log.ErrorContext(ctx, what, "error", err)
	}
}
