package callback

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"wxdesk/internal/account"
	"wxdesk/internal/conversation"
	"wxdesk/internal/secret"
)

// Accounts finds what the callback endpoint needs of an account.
type Accounts interface {
	// CallbackAccount returns an account by the id in the callback's path, with its open secrets: the current ones first, replaced
	// ones for account.KeyOverlap. It returns ErrNotFound when it is unknown, deleted or disabled; ErrUnavailable (of package
	// secret) when a stored secret cannot be opened.
	CallbackAccount(ctx context.Context, id conversation.AccountID) (account.CallbackAccount, error)
}

const (
	// AccountKnownFor is how long an account, or the fact that there is none, stays in the cache. A new account, a rotated key and a
	// disabled account count after that.
	AccountKnownFor = 2 * time.Second
	// askAgainAfter is how long the last answer for an account is used after a lookup that failed, before the next try.
	askAgainAfter = time.Second
	maxUnknown    = 1024 // ids that are known to be nobody's
	maxLookUps    = 8    // lookups under way at once of accounts that are known, and as many of others
)

// accountCache finds accounts. It asks for each at most every two seconds, and for one only once at a time. If the ledger
// cannot be asked, an account that was known stays known for as long as that lasts. Accounts that cease to exist leave the
// cache with the next lookup, so it never holds more than there are; ids that are nobody's are bounded, since anybody can
// make them up, and wait for one another only (R19).
type accountCache struct {
	ledger       Accounts
	now          func() time.Time
	flights      singleflight.Group
	lookUps      chan struct{} // of accounts that are known
	firstLookUps chan struct{} // of others: new, or made up

	mu      sync.Mutex
	known   map[conversation.AccountID]knownAccount
	unknown map[conversation.AccountID]time.Time // until when
}

type knownAccount struct {
	account.CallbackAccount
	until time.Time
}

func newAccountCache(ledger Accounts, now func() time.Time) *accountCache {
	return &accountCache{
		ledger:       ledger,
		now:          now,
		lookUps:      make(chan struct{}, maxLookUps),
		firstLookUps: make(chan struct{}, maxLookUps),
		known:        map[conversation.AccountID]knownAccount{},
		unknown:      map[conversation.AccountID]time.Time{},
	}
}

// find returns the account, or a rejection: 404 if there is none, 503 if that cannot be found out, or its secrets
// cannot be opened (K12).
func (c *accountCache) find(ctx context.Context, id conversation.AccountID) (account.CallbackAccount, error) {
	if account, fresh, err := c.recall(id); fresh {
		return account, err
	}
	err := c.lookUp(ctx, id)
	switch {
	case err == nil, errors.Is(err, conversation.ErrNotFound):
		account, _, err := c.recall(id)
		return account, err
	case errors.Is(err, secret.ErrUnavailable):
		return account.CallbackAccount{}, reject(http.StatusServiceUnavailable, "secret-unavailable", err)
	}
	if account, ok := c.keepOld(id); ok {
		return account, nil
	}
	return account.CallbackAccount{}, reject(http.StatusServiceUnavailable, "account-unavailable", err)
}

// lookUp asks the ledger and remembers its answer. It takes a second at most. Requests for the same account wait for this answer.
func (c *accountCache) lookUp(ctx context.Context, id conversation.AccountID) error {
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

func (c *accountCache) ask(ctx context.Context, id conversation.AccountID) error {
	places := c.places(id)
	select {
	case places <- struct{}{}:
		defer func() { <-places }()
	case <-ctx.Done():
		return ctx.Err()
	}
	account, err := c.ledger.CallbackAccount(ctx, id)
	c.remember(id, account, err)
	return err
}

// places are those that a lookup of the id takes one of.
func (c *accountCache) places(id conversation.AccountID) chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.known[id]; ok {
		return c.lookUps
	}
	return c.firstLookUps
}

// recall returns what the cache has for an id, and whether it is fresh enough to use.
func (c *accountCache) recall(id conversation.AccountID) (found account.CallbackAccount, fresh bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	if known, ok := c.known[id]; ok {
		return known.CallbackAccount, now.Before(known.until), nil
	}
	nobody := reject(http.StatusNotFound, "unknown-account", nil)
	return account.CallbackAccount{}, now.Before(c.unknown[id]), nobody
}

func (c *accountCache) remember(id conversation.AccountID, account account.CallbackAccount, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	until := c.now().Add(AccountKnownFor)
	switch {
	case err == nil:
		delete(c.unknown, id)
		c.known[id] = knownAccount{account, until}
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

// keepOld keeps an account in the cache a little longer, if it was known.
func (c *accountCache) keepOld(id conversation.AccountID) (account.CallbackAccount, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	known, ok := c.known[id]
	if !ok {
		return account.CallbackAccount{}, false
	}
	known.until = c.now().Add(askAgainAfter)
	c.known[id] = known
	return known.CallbackAccount, true
}
