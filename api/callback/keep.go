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
	// CustomerWrote hands a callback to the customer's conversation, starting one where none runs.
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

// keep makes a callback durable: what concerns a conversation goes there, other events and what cannot be read go to their
// tables. Nil means that no crash can lose it any more.
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

// handOver hands the callback to its conversation, still encrypted; where that fails, or others of the conversation wait, it
// goes to the spool. What failed may have arrived all the same, and then comes twice, which changes nothing.
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

// signal brings the callback to its conversation within keepWithin. Of one conversation only a few are on their way at once, so
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

// sealed is the callback as one delivery, which no other copy of it shares: where it was signalled and spooled as well, Receive
// tells the two apart.
func (e *Endpoint) sealed(ctx context.Context, cb verifiedCallback) callback.Received {
	h := cb.receivedCallback(ctx)
	if h.KeyID == "" {
		h.Ciphertext = e.records.SealPlain(h, cb.plain)
	}
	return h
}
