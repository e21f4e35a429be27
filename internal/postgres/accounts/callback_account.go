package accounts

import (
	"context"
	"fmt"

	"wxdesk/internal/account"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/wechat"
)

// CallbackAccount returns an account by the id in the callback's path, before a tenant is known, with its open secrets: the
// current ones first, then those replaced less than account.KeyOverlap ago, latest first. In plain mode there are no
// keys. It returns ErrNotFound when it is unknown, deleted or disabled; secret.ErrUnavailable when a secret in force cannot
// be opened (a replaced one is then left out).
func (db *DB) CallbackAccount(ctx context.Context, id conversation.AccountID) (account.CallbackAccount, error) {
	opened, err := db.callbackAccount(ctx, id)
	return opened, postgres.Explain(ctx, "find the account of a callback", err)
}

func (db *DB) callbackAccount(ctx context.Context, id conversation.AccountID) (account.CallbackAccount, error) {
	var row accountRow
	const query = `select ` + accountColumns + ` from accounts where id = $1 and deleted_at is null and not disabled`
	if err := db.pool.GetContext(ctx, &row, query, id); err != nil {
		return account.CallbackAccount{}, err
	}
	var secrets []secretRow
	const secretsQuery = `
		select id, purpose, sealed, replaced_at is not null as replaced from account_secrets
		where tenant = $1 and account_id = $2
			and (replaced_at is null or replaced_at > now() - $3 * interval '1 millisecond')
		order by replaced_at desc nulls first, created_at desc`
	if err := db.pool.SelectContext(ctx, &secrets, secretsQuery, row.Tenant, row.ID, account.KeyOverlap.Milliseconds()); err != nil {
		return account.CallbackAccount{}, err
	}

	opened := account.CallbackAccount{Account: row.account()}
	var err error
	if opened.IDKey, err = db.OpenIDKey(row.Tenant, row.ID, row.IDKey); err != nil {
		return account.CallbackAccount{}, err
	}
	for _, s := range secrets {
		value, err := db.openSecret(row.Tenant, row.ID, s)
		switch {
		case err != nil && s.Replaced:
			continue
		case err != nil:
			return account.CallbackAccount{}, err
		case s.Purpose == purposeToken:
			opened.Tokens = append(opened.Tokens, value)
		case row.Mode.Encrypted():
			cipher, err := wechat.NewCipher(value.Reveal(), row.AppID)
			if err != nil {
				return account.CallbackAccount{}, fmt.Errorf("key %s of account %s: %w", s.ID, row.ID, err)
			}
			opened.Keys = append(opened.Keys, account.CallbackKey{ID: s.ID, Cipher: cipher})
		}
	}
	return opened, nil
}

// AccountKeys opens what Receive needs to read an account's callbacks: every key it ever had, since a callback that was
// accepted under one is received however much later. A disabled or deleted account still answers. It returns
// secret.ErrUnavailable when the key in force cannot be opened (a replaced one is then left out).
func (db *DB) AccountKeys(ctx context.Context, tenant conversation.Tenant, account conversation.AccountID) (account.CallbackKeys, error) {
	keys, err := db.accountKeys(ctx, tenant, account)
	return keys, postgres.Explain(ctx, "open the keys of account "+string(account), err)
}

func (db *DB) accountKeys(ctx context.Context, tenant conversation.Tenant, id conversation.AccountID) (account.CallbackKeys, error) {
	const query = `
		select a.id as account_id, a.app_id, a.original_id, a.id_key, coalesce(s.id::text, '') as id, 'aes_key' as purpose, s.sealed,
			s.replaced_at is not null as replaced
		from accounts a
		left join account_secrets s on s.tenant = a.tenant and s.account_id = a.id and s.purpose = 'aes_key'
		where a.tenant = $1 and a.id = $2`
	var rows []struct {
		AccountID  conversation.AccountID `db:"account_id"`
		AppID      wechat.AppID           `db:"app_id"`
		OriginalID wechat.OriginalID      `db:"original_id"`
		IDKey      []byte                 `db:"id_key"`
		secretRow
	}
	if err := db.pool.SelectContext(ctx, &rows, query, tenant, id); err != nil {
		return account.CallbackKeys{}, err
	}
	if len(rows) == 0 {
		return account.CallbackKeys{}, conversation.ErrNotFound
	}
	first := rows[0]
	keys := account.CallbackKeys{AppID: first.AppID, OriginalID: first.OriginalID, Ciphers: map[string]*wechat.Cipher{}}
	var err error
	if keys.IDKey, err = db.OpenIDKey(tenant, first.AccountID, first.IDKey); err != nil {
		return account.CallbackKeys{}, err
	}
	for _, row := range rows {
		if row.ID == "" { // an account that has always been in plain mode
			continue
		}
		value, err := db.openSecret(tenant, row.AccountID, row.secretRow)
		if err != nil && row.Replaced {
			continue
		}
		if err != nil {
			return account.CallbackKeys{}, err
		}
		if keys.Ciphers[row.ID], err = wechat.NewCipher(value.Reveal(), row.AppID); err != nil {
			return account.CallbackKeys{}, fmt.Errorf("key %s: %w", row.ID, err)
		}
	}
	return keys, nil
}

// Credentials opens what sending for an account needs. It returns ErrNotFound when it is disabled or deleted.
func (db *DB) Credentials(ctx context.Context, tenant conversation.Tenant, account conversation.AccountID) (wechat.Credentials, error) {
	credentials, err := db.credentials(ctx, tenant, account)
	return credentials, postgres.Explain(ctx, "open the credentials of account "+string(account), err)
}

func (db *DB) credentials(ctx context.Context, tenant conversation.Tenant, account conversation.AccountID) (wechat.Credentials, error) {
	const query = `
		select id, app_id, app_secret from accounts
		where tenant = $1 and id = $2 and deleted_at is null and not disabled`
	var row accountRow
	if err := db.pool.GetContext(ctx, &row, query, tenant, account); err != nil {
		return wechat.Credentials{}, err
	}
	return db.CredentialsOf(tenant, row.ID, row.AppID, row.AppSecret)
}

// CredentialsOf opens the AppSecret of an account that was read already.
func (db *DB) CredentialsOf(t conversation.Tenant, account conversation.AccountID, app wechat.AppID, sealed []byte) (wechat.Credentials, error) {
	appSecret, err := db.openAppSecret(t, account, sealed)
	if err != nil {
		return wechat.Credentials{}, err
	}
	return wechat.Credentials{AccountID: string(account), AppID: app, AppSecret: appSecret}, nil
}
