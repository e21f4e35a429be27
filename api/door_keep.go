package api

import (
	"context"
	"fmt"
	"net/http"
	"sync"

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
		return refuse(http.StatusServiceUnavailable, "overloaded", nil)
	}
	ctx, cancel := context.WithTimeout(ctx, keepWithin)
	defer cancel()
	err := within(ctx, func(ctx context.Context) error {
		defer func() { <-d.underWay }()
		switch {
		case l.broken != "":
			return d.records.Quarantine(ctx, l.unreadable())
		case l.message.Concern() == wechat.ConcernEvent:
			return d.records.RecordEvent(ctx, l.event())
		}
		return d.handOver(ctx, l)
	})
	if err != nil {
		return refuse(http.StatusServiceUnavailable, "not-durable", err)
	}
	d.journal.kept(ctx, l)
	return nil
}

// handOver gives the callback to its conversation, still encrypted. Of one conversation only a few are on their way at
// once, so that one customer cannot occupy everything.
func (d *door) handOver(ctx context.Context, l letter) error {
	h := l.handover(traceparent(ctx))
	leave, err := d.turns.enter(ctx, string(h.Tenant)+"/"+string(h.AccountID)+"/"+string(h.CustomerKey))
	if err != nil {
		return fmt.Errorf("wait for earlier callbacks of the conversation: %w", err)
	}
	defer leave()
	if h.KeyID == "" {
		h.Ciphertext = d.records.SealPlain(h, l.plain)
	}
	return d.inbox.CustomerWrote(ctx, h)
}

func (l letter) handover(traceparent string) conversation.Handover {
	return conversation.Handover{
		Tenant:      l.account.Tenant,
		AccountID:   l.account.ID,
		CustomerKey: l.customerKey(),
		DeliveryID:  l.deliveryID,
		MessageKey:  l.messageKey(),
		KeyID:       l.keyID,
		Ciphertext:  l.encrypt,
		ReceivedAt:  l.received,
		Stale:       l.stale,
		Fingerprint: conversation.Fingerprint(l.account.IDKey, l.plain),
		Traceparent: traceparent,
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

// within runs a step, and returns when it ends or when the time is up, whichever is first: the promise to answer holds
// even where a step does not watch its context. A panic of the step becomes an error, as this is not the goroutine that
// survivePanics watches.
func within(ctx context.Context, step func(context.Context) error) error {
	done := make(chan error, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				done <- fmt.Errorf("panicked: %s", slogPanic(p).Value)
			}
		}()
		done <- step(ctx)
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// turnstile lets at most width at once through under each key.
type turnstile struct {
	width int
	mu    sync.Mutex
	gates map[string]*gate // of the keys that are in use
}

type gate struct {
	inside chan struct{}
	users  int // inside or waiting
}

func newTurnstile(width int) *turnstile {
	return &turnstile{width: width, gates: map[string]*gate{}}
}

// enter waits for a place, in the order of arrival, until the context ends. Who is in calls leave once.
func (t *turnstile) enter(ctx context.Context, key string) (leave func(), err error) {
	g := t.join(key)
	select {
	case g.inside <- struct{}{}:
		return func() {
			<-g.inside
			t.part(key, g)
		}, nil
	case <-ctx.Done():
		t.part(key, g)
		return nil, ctx.Err()
	}
}

func (t *turnstile) join(key string) *gate {
	t.mu.Lock()
	defer t.mu.Unlock()
	g := t.gates[key]
	if g == nil {
		g = &gate{inside: make(chan struct{}, t.width)}
		t.gates[key] = g
	}
	g.users++
	return g
}

func (t *turnstile) part(key string, g *gate) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if g.users--; g.users == 0 {
		delete(t.gates, key)
	}
}
