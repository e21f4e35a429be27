package accounts

import (
	"bytes"
	"context"
	"encoding/base64"
	"maps"
	"slices"

	"wxdesk/internal/access"
	"wxdesk/internal/account"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/audit"
	"wxdesk/internal/secret"
)

// UpdateAccount replaces the settings of the actor's account if its version is still a.Version (ErrVersion otherwise), and those
// secrets that are not empty. What is equal stays: an update that changes nothing keeps the version. A replaced Token or
// EncodingAESKey keeps its row; a stored secret that cannot be opened differs from every given one. With another AppID the
// access token is forgotten. A new bot counts for conversations that begin from now on, and for the next message of those that a
// bot holds. An account that stands one version further exactly as wished was brought there by this very call before. It returns
// ErrExists when another account has the AppID, ErrKeyMissing when the mode needs an EncodingAESKey and there is none, ErrNoBot
// when there is no such bot, routing.UnknownError when there is no such workstream, ErrNotFound when there is no such account.
func (db *DB) UpdateAccount(ctx context.Context, by access.Actor, a account.Account, s account.Secrets) (account.Account, error) {
	a.Tenant = by.Tenant
	return postgres.Transact(ctx, db.pool, "update account", func(tx *postgres.Tx) (account.Account, error) {
		old, err := lockAccount(ctx, tx, a.Tenant, a.ID)
		if err != nil {
			return account.Account{}, err
		}
		a.ID = old.ID
		if a.BotID, err = otherBot(ctx, tx, old, a.BotID); err != nil {
			return account.Account{}, err
		}
		kept, err := db.currentSecrets(ctx, tx, old)
		if err != nil {
			return account.Account{}, err
		}
		if _, has := kept[purposeAESKey]; a.Mode.Encrypted() && !has && s.EncodingAESKey.Empty() {
			return account.Account{}, account.ErrKeyMissing
		}
		fresh := changedSecrets(kept, s)
		fields := append(changedSettings(old.account(), a), slices.Sorted(maps.Keys(fresh))...)
		switch {
		case old.Version == a.Version+1 && len(fields) == 0:
			return old.account(), nil
		case old.Version != a.Version:
			return account.Account{}, conversation.ErrVersion
		case len(fields) == 0:
			return old.account(), nil
		}
		if old.account().Workstream != a.Workstream {
			if err := holdWorkstream(ctx, tx, a); err != nil {
				return account.Account{}, err
			}
		}
		if err := db.changeAccount(ctx, tx, old, a, fresh); err != nil {
			return account.Account{}, err
		}
		if err := audit.Record(ctx, tx, by, audit.AccountUpdate, string(a.ID), fields...); err != nil {
			return account.Account{}, err
		}
		return readAccount(ctx, tx, a.Tenant, a.ID)
	})
}

// otherBot is the bot that an account is to have from now on.
func otherBot(ctx context.Context, tx *postgres.Tx, old accountRow, wanted conversation.BotID) (conversation.BotID, error) {
	if wanted == old.account().BotID {
		return wanted, nil
	}
	bot, err := chooseBot(ctx, tx, old.Tenant, wanted)
	if err != nil || bot == nil {
		return "", err
	}
	return *bot, nil
}

func lockAccount(ctx context.Context, tx *postgres.Tx, t conversation.Tenant, id conversation.AccountID) (row accountRow, err error) {
	const query = `select ` + accountColumns + ` from accounts where tenant = $1 and id = $2 and deleted_at is null for no key update`
	err = tx.GetContext(ctx, &row, query, t, id)
	return row, err
}

func (db *DB) changeAccount(ctx context.Context, tx *postgres.Tx, old accountRow, a account.Account, fresh map[string]secret.Value) error {
	row := rowOf(a)
	row.AppSecret = old.AppSecret
	if value, ok := fresh[PurposeAppSecret]; ok {
		row.AppSecret = db.sealAppSecret(a.Tenant, a.ID, value)
	}
	const update = `
		update accounts set name = :name, original_id = :original_id, app_id = :app_id, mode = :mode, kind = :kind,
			reply_mode = :reply_mode, verified = :verified, disabled = :disabled, language = :language, time_zone = :time_zone,
			idle_close_ms = :idle_close_ms, bot_id = :bot_id, workstream_id = :workstream_id, app_secret = :app_secret, version = version + 1, updated_at = now()
		where tenant = :tenant and id = :id`
	if _, err := tx.NamedExecContext(ctx, update, row); err != nil {
		return err
	}
	if old.AppID != a.AppID {
		const deleteAccessToken = `delete from access_tokens where tenant = $1 and account_id = $2`
		if _, err := tx.ExecContext(ctx, deleteAccessToken, a.Tenant, a.ID); err != nil {
			return err
		}
	}
	for _, purpose := range []string{purposeToken, purposeAESKey} {
		value, ok := fresh[purpose]
		if !ok {
			continue
		}
		const endSecret = `update account_secrets set replaced_at = now() where tenant = $1 and account_id = $2 and purpose = $3 and replaced_at is null`
		if _, err := tx.ExecContext(ctx, endSecret, a.Tenant, a.ID, purpose); err != nil {
			return err
		}
		if err := db.addSecret(ctx, tx, a, purpose, value); err != nil {
			return err
		}
	}
	return nil
}

// changedSettings names, as columns, what differs between two accounts.
func changedSettings(old, a account.Account) (fields []string) {
	for _, setting := range []struct {
		name    string
		changed bool
	}{
		{"name", old.Name != a.Name},
		{"original_id", old.OriginalID != a.OriginalID},
		{"app_id", old.AppID != a.AppID},
		{"mode", old.Mode != a.Mode},
		{"kind", old.Kind != a.Kind},
		{"reply_mode", old.ReplyMode != a.ReplyMode},
		{"verified", old.Verified != a.Verified},
		{"disabled", old.Disabled != a.Disabled},
		{"language", old.Language != a.Language},
		{"time_zone", old.TimeZone != a.TimeZone},
		{"idle_close", old.IdleClose.Milliseconds() != a.IdleClose.Milliseconds()},
		{"bot_id", old.BotID != a.BotID},
		{"workstream_id", old.Workstream != a.Workstream},
	} {
		if setting.changed {
			fields = append(fields, setting.name)
		}
	}
	return fields
}

// changedSecrets are the given ones that differ from those kept.
func changedSecrets(kept map[string]secret.Value, s account.Secrets) map[string]secret.Value {
	given := callbackSecrets(s)
	if !s.AppSecret.Empty() {
		given[PurposeAppSecret] = s.AppSecret
	}
	maps.DeleteFunc(given, func(purpose string, value secret.Value) bool {
		return sameSecret(purpose, kept[purpose], value)
	})
	return given
}

// sameSecret compares an EncodingAESKey by the 32 bytes it stands for: its last character carries two spare bits.
func sameSecret(purpose string, a, b secret.Value) bool {
	if purpose != purposeAESKey {
		return a.Reveal() == b.Reveal()
	}
	x, errX := base64.StdEncoding.DecodeString(a.Reveal() + "=")
	y, errY := base64.StdEncoding.DecodeString(b.Reveal() + "=")
	return errX == nil && errY == nil && len(x) > 0 && bytes.Equal(x, y)
}
