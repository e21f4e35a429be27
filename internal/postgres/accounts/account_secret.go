package accounts

import (
	"context"
	"fmt"

	"wxdesk/internal/account"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/sealing"
	"wxdesk/internal/secret"
)

// Purposes of an account's secrets. Tokens and keys have rows of their own, since replaced ones are still needed; the
// AppSecret is a column of the account.
const (
	purposeToken     = "token"
	purposeAESKey    = "aes_key"
	PurposeAppSecret = "app_secret"
)

// secretRow is a Token or an EncodingAESKey.
type secretRow struct {
	ID      string `db:"id"`
	Purpose string `db:"purpose"`
	Sealed  []byte `db:"sealed"`
	// Replaced ones are still of use, but the account works without them.
	Replaced bool `db:"replaced"`
}

// callbackSecrets are the given ones that open callbacks.
func callbackSecrets(s account.Secrets) map[string]secret.Value {
	given := map[string]secret.Value{}
	for purpose, value := range map[string]secret.Value{purposeToken: s.Token, purposeAESKey: s.EncodingAESKey} {
		if !value.Empty() {
			given[purpose] = value
		}
	}
	return given
}

func (db *DB) addSecret(ctx context.Context, tx *postgres.Tx, a account.Account, purpose string, value secret.Value) error {
	id := postgres.NewID()
	sealed := db.ring.Seal(sealing.LabelCallback, sealing.Place("account_secrets", a.Tenant, string(a.ID), id, purpose), []byte(value.Reveal()))
	const insert = `insert into account_secrets (tenant, account_id, id, purpose, sealed) values ($1, $2, $3, $4, $5)`
	_, err := tx.ExecContext(ctx, insert, a.Tenant, a.ID, id, purpose, sealed)
	return err
}

func (db *DB) openSecret(t conversation.Tenant, account conversation.AccountID, row secretRow) (secret.Value, error) {
	plain, err := db.ring.Open(sealing.LabelCallback, sealing.Place("account_secrets", t, string(account), row.ID, row.Purpose), row.Sealed)
	if err != nil {
		return secret.Value{}, fmt.Errorf("%s %s of account %s: %w", row.Purpose, row.ID, account, err)
	}
	return secret.New(string(plain)), nil
}

// currentSecrets opens an account's secrets in force, by purpose. One that cannot be opened is there but empty, so that
// it can be replaced.
func (db *DB) currentSecrets(ctx context.Context, tx *postgres.Tx, a accountRow) (map[string]secret.Value, error) {
	const query = `select id, purpose, sealed from account_secrets where tenant = $1 and account_id = $2 and replaced_at is null`
	var rows []secretRow
	if err := tx.SelectContext(ctx, &rows, query, a.Tenant, a.ID); err != nil {
		return nil, err
	}
	current := map[string]secret.Value{}
	current[PurposeAppSecret], _ = db.openAppSecret(a.Tenant, a.ID, a.AppSecret)
	for _, row := range rows {
		current[row.Purpose], _ = db.openSecret(a.Tenant, a.ID, row)
	}
	return current, nil
}

func (db *DB) sealAppSecret(t conversation.Tenant, account conversation.AccountID, value secret.Value) []byte {
	return db.ring.Seal(sealing.LabelAppSecret, sealing.Place("accounts", t, string(account), PurposeAppSecret), []byte(value.Reveal()))
}

func (db *DB) openAppSecret(t conversation.Tenant, account conversation.AccountID, sealed []byte) (secret.Value, error) {
	plain, err := db.ring.Open(sealing.LabelAppSecret, sealing.Place("accounts", t, string(account), PurposeAppSecret), sealed)
	if err != nil {
		return secret.Value{}, fmt.Errorf("app secret of account %s: %w", account, err)
	}
	return secret.New(string(plain)), nil
}

// OpenIDKey opens the key by which an account keys message and customer keys, or fails with secret.ErrUnavailable.
func (db *DB) OpenIDKey(t conversation.Tenant, account conversation.AccountID, sealed []byte) ([]byte, error) {
	key, err := db.ring.Open(sealing.LabelIDKey, sealing.Place("accounts", t, string(account), "id_key"), sealed)
	if err != nil {
		return nil, fmt.Errorf("id key of account %s: %w", account, err)
	}
	return key, nil
}
