package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/propagation"

	"wxdesk/internal/conversation"
	"wxdesk/internal/wechat"
)

// keep makes a callback durable: what concerns a conversation goes there, other events and what cannot be read go to their
// tables. Nil means that no crash can lose it any more.
func (d *door) keep(ctx context.Context, l letter) error {
	select {
	case d.underWay <- struct{}{}:
	default:
		return errOverloaded
	}
	defer func() { <-d.underWay }()
	do := d.record
	if l.broken == "" && l.message.Concern() != wechat.ConcernEvent {
		do = d.handOver
	}
	if err := do(ctx, l); err != nil {
		return refuse(http.StatusServiceUnavailable, reasonNotDurable, err)
	}
	return nil
}

// errOverloaded tells the surplus to come again at once.
var errOverloaded = refuse(http.StatusServiceUnavailable, reasonOverloaded, nil)

// What operators are woken for.
const (
	reasonNotDurable = "not-durable"
	reasonOverloaded = "overloaded"
)

// record keeps a callback that concerns no conversation.
func (d *door) record(ctx context.Context, l letter) error {
	ctx, cancel := context.WithTimeout(ctx, keepWithin)
	defer cancel()
	if l.broken != "" {
		err := within(ctx, func(ctx context.Context) error { return d.records.Quarantine(ctx, l.unreadable()) })
		if err == nil {
			d.journal.quarantined(ctx, l)
		}
		return err
	}
	err := within(ctx, func(ctx context.Context) error { return d.records.RecordEvent(ctx, l.event()) })
	if err == nil {
		d.journal.add(ctx, "event")
	}
	return err
}

// handOver gives the callback to its conversation, still encrypted; where that fails, or others of the conversation wait, it
// goes to the spool. What failed may have arrived all the same, and then comes twice, which changes nothing.
func (d *door) handOver(ctx context.Context, l letter) error {
	err := d.signal(ctx, l)
	if err == nil {
		d.journal.add(ctx, "conversation")
		return nil
	}
	if err := d.spool.keep(ctx, d.sealed(ctx, l)); err != nil {
		return err
	}
	d.journal.spooled(ctx, l, err)
	return nil
}

// errBacklog says that callbacks of the same conversation wait in the spool.
var errBacklog = errors.New("callbacks of the conversation wait in the spool")

// signal brings the callback to its conversation within keepWithin. Of one conversation only a few are on their way at once, so
// that one customer cannot occupy everything.
func (d *door) signal(ctx context.Context, l letter) error {
	ctx, cancel := context.WithTimeout(ctx, keepWithin)
	defer cancel()
	h := d.sealed(ctx, l)
	leave, err := d.turns.enter(ctx, conversationOf(h))
	if err != nil {
		return fmt.Errorf("wait for earlier callbacks of the conversation: %w", err)
	}
	switch clear, err := d.spool.clear(ctx, h); {
	case err != nil:
		leave()
		return err
	case !clear:
		leave()
		return errBacklog
	}
	return d.runners.within(ctx, func(ctx context.Context) error {
		defer leave()
		return d.inbox.CustomerWrote(ctx, h)
	})
}

// sealed is the callback as one delivery, which no other copy of it shares: where it was signalled and spooled as well, Receive
// tells the two apart.
func (d *door) sealed(ctx context.Context, l letter) conversation.Handover {
	h := l.handover(ctx)
	if h.KeyID == "" {
		h.Ciphertext = d.records.SealPlain(h, l.plain)
	}
	return h
}

func (l letter) handover(ctx context.Context) conversation.Handover {
	return conversation.Handover{
		Tenant:      l.account.Tenant,
		AccountID:   l.account.ID,
		CustomerKey: l.customerKey(),
		DeliveryID:  uuid.NewString(),
		MessageKey:  l.messageKey(),
		KeyID:       l.keyID,
		Ciphertext:  l.encrypt,
		ReceivedAt:  l.received,
		Stale:       l.stale,
		Fingerprint: conversation.Fingerprint(l.account.IDKey, l.plain),
		Traceparent: traceparent(ctx),
	}
}

func (l letter) event() Event {
	return Event{
		Tenant:      l.account.Tenant,
		AccountID:   l.account.ID,
		MessageKey:  l.messageKey(),
		Kind:        l.message.Kind(),
		CustomerKey: l.customerKey(),
		Body:        l.plain,
		ReceivedAt:  l.received,
	}
}

func (l letter) unreadable() Unreadable {
	return Unreadable{
		Tenant:     l.account.Tenant,
		AccountID:  l.account.ID,
		DeliveryID: l.deliveryID,
		Reason:     l.broken,
		KeyID:      l.keyID,
		Raw:        l.raw,
		ReceivedAt: l.received,
	}
}

func (l letter) messageKey() string {
	return wechat.MessageKey(l.account.IDKey, string(l.account.ID), l.message)
}

func (l letter) customerKey() conversation.CustomerKey {
	return conversation.CustomerKey(wechat.CustomerKey(l.account.IDKey, l.message.FromUserName))
}

// traceparent is the request's W3C trace context, "" where nobody traces.
func traceparent(ctx context.Context) string {
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return carrier.Get("traceparent")
}

// conversationOf is the key under which callbacks take turns: the customer's conversation.
func conversationOf(h conversation.Handover) string {
	return string(h.Tenant) + "/" + string(h.AccountID) + "/" + string(h.CustomerKey)
}
