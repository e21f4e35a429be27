package postgres

import (
	"context"
	"time"

	"github.com/lib/pq"
)

// How long a listener waits before it connects again; doubles with every failure.
const (
	listenAgainMin = 50 * time.Millisecond
	listenAgainMax = 5 * time.Second
)

// Listen sends a value when there may be something new on a channel of NOTIFY, until ctx ends: after a notice, and after
// every connect, because what was told meanwhile has been missed. Several notices may come as one value. The connection is
// its own, without the pool's limits, and is made again when it is lost.
func (db *Pool) Listen(ctx context.Context, channel string) <-chan struct{} {
	news := make(chan struct{}, 1)
	tell := func() {
		select {
		case news <- struct{}{}:
		default: // one is waiting already
		}
	}
	connected := func(event pq.ListenerEventType, _ error) {
		if event == pq.ListenerEventConnected || event == pq.ListenerEventReconnected {
			tell()
		}
	}
	listener := pq.NewListener(db.dsn, listenAgainMin, listenAgainMax, connected)
	go func() {
		<-ctx.Done()
		_ = listener.Close() // fails only if it is closed already
	}()
	go func() {
		_ = listener.Listen(channel) // waits for a connection; an error is the end of ctx
		tell()
		for range listener.NotificationChannel() { // closed with the listener; nil after a reconnect
			tell()
		}
	}()
	return news
}
