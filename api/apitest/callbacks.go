package apitest

import (
	"context"
	"encoding/base64"
	"slices"
	"time"

	"wxdesk/internal/account"
	"wxdesk/internal/callback"
	"wxdesk/internal/conversation"
)

func (w *World) CallbackAccount(ctx context.Context, id conversation.AccountID) (account.CallbackAccount, error) {
	w.Mu.Lock()
	w.LookUps++
	find := w.FindAccount
	w.Mu.Unlock()
	return find(ctx, id)
}

// SetFindAccount changes how accounts are found from now on.
func (w *World) SetFindAccount(find func(ctx context.Context, id conversation.AccountID) (account.CallbackAccount, error)) {
	w.Mu.Lock()
	defer w.Mu.Unlock()
	w.FindAccount = find
}

func (w *World) CustomerWrote(ctx context.Context, h callback.Received) error {
	if err := w.TakeCallback(ctx, h); err != nil {
		return err
	}
	w.Mu.Lock()
	defer w.Mu.Unlock()
	w.Received = append(w.Received, h)
	return nil
}

func (w *World) SealPlain(_ callback.Received, plain []byte) string {
	return "sealed:" + base64.StdEncoding.EncodeToString(plain)
}

func (w *World) RecordEvent(_ context.Context, e callback.Event) error {
	w.Mu.Lock()
	defer w.Mu.Unlock()
	w.Events = append(w.Events, e)
	return nil
}

func (w *World) Quarantine(ctx context.Context, q callback.Unreadable) error {
	if err := w.OnQuarantine(ctx); err != nil {
		return err
	}
	w.Mu.Lock()
	defer w.Mu.Unlock()
	w.Quarantined = append(w.Quarantined, q)
	return nil
}

func (w *World) RecordCallback(_ context.Context, _ conversation.Tenant, id conversation.AccountID, version int64, records []callback.Record) error {
	w.Mu.Lock()
	defer w.Mu.Unlock()
	w.Noted++
	for _, n := range records {
		w.Recorded[recordKey{id, version, n}] = time.Now()
	}
	return nil
}

func (w *World) CallbackRecords(_ context.Context, _ conversation.Tenant, id conversation.AccountID, version int64) (map[callback.Record]time.Time, error) {
	w.Mu.Lock()
	defer w.Mu.Unlock()
	seen := map[callback.Record]time.Time{}
	for key, at := range w.Recorded {
		if key.account == id && key.version == version {
			seen[key.record] = at
		}
	}
	return seen, nil
}

func (w *World) EventKept(_ context.Context, _ conversation.Tenant, id conversation.AccountID, messageKey string) (bool, error) {
	w.Mu.Lock()
	defer w.Mu.Unlock()
	return slices.ContainsFunc(w.Events, func(e callback.Event) bool {
		return e.AccountID == id && e.MessageKey == messageKey
	}), nil
}
