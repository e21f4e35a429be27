package apitest

import (
	"context"
	"crypto/sha256"
	"errors"

	"wxdesk/internal/conversation"
)

func (w *World) StillGood(_ context.Context, asked []conversation.Principal) (good []conversation.Principal, err error) {
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

func (w *World) RecordRefusals(_ context.Context, list []conversation.AccessRefusals) error {
	w.Mu.Lock()
	defer w.Mu.Unlock()
	w.Refusals = append(w.Refusals, list...)
	return nil
}

func (w *World) ListTokens(context.Context, conversation.Tenant, string, int) ([]conversation.TokenInfo, error) {
	return nil, nil
}

func (w *World) RevokeToken(context.Context, conversation.Actor, string) error {
	return conversation.ErrNotFound
}

func (w *World) Authenticate(_ context.Context, hash [32]byte) (conversation.Principal, error) {
	return w.OnAuthenticate(hash)
}
