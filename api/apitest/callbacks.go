package apitest

import (
	"context"
	"encoding/base64"
	"slices"
	"time"

	"wxdesk/internal/conversation"
)

func (w *World) Door(ctx context.Context, id conversation.AccountID) (conversation.Door, error) {
	w.Mu.Lock()
	w.LookUps++
	find := w.FindAccount
	w.Mu.Unlock()
	return find(ctx, id)
}

// SetFindAccount changes how accounts are found from now on.
func (w *World) SetFindAccount(find func(ctx context.Context, id conversation.AccountID) (conversation.Door, error)) {
	w.Mu.Lock()
	defer w.Mu.Unlock()
	w.FindAccount = find
}

func (w *World) CustomerWrote(ctx context.Context, h conversation.Handover) error {
	if err := w.TakeCallback(ctx, h); err != nil {
		return err
	}
	w.Mu.Lock()
	defer w.Mu.Unlock()
	w.Handovers = append(w.Handovers, h)
	return nil
}

func (w *World) SealPlain(_ conversation.Handover, plain []byte) string {
	return "sealed:" + base64.StdEncoding.EncodeToString(plain)
}

func (w *World) RecordEvent(_ context.Context, e conversation.Event) error {
	w.Mu.Lock()
	defer w.Mu.Unlock()
	w.Events = append(w.Events, e)
	return nil
}

func (w *World) Quarantine(ctx context.Context, q conversation.Unreadable) error {
	if err := w.OnQuarantine(ctx); err != nil {
		return err
	}
	w.Mu.Lock()
	defer w.Mu.Unlock()
	w.Quarantined = append(w.Quarantined, q)
	return nil
}

func (w *World) NoteCallback(_ context.Context, _ conversation.Tenant, id conversation.AccountID, version int64, notices []conversation.Notice) error {
	w.Mu.Lock()
	defer w.Mu.Unlock()
	w.Noted++
	for _, n := range notices {
		w.Notices[noticeKey{id, version, n}] = time.Now()
	}
	return nil
}

func (w *World) CallbackNotices(_ context.Context, _ conversation.Tenant, id conversation.AccountID, version int64) (map[conversation.Notice]time.Time, error) {
	w.Mu.Lock()
	defer w.Mu.Unlock()
	seen := map[conversation.Notice]time.Time{}
	for key, at := range w.Notices {
		if key.account == id && key.version == version {
			seen[key.notice] = at
		}
	}
	return seen, nil
}

func (w *World) EventKept(_ context.Context, _ conversation.Tenant, id conversation.AccountID, messageKey string) (bool, error) {
	w.Mu.Lock()
	defer w.Mu.Unlock()
	return slices.ContainsFunc(w.Events, func(e conversation.Event) bool {
		return e.AccountID == id && e.MessageKey == messageKey
	}), nil
}
