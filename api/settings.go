package api

import (
	"context"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// Settings keeps what an administrator has set for the whole tenant.
type Settings interface {
	Settings(ctx context.Context, t conversation.Tenant) (routing.Settings, error)
	UpdateSettings(ctx context.Context, by conversation.Actor, s routing.Settings) error
}

// settingsView are the settings as the API shows them.
type settingsView struct {
	MaxConversations int `json:"max_conversations" doc:"Conversations that an agent has at a time at most, whatever their capacity; those put aside do not count"`
}

type settingsAnswer struct{ Body settingsView }

func (a *API) getSettings(ctx context.Context, _ *struct{}) (*settingsAnswer, error) {
	s, err := a.cfg.People.Settings(ctx, callerOf(ctx).Tenant)
	if err != nil {
		return nil, err
	}
	return &settingsAnswer{settingsView(s)}, nil
}

type settingsChange struct {
	MaxConversations *int `json:"max_conversations,omitempty" minimum:"1" maximum:"1000" doc:"Conversations that an agent has at a time at most"`
}

func (a *API) changeSettings(ctx context.Context, in *struct{ Body settingsChange }) (*settingsAnswer, error) {
	who := callerOf(ctx)
	s, err := a.cfg.People.Settings(ctx, who.Tenant)
	if err != nil {
		return nil, err
	}
	set(&s.MaxConversations, in.Body.MaxConversations)
	if err := a.cfg.People.UpdateSettings(ctx, who.actor(), s); err != nil {
		return nil, err
	}
	return &settingsAnswer{settingsView(s)}, nil
}
