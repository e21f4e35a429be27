package apitest

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"wxdesk/internal/access"
	"wxdesk/internal/account"
	"wxdesk/internal/conversation"
	"wxdesk/internal/secret"
	"wxdesk/internal/wechat"
)

func (w *World) Credentials(_ context.Context, t conversation.Tenant, id conversation.AccountID) (wechat.Credentials, error) {
	w.Mu.Lock()
	defer w.Mu.Unlock()
	a, ok := w.Accounts[id]
	if !ok || a.Tenant != t || a.Disabled {
		return wechat.Credentials{}, conversation.ErrNotFound
	}
	return wechat.Credentials{AccountID: string(id), AppID: a.AppID, AppSecret: w.Secrets[id].AppSecret}, nil
}

func (w *World) CheckCredentials(context.Context, wechat.Credentials) error {
	return w.OnCheckCredentials()
}

func (w *World) CallbackIPs(context.Context, wechat.Credentials) ([]netip.Prefix, error) {
	return w.OnCallbackIPs()
}

func (w *World) CreateAccount(_ context.Context, by access.Actor, a account.Account, s account.Secrets) (account.Account, error) {
	w.Mu.Lock()
	defer w.Mu.Unlock()
	for _, other := range w.Accounts {
		if other.AppID == a.AppID {
			return account.Account{}, conversation.ErrExists
		}
	}
	a.Version = 1
	a.CreatedAt = time.Unix(1_800_000_000+int64(len(w.Accounts)), 0)
	a.UpdatedAt = a.CreatedAt
	w.Accounts[a.ID], w.Secrets[a.ID] = a, s
	return a, nil
}

func (w *World) Account(_ context.Context, t conversation.Tenant, id conversation.AccountID) (account.Account, error) {
	w.Mu.Lock()
	defer w.Mu.Unlock()
	a, ok := w.Accounts[id]
	if !ok || a.Tenant != t {
		return account.Account{}, conversation.ErrNotFound
	}
	return a, nil
}

func (w *World) ListAccounts(_ context.Context, t conversation.Tenant, after conversation.AccountID, limit int) ([]account.Account, error) {
	w.Mu.Lock()
	defer w.Mu.Unlock()
	var found []account.Account
	for _, a := range w.Accounts {
		if a.Tenant == t && a.CreatedAt.After(w.Accounts[after].CreatedAt) {
			found = append(found, a)
		}
	}
	slices.SortFunc(found, func(a, b account.Account) int { return a.CreatedAt.Compare(b.CreatedAt) })
	return found[:min(limit, len(found))], nil
}

func (w *World) UpdateAccount(_ context.Context, _ access.Actor, a account.Account, s account.Secrets) (account.Account, error) {
	w.Mu.Lock()
	defer w.Mu.Unlock()
	if w.Accounts[a.ID].Version != a.Version {
		return account.Account{}, conversation.ErrVersion
	}
	a.Version++
	kept := w.Secrets[a.ID]
	for _, pair := range []struct{ kept, given *secret.Value }{
		{&kept.AppSecret, &s.AppSecret}, {&kept.Token, &s.Token}, {&kept.EncodingAESKey, &s.EncodingAESKey},
	} {
		if !pair.given.Empty() {
			*pair.kept = *pair.given
		}
	}
	if a.Mode.Encrypted() && kept.EncodingAESKey.Empty() {
		return account.Account{}, account.ErrKeyMissing
	}
	w.Accounts[a.ID], w.Secrets[a.ID] = a, kept
	return a, nil
}

func (w *World) DeleteAccount(_ context.Context, by access.Actor, id conversation.AccountID) error {
	w.Mu.Lock()
	defer w.Mu.Unlock()
	if w.Accounts[id].Tenant != by.Tenant {
		return conversation.ErrNotFound
	}
	delete(w.Accounts, id)
	return nil
}
