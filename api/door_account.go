package api

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"wxdesk/internal/conversation"
	"wxdesk/internal/secret"
)

const (
	// accountFor is how long an account, or the fact that there is none, is taken as known: a rotated key, a disabled
	// account and a new one count after that.
	accountFor = 2 * time.Second
	// askAgainAfter is how long an account that could not be looked up is taken as it was, before the next try.
	askAgainAfter = time.Second
	maxUnknown    = 1024 // ids that are known to be nobody's
	maxLookUps    = 8    // lookups under way at once of accounts that are known, and as many of others
)

// doorCache finds accounts. It asks for each at most every two seconds, and for one only once at a time. Where the ledger
// cannot be asked, an account that was known stays known for as long as that lasts. Accounts that cease to exist leave the
// cache with the next lookup, so it never holds more than there are; ids that are nobody's are bounded, since anybody can
// make them up, and wait for one another only (R19).
type doorCache struct {
	doors   Doors
	now     func() time.Time
	flights singleflight.Group
	lookUps chan struct{} // of accounts that are known
	firsts  chan struct{} // of others: new, or made up

	mu      sync.Mutex
	known   map[conversation.AccountID]knownDoor
	unknown map[conversation.AccountID]time.Time // until when
}

type knownDoor struct {
	conversation.Door
	until time.Time
}

func newDoorCache(doors Doors, now func() time.Time) *doorCache {
	return &doorCache{
		doors:   doors,
		now:     now,
		lookUps: make(chan struct{}, maxLookUps),
		firsts:  make(chan struct{}, maxLookUps),
		known:   map[conversation.AccountID]knownDoor{},
		unknown: map[conversation.AccountID]time.Time{},
	}
}

// find returns the account, or a refusal: 404 where there is none, 503 where that cannot be found out, or its secrets
// cannot be opened (K12).
func (c *doorCache) find(ctx context.Context, id conversation.AccountID) (conversation.Door, error) {
	if door, fresh, err := c.recall(id); fresh {
		return door, err
	}
	err := c.lookUp(ctx, id)
	switch {
	case err == nil, errors.Is(err, conversation.ErrNotFound):
		door, _, err := c.recall(id)
		return door, err
	case errors.Is(err, secret.ErrUnavailable):
		return conversation.Door{}, refuse(http.StatusServiceUnavailable, "secret-unavailable", err)
	}
	if door, ok := c.keepOld(id); ok {
		return door, nil
	}
	return conversation.Door{}, refuse(http.StatusServiceUnavailable, "account-unavailable", err)
}

// lookUp asks the ledger and remembers its answer. It takes a second at most; who comes while somebody asks for the same
// account waits for that answer.
func (c *doorCache) lookUp(ctx context.Context, id conversation.AccountID) error {
	ctx, cancel := context.WithTimeout(ctx, lookUpWithin)
	defer cancel()
	flight := c.flights.DoChan(string(id), func() (any, error) {
		// The answer is for all who wait, so it must not end with the first one's request.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookUpWithin)
		defer cancel()
		return nil, within(ctx, func(ctx context.Context) error { return c.ask(ctx, id) })
	})
	select {
	case result := <-flight:
		return result.Err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *doorCache) ask(ctx context.Context, id conversation.AccountID) error {
	places := c.places(id)
	select {
	case places <- struct{}{}:
		defer func() { <-places }()
	case <-ctx.Done():
		return ctx.Err()
	}
	door, err := c.doors.Door(ctx, id)
	c.remember(id, door, err)
	return err
}

// places are those that a lookup of the id takes one of.
func (c *doorCache) places(id conversation.AccountID) chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.known[id]; ok {
		return c.lookUps
	}
	return c.firsts
}

// recall returns what is known of an id, and whether that is fresh enough to go by.
func (c *doorCache) recall(id conversation.AccountID) (door conversation.Door, fresh bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	if known, ok := c.known[id]; ok {
		return known.Door, now.Before(known.until), nil
	}
	nobody := refuse(http.StatusNotFound, "unknown-account", nil)
	return conversation.Door{}, now.Before(c.unknown[id]), nobody
}

func (c *doorCache) remember(id conversation.AccountID, door conversation.Door, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	until := c.now().Add(accountFor)
	switch {
	case err == nil:
		delete(c.unknown, id)
		c.known[id] = knownDoor{door, until}
	case errors.Is(err, conversation.ErrNotFound):
		delete(c.known, id)
		if len(c.unknown) >= maxUnknown {
			clear(c.unknown)
		}
		c.unknown[id] = until
	case errors.Is(err, secret.ErrUnavailable):
		delete(c.known, id) // what it was no longer counts
	}
}

// keepOld lets an account that was known count a little longer.
func (c *doorCache) keepOld(id conversation.AccountID) (conversation.Door, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	known, ok := c.known[id]
	if !ok {
		return conversation.Door{}, false
	}
	known.until = c.now().Add(askAgainAfter)
	c.known[id] = known
	return known.Door, true
}
