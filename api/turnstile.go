package api

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// turnstile lets at most width at once through under each key, and width more after each pace. API processes share the rate: with n
// of them a process waits for n paces.
type turnstile struct {
	width     int
	pace      time.Duration
	processes atomic.Int64 // that are alive, this one included; 0 counts as 1

	mu    sync.Mutex
	gates map[string]*gate // of the keys that are in use
}

type gate struct {
	inside chan struct{}
	users  int // inside or waiting
}

func newTurnstile(width int, pace time.Duration) *turnstile {
	return &turnstile{width: width, pace: pace, gates: map[string]*gate{}}
}

// enter waits for a place, in the order of arrival, until the context ends. Who is in calls leave once; their
// place is free when they have left and the pace is over.
func (t *turnstile) enter(ctx context.Context, key string) (leave func(), err error) {
	g := t.join(key)
	select {
	case g.inside <- struct{}{}:
		soonest := time.Now().Add(t.pace * time.Duration(max(1, t.processes.Load())))
		free := func() {
			<-g.inside
			t.part(key, g)
		}
		return func() {
			if wait := time.Until(soonest); wait > 0 {
				time.AfterFunc(wait, free)
			} else {
				free()
			}
		}, nil
	case <-ctx.Done():
		t.part(key, g)
		return nil, ctx.Err()
	}
}

// most is how many are inside under the key that has most.
func (t *turnstile) most() (n int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, g := range t.gates {
		n = max(n, int64(len(g.inside)))
	}
	return n
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
