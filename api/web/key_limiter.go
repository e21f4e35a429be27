package web

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// KeyLimiter lets at most so many holders at once through under each key, and as many more after each pause. API processes share
// the rate: with n of them a process waits for n pauses. It is safe for concurrent use.
type KeyLimiter struct {
	atOnce    int
	pause     time.Duration
	processes atomic.Int64 // that are alive, this one included; 0 counts as 1

	mu     sync.Mutex
	places map[string]*places // of the keys that are in use
}

type places struct {
	taken chan struct{}
	users int // who have a place, or wait for one
}

// NewKeyLimiter returns a limiter for atOnce holders of each key. pause may be 0.
func NewKeyLimiter(atOnce int, pause time.Duration) *KeyLimiter {
	return &KeyLimiter{atOnce: atOnce, pause: pause, places: map[string]*places{}}
}

// SetProcesses tells the limiter how many API processes share the rate, this one included.
func (l *KeyLimiter) SetProcesses(n int) { l.processes.Store(int64(n)) }

// Take waits for a place, in the order of arrival, until the context ends. The holder calls release once; the place is free when
// that was called and the pause is over.
func (l *KeyLimiter) Take(ctx context.Context, key string) (release func(), err error) {
	p := l.join(key)
	select {
	case p.taken <- struct{}{}:
		soonest := time.Now().Add(l.pause * time.Duration(max(1, l.processes.Load())))
		free := func() {
			<-p.taken
			l.leave(key, p)
		}
		return func() {
			if wait := time.Until(soonest); wait > 0 {
				time.AfterFunc(wait, free)
			} else {
				free()
			}
		}, nil
	case <-ctx.Done():
		l.leave(key, p)
		return nil, ctx.Err()
	}
}

// Most is how many places are taken under the key that has most.
func (l *KeyLimiter) Most() (n int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range l.places {
		n = max(n, int64(len(p.taken)))
	}
	return n
}

func (l *KeyLimiter) join(key string) *places {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.places[key]
	if p == nil {
		p = &places{taken: make(chan struct{}, l.atOnce)}
		l.places[key] = p
	}
	p.users++
	return p
}

func (l *KeyLimiter) leave(key string, p *places) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if p.users--; p.users == 0 {
		delete(l.places, key)
	}
}
