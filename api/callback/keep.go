package callback

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"wxdesk/internal/callback"
	"wxdesk/internal/conversation"
	"wxdesk/internal/wechat"
)

// Inbox takes verified callbacks. Each method returns nil only when what it took is durable.
type Inbox interface {
	// CustomerWrote hands a callback to the customer's conversation, starting one if none runs.
	CustomerWrote(ctx context.Context, h callback.Received) error
}

// Records keeps callbacks that concern no conversation. Each method is repeatable.
type Records interface {
	// SealPlain seals the body of a plain-mode callback for the way to its conversation.
	SealPlain(h callback.Received, plain []byte) string
	// RecordEvent keeps an event that concerns no conversation; a known message key changes nothing.
	RecordEvent(ctx context.Context, e callback.Event) error
	// Quarantine keeps an authentic callback that cannot be read.
	Quarantine(ctx context.Context, q callback.Unreadable) error
	// RecordCallback remembers what a callback has shown about an account's set-up, as of a version of the account.
	RecordCallback(ctx context.Context, t conversation.Tenant, id conversation.AccountID, version int64, records []callback.Record) error
}

// keep makes a callback durable. What concerns a conversation goes to the conversation. Other events, and what cannot be read, go to
// their tables. It returns nil when no crash can lose the callback any more.
func (e *Endpoint) keep(ctx context.Context, cb verifiedCallback) error {
	select {
	case e.underWay <- struct{}{}:
	default:
		return errOverloaded
	}
	defer func() { <-e.underWay }()
	do := e.record
	if cb.broken == "" && cb.message.Concern() != wechat.ConcernEvent {
		do = e.handOver
	}
	if err := do(ctx, cb); err != nil {
		return reject(http.StatusServiceUnavailable, reasonNotDurable, err)
	}
	return nil
}

// errOverloaded tells the surplus to come again at once.
var errOverloaded = reject(http.StatusServiceUnavailable, reasonOverloaded, nil)

// Reasons that alerts watch.
const (
	reasonNotDurable = "not-durable"
	reasonOverloaded = "overloaded"
)

// record keeps a callback that concerns no conversation.
func (e *Endpoint) record(ctx context.Context, cb verifiedCallback) error {
	ctx, cancel := context.WithTimeout(ctx, keepWithin)
	defer cancel()
	if cb.broken != "" {
		err := within(ctx, func(ctx context.Context) error { return e.records.Quarantine(ctx, cb.unreadable()) })
		if err == nil {
			e.outcomes.quarantined(ctx, cb)
		}
		return err
	}
	err := within(ctx, func(ctx context.Context) error { return e.records.RecordEvent(ctx, cb.event()) })
	if err == nil {
		e.outcomes.count(ctx, "event")
	}
	return err
}

// handOver signals the callback's conversation with it, still encrypted. If that fails, or if earlier callbacks of the conversation
// wait in the spool, it puts the callback into the spool. A signal that failed may have arrived nevertheless. Then the callback
// comes twice, which changes nothing.
func (e *Endpoint) handOver(ctx context.Context, cb verifiedCallback) error {
	err := e.signal(ctx, cb)
	if err == nil {
		e.outcomes.count(ctx, "conversation")
		return nil
	}
	if err := e.spool.keep(ctx, e.sealed(ctx, cb)); err != nil {
		return err
	}
	e.outcomes.spooled(ctx, cb, err)
	return nil
}

// errBacklog says that callbacks of the same conversation wait in the spool.
var errBacklog = errors.New("callbacks of the conversation wait in the spool")

// signal hands the callback to its conversation within keepWithin. Only a few callbacks of one conversation are under way at once, so
// that one customer cannot occupy everything.
func (e *Endpoint) signal(ctx context.Context, cb verifiedCallback) error {
	ctx, cancel := context.WithTimeout(ctx, keepWithin)
	defer cancel()
	h := e.sealed(ctx, cb)
	release, err := e.perCustomer.Take(ctx, conversationOf(h))
	if err != nil {
		return fmt.Errorf("wait for earlier callbacks of the conversation: %w", err)
	}
	switch clear, err := e.spool.clear(ctx, h); {
	case err != nil:
		release()
		return err
	case !clear:
		release()
		return errBacklog
	}
	return e.workers.within(ctx, func(ctx context.Context) error {
		defer release()
		return e.inbox.CustomerWrote(ctx, h)
	})
}

// sealed is the callback as one delivery, which no other copy of it shares: if it was signalled and spooled as well, Receive
// tells the two apart.
func (e *Endpoint) sealed(ctx context.Context, cb verifiedCallback) callback.Received {
	h := cb.receivedCallback(ctx)
	if h.KeyID == "" {
		h.Ciphertext = e.records.SealPlain(h, cb.plain)
	}
	return h
}
