package apitest

import (
	"context"
	"sync"

	"github.com/google/uuid"

	"wxdesk/internal/access"
	"wxdesk/internal/bot"
	"wxdesk/internal/conversation"
)

// FAQ keeps entries in memory, in the order of creation.
type FAQ struct {
	mu      sync.Mutex
	entries []bot.KeptFAQEntry
	Filter  bot.FAQFilter // of the last list
}

func (s *FAQ) CreateFAQEntry(_ context.Context, by access.Actor, e bot.KeptFAQEntry) (bot.KeptFAQEntry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, other := range s.entries {
		if other.AccountID == e.AccountID && other.Language == e.Language && other.Phrase == e.Phrase {
			return bot.KeptFAQEntry{}, conversation.ErrExists
		}
	}
	if e.AccountID == ConvA {
		return bot.KeptFAQEntry{}, conversation.ErrNotFound
	}
	e.Tenant, e.ID, e.Version = by.Tenant, bot.FAQEntryID(uuid.NewString()), 1
	s.entries = append(s.entries, e)
	return e, nil
}

func (s *FAQ) FAQEntry(_ context.Context, _ conversation.Tenant, id bot.FAQEntryID) (bot.KeptFAQEntry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.entries {
		if e.ID == id {
			return e, nil
		}
	}
	return bot.KeptFAQEntry{}, conversation.ErrNotFound
}

func (s *FAQ) ListFAQEntries(_ context.Context, _ conversation.Tenant, f bot.FAQFilter, after bot.FAQEntryID, limit int) ([]bot.KeptFAQEntry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Filter = f
	rest := s.entries
	for i, e := range s.entries {
		if e.ID == after {
			rest = s.entries[i+1:]
		}
	}
	return rest[:min(limit, len(rest))], nil
}

func (s *FAQ) UpdateFAQEntry(_ context.Context, _ access.Actor, e bot.KeptFAQEntry) (bot.KeptFAQEntry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e.Version++
	for i := range s.entries {
		if s.entries[i].ID == e.ID {
			s.entries[i] = e
		}
	}
	return e, nil
}

func (s *FAQ) DeleteFAQEntry(_ context.Context, _ access.Actor, id bot.FAQEntryID) error {
	_, err := s.FAQEntry(context.Background(), "", id)
	return err
}
