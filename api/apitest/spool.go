package apitest

import (
	"context"
	"slices"
	"sync"
	"time"

	"wxdesk/internal/callback"
	"wxdesk/internal/conversation"
)

// Spool keeps spooled callbacks in memory; its zero value has no room.
type Spool struct {
	Open   bool
	mu     sync.Mutex
	rows   []callback.Spooled
	Claims map[int64]time.Time
	last   int64
	refuse func() error // what a call of any method fails with; nil: nothing
}

func (s *Spool) reach() error {
	s.mu.Lock()
	refuse := s.refuse
	s.mu.Unlock()
	if refuse == nil {
		return nil
	}
	return refuse()
}

func (s *Spool) Fails(refuse func() error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = refuse
}

func (s *Spool) Spool(_ context.Context, h callback.Received) error {
	if err := s.reach(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.Open {
		return conversation.ErrLater
	}
	for _, row := range s.rows {
		if row.MessageKey == h.MessageKey && row.Fingerprint == h.Fingerprint {
			return nil
		}
	}
	s.last++
	s.rows = append(s.rows, callback.Spooled{ID: s.last, Received: h})
	return nil
}

func (s *Spool) SpoolHas(_ context.Context, _ conversation.Tenant, _ conversation.AccountID, c conversation.CustomerKey) (bool, error) {
	err := s.reach()
	return slices.ContainsFunc(s.Waiting(), func(row callback.Spooled) bool { return row.CustomerKey == c }), err
}

func (s *Spool) SpoolEmpty(context.Context) (bool, error) {
	err := s.reach()
	return len(s.Waiting()) == 0, err
}

func (s *Spool) SpoolSize(context.Context) (int64, time.Duration, error) {
	return int64(len(s.Waiting())), 0, s.reach()
}

func (s *Spool) ClaimSpooled(_ context.Context, most int) (firsts []callback.Spooled, err error) {
	if err := s.reach(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := map[conversation.CustomerKey]bool{}
	for _, row := range s.rows {
		if len(firsts) < most && !seen[row.CustomerKey] && time.Now().After(s.Claims[row.ID]) {
			s.Claims[row.ID] = time.Now().Add(callback.SpoolClaim)
			firsts = append(firsts, row)
		}
		seen[row.CustomerKey] = true
	}
	return firsts, nil
}

func (s *Spool) SpooledFrom(_ context.Context, first callback.Spooled, limit int) ([]callback.Spooled, error) {
	rows := slices.DeleteFunc(s.Waiting(), func(row callback.Spooled) bool {
		return row.CustomerKey != first.CustomerKey || row.ID < first.ID
	})
	return rows[:min(limit, len(rows))], s.reach()
}

func (s *Spool) Unspool(_ context.Context, ids []int64) error {
	if err := s.reach(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rows = slices.DeleteFunc(s.rows, func(row callback.Spooled) bool { return slices.Contains(ids, row.ID) })
	return nil
}

func (s *Spool) Waiting() []callback.Spooled {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.rows)
}
