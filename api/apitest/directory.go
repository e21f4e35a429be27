package apitest

import (
	"context"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// Directory lists the world's names.
func (w *World) Directory(context.Context, conversation.Tenant) ([]routing.Named, error) {
	w.Mu.Lock()
	defer w.Mu.Unlock()
	return w.KnownNames, nil
}
