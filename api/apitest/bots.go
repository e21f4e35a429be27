package apitest

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"

	"wxdesk/internal/conversation"
	"wxdesk/internal/secret"
)

// Bots keeps bots in memory, in the order of creation.
type Bots struct {
	mu      sync.Mutex
	bots    []conversation.BotSetup
	Secrets map[conversation.BotID]secret.Value
	Used    bool
}

func (s *Bots) CreateBot(_ context.Context, by conversation.Actor, b conversation.BotSetup, key secret.Value) (conversation.BotSetup, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b.Tenant, b.ID, b.Version = by.Tenant, conversation.BotID(uuid.NewString()), 1
	s.bots = append(s.bots, b)
	if s.Secrets == nil {
		s.Secrets = map[conversation.BotID]secret.Value{}
	}
	s.Secrets[b.ID] = key
	return b, nil
}

func (s *Bots) Bot(_ context.Context, _ conversation.Tenant, id conversation.BotID) (conversation.BotSetup, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range s.bots {
		if b.ID == id {
			return b, nil
		}
	}
	return conversation.BotSetup{}, conversation.ErrNotFound
}

func (s *Bots) ListBots(_ context.Context, _ conversation.Tenant, after conversation.BotID, limit int) ([]conversation.BotSetup, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rest := s.bots
	for i, b := range s.bots {
		if b.ID == after {
			rest = s.bots[i+1:]
		}
	}
	return rest[:min(limit, len(rest))], nil
}

func (s *Bots) UpdateBot(_ context.Context, _ conversation.Actor, b conversation.BotSetup, key secret.Value) (conversation.BotSetup, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !key.Empty() {
		s.Secrets[b.ID], b.OldSecretUntil = key, time.Unix(1_700_000_000, 0)
	}
	for i := range s.bots {
		if s.bots[i].ID == b.ID {
			b.Version++
			s.bots[i] = b
		}
	}
	return b, nil
}

func (s *Bots) DeleteBot(context.Context, conversation.Actor, conversation.BotID) error {
	if s.Used {
		return conversation.ErrInUse
	}
	return nil
}
