package apitest

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"

	"wxdesk/internal/access"
	"wxdesk/internal/bot"
	"wxdesk/internal/conversation"
	"wxdesk/internal/secret"
)

// Bots keeps bots in memory, in the order of creation.
type Bots struct {
	mu      sync.Mutex
	bots    []bot.Setup
	Secrets map[conversation.BotID]secret.Value
	Used    bool
}

func (s *Bots) CreateBot(_ context.Context, by access.Actor, b bot.Setup, key secret.Value) (bot.Setup, error) {
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

func (s *Bots) Bot(_ context.Context, _ conversation.Tenant, id conversation.BotID) (bot.Setup, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range s.bots {
		if b.ID == id {
			return b, nil
		}
	}
	return bot.Setup{}, conversation.ErrNotFound
}

func (s *Bots) ListBots(_ context.Context, _ conversation.Tenant, after conversation.BotID, limit int) ([]bot.Setup, error) {
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

func (s *Bots) UpdateBot(_ context.Context, _ access.Actor, b bot.Setup, key secret.Value) (bot.Setup, error) {
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

func (s *Bots) DeleteBot(context.Context, access.Actor, conversation.BotID) error {
	if s.Used {
		return conversation.ErrInUse
	}
	return nil
}
