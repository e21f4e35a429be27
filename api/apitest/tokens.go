package apitest

import (
	"context"
	"crypto/sha256"
	"errors"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
)

func (w *World) StillGood(_ context.Context, asked []access.Principal) (good []access.Principal, err error) {
	for _, who := range asked {
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

func (w *World) Authenticate(_ context.Context, hash [32]byte) (access.Principal, error) {
	return w.OnAuthenticate(hash)
}
