package apitest

import (
	"context"
	"crypto/sha256"
	"errors"
	"time"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/secret"
)

func (w *World) StillGood(_ context.Context, asked []access.Principal) (good []access.Principal, err error) {
	for _, who := range asked {
		if who.SessionID != "" {
			good = append(good, w.People.stillGood(who)...)
			continue
		}
		now, err := w.OnAuthenticate(sha256.Sum256([]byte(who.Role)))
		switch {
		case err == nil:
			good = append(good, now)
		case !errors.Is(err, conversation.ErrNotFound):
			return nil, err
		}
	}
	return good, nil
}

func (w *World) RecordRefusals(_ context.Context, list []access.Denials) error {
	w.Mu.Lock()
	defer w.Mu.Unlock()
	w.Refusals = append(w.Refusals, list...)
	return nil
}

func (w *World) ListTokens(context.Context, conversation.Tenant, string, int) ([]access.TokenInfo, error) {
	return nil, nil
}

func (w *World) RevokeToken(context.Context, access.Actor, string) error {
	return conversation.ErrNotFound
}

func (w *World) CreateToken(_ context.Context, by access.Actor, name string, role access.Role, agentID conversation.AgentID, _ time.Duration) (secret.Value, access.Principal, error) {
	if agentID == UnknownAgent {
		return secret.Value{}, access.Principal{}, conversation.ErrNotFound
	}
	return secret.New("wxd_made"), access.Principal{Tenant: by.Tenant, TokenID: AccountB, Name: name, Role: role, AgentID: agentID}, nil
}

func (w *World) AuthenticateSession(_ context.Context, hash [32]byte) (access.Principal, error) {
	return w.People.authenticate(hash)
}

func (w *World) Authenticate(_ context.Context, hash [32]byte) (access.Principal, error) {
	return w.OnAuthenticate(hash)
}
