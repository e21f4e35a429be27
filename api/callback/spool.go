package callback

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"wxdesk/api/web"
	"wxdesk/internal/callback"
)

const (
	// pollEvery is how often a process asks whether the spool is empty; knownFor is how long that answer counts. What is
	// spooled is acknowledged only after that time, so that every process knows of it when the
	// customer's next message comes.
	pollEvery   = 250 * time.Millisecond
	knownFor    = 500 * time.Millisecond
	pollWithin  = 500 * time.Millisecond
	findWithin  = 2 * time.Second // of keepWithin: how long a callback waits to learn whether others of its conversation wait
	findAgain   = 50 * time.Millisecond
	spoolWithin = 1400 * time.Millisecond // with keepWithin and knownFor: answerWithin
)

// spool stores callbacks for conversations that Temporal cannot take in time, and remembers whether any wait. Callbacks of one
// conversation stay in order: a callback that finds others of its conversation in the spool queues behind them.
type spool struct {
	store       Spool
	inbox       Inbox
	perCustomer *web.KeyLimiter
	now         func() time.Time
	log         *slog.Logger
	work        chan struct{} // holds a value when there is something to hand on

	mu     sync.Mutex
	empty  bool      // by the last answer,
	asked  time.Time // to a question of this time
	spools int       // how often this process has spooled something
}

func newSpool(cfg Config, perCustomer *web.KeyLimiter) *spool {
	return &spool{perCustomer: perCustomer, store: cfg.Spool, inbox: cfg.Inbox, now: cfg.Now, log: cfg.Log, work: make(chan struct{}, 1)}
}

// clear reports whether no callback of h's conversation waits in the spool, so that h may go ahead. If the ledger does not answer for
// as long as findWithin, the last answer counts: a database that is away must not hold up what Temporal can take. The last answer
// must not count at once: a process that loses Postgres for a moment would overtake what others can spool meanwhile (R5).
func (s *spool) clear(ctx context.Context, h callback.Received) (bool, error) {
	s.mu.Lock()
	empty, fresh := s.empty, s.now().Sub(s.asked) <= knownFor
	s.mu.Unlock()
	if empty && fresh {
		return true, nil
	}
	find, cancel := context.WithTimeout(ctx, findWithin)
	defer cancel()
	for {
		waits, err := s.waits(find, h)
		if err == nil {
			return !waits, nil
		}
		select {
		case <-find.Done():
			if empty {
				return true, nil
			}
			return false, err
		case <-time.After(findAgain):
		}
	}
}

// waits asks whether callbacks of h's conversation wait.
func (s *spool) waits(ctx context.Context, h callback.Received) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, pollWithin)
	defer cancel()
	var has bool
	err := within(ctx, func(ctx context.Context) (err error) {
		has, err = s.store.SpoolHas(ctx, h.Tenant, h.AccountID, h.CustomerKey)
		return err
	})
	if err != nil { // then the step may still be running
		return false, err
	}
	return has, nil
}

// keep stores a callback in the spool, and returns when every process knows that the spool is not empty. If that takes too long it
// returns an error although the callback is stored. WeChat then repeats the callback, and a repeat changes nothing.
func (s *spool) keep(ctx context.Context, h callback.Received) error {
	ctx, cancel := context.WithTimeout(ctx, spoolWithin+knownFor)
	defer cancel()
	if err := s.put(ctx, h); err != nil {
		return err
	}
	select {
	case <-time.After(knownFor):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *spool) put(ctx context.Context, h callback.Received) error {
	ctx, cancel := context.WithTimeout(ctx, spoolWithin)
	defer cancel()
	err := within(ctx, func(ctx context.Context) error { return s.store.Spool(ctx, h) })
	s.mu.Lock()
	s.empty = false // also after an error, which may hide that it is there
	s.spools++
	s.mu.Unlock()
	s.toWork()
	return err
}

// poll asks whether the spool is empty.
func (s *spool) poll(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, pollWithin)
	defer cancel()
	s.mu.Lock()
	asked, spools := s.now(), s.spools
	s.mu.Unlock()
	empty, err := s.store.SpoolEmpty(ctx)
	if err != nil {
		return // the last answer stays
	}
	s.mu.Lock()
	if spools == s.spools { // otherwise the answer may be older than what this process has put there
		s.empty, s.asked = empty, asked
	}
	s.mu.Unlock()
	if !empty {
		s.toWork()
	}
}

func (s *spool) toWork() {
	select {
	case s.work <- struct{}{}:
	default: // it is known already
	}
}

// run polls the spool, and hands over what waits in it, until ctx ends.
func (s *spool) run(ctx context.Context) {
	var both sync.WaitGroup
	both.Go(func() {
		again := time.NewTicker(pollEvery)
		defer again.Stop()
		for s.poll(ctx); ; s.poll(ctx) {
			select {
			case <-ctx.Done():
				return
			case <-again.C:
			}
		}
	})
	both.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-s.work:
				s.drain(ctx)
			}
		}
	})
	both.Wait()
}
