package delivery

import (
	"log/slog"
	"sync"
	"time"

	"wxdesk/internal/simulator/random"
	"wxdesk/internal/simulator/state"
)

// Courier sends callbacks. All its methods may be called from any goroutine; some want the store's lock to be held, and say so.
type Courier struct {
	store  *state.Store
	log    *slog.Logger
	client callbackClient
	work   sync.WaitGroup

	queue    []*state.Pending // callbacks due now, in the order they were written; guarded by the store's lock, as the next
	inFlight int
}

// New makes a courier that sends nothing yet.
func New(store *state.Store, log *slog.Logger) *Courier {
	return &Courier{store: store, log: log, client: newCallbackClient()}
}

// Resume takes up, after a restart, what a kill broke off: each with its next attempt, and failed if there is none left.
func (c *Courier) Resume() {
	c.store.Lock()
	defer c.store.Unlock()
	for _, p := range c.store.AllPending() {
		c.nextAttempt(p, 0)
	}
}

// Close waits until no request is under way. The store is stopped before, which breaks them off; what is broken off goes on when its
// file is opened again.
func (c *Courier) Close() {
	c.work.Wait()
	c.client.close()
}

// Send puts a callback that was committed behind those that are due, and returns it: nil if there is no such callback. The caller
// holds the store's lock.
func (c *Courier) Send(id int64) *state.Pending {
	p := c.store.Pending(id)
	if p != nil {
		c.enqueue(p, 0)
	}
	return p
}

// Forget empties the queue, after a reset. The caller holds the store's lock.
func (c *Courier) Forget() { c.queue = nil }

// nextAttempt lets a callback be attempted again, or ends it. The caller holds the store's lock.
func (c *Courier) nextAttempt(p *state.Pending, after time.Duration) {
	if p.Attempts < c.store.Settings().Attempts {
		c.enqueue(p, after)
		return
	}
	failed := state.Change{Verdict: &state.Progress{ID: p.ID, Verdict: state.Failed}, Shown: c.notice(p)}
	if err := c.store.Commit(failed); err != nil {
		c.log.Error("record of callback end failed", slog.Int64("msg_id", p.ID), slog.Any("error", err))
	}
}

// enqueue puts a callback behind those that are due. The caller holds the store's lock.
func (c *Courier) enqueue(p *state.Pending, after time.Duration) {
	if after > 0 {
		time.AfterFunc(after, func() {
			c.store.Lock()
			defer c.store.Unlock()
			c.enqueue(p, 0)
		})
		return
	}
	c.queue = append(c.queue, p)
	c.Launch()
}

// Launch starts what is due, oldest first, as far as there is room. Callbacks of one customer do not wait for each other, as
// WeChat's do not. The caller holds the store's lock.
func (c *Courier) Launch() {
	for !c.store.Closed() && len(c.queue) > 0 && c.inFlight < c.store.Settings().Concurrency {
		p := c.queue[0]
		c.queue = c.queue[1:]
		if c.store.Pending(p.ID) != p { // forgotten by a reset
			continue
		}
		c.inFlight++
		c.work.Go(func() { c.attemptAndGoOn(p) })
	}
}

// attemptAndGoOn makes one attempt, and then makes room for the next callback.
func (c *Courier) attemptAndGoOn(p *state.Pending) {
	c.makeAttempt(p)
	c.store.Lock()
	defer c.store.Unlock()
	c.inFlight--
	c.Launch()
}

func newNonce() string { return random.Text(9, random.Digits) }
