package accounts

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"wxdesk/internal/access"
	"wxdesk/internal/account"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/audit"
	"wxdesk/internal/postgres/resource"
	"wxdesk/internal/postgres/sealing"
	"wxdesk/internal/secret"
	"wxdesk/internal/wechat"
)

// accountRow is an account as it stands in the table.
type accountRow struct {
	Tenant      conversation.Tenant        `db:"tenant"`
	ID          conversation.AccountID     `db:"id"`
	Name        string                     `db:"name"`
	OriginalID  wechat.OriginalID          `db:"original_id"`
	AppID       wechat.AppID               `db:"app_id"`
	Mode        wechat.Mode                `db:"mode"`
	Kind        account.Kind               `db:"kind"`
	ReplyMode   account.ReplyMode          `db:"reply_mode"`
	Verified    bool                       `db:"verified"`
	Disabled    bool                       `db:"disabled"`
	Language    conversation.Language      `db:"language"`
	TimeZone    string                     `db:"time_zone"`
	IdleCloseMS int64                      `db:"idle_close_ms"`
	BotID       *conversation.BotID        `db:"bot_id"`
	Workstream  *conversation.WorkstreamID `db:"workstream_id"`
	Version     int64                      `db:"version"`
	CreatedAt   time.Time                  `db:"created_at"`
	UpdatedAt   time.Time                  `db:"updated_at"`
	IDKey       []byte                     `db:"id_key"`
	AppSecret   []byte                     `db:"app_secret"`
}

const accountColumns = `tenant, id, name, original_id, app_id, mode, kind, reply_mode, verified, disabled, language, time_zone,
	idle_close_ms, bot_id, workstream_id, version, created_at, updated_at, id_key, app_secret`

func (r accountRow) account() account.Account {
	return account.Account{
		Tenant: r.Tenant, ID: r.ID, Name: r.Name, OriginalID: r.OriginalID, AppID: r.AppID, Mode: r.Mode, Kind: r.Kind,
		ReplyMode: r.ReplyMode, Verified: r.Verified, Disabled: r.Disabled, Language: r.Language,
		TimeZone: r.TimeZone, IdleClose: time.Duration(r.IdleCloseMS) * time.Millisecond, Version: r.Version,
		CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt, BotID: postgres.OrEmpty(r.BotID), Workstream: postgres.OrEmpty(r.Workstream),
	}
}

func rowOf(a account.Account) accountRow {
	return accountRow{
		Tenant: a.Tenant, ID: a.ID, Name: a.Name, OriginalID: a.OriginalID, AppID: a.AppID, Mode: a.Mode, Kind: a.Kind,
		ReplyMode: a.ReplyMode, Verified: a.Verified, Disabled: a.Disabled, Language: a.Language,
		TimeZone: a.TimeZone, IdleCloseMS: a.IdleClose.Milliseconds(), BotID: postgres.Pointer(a.BotID), Workstream: postgres.Pointer(a.Workstream),
	}
}

// CreateAccount adds an account of the actor's tenant, whatever a.Tenant says; account.DefaultBot gives it the
// tenant's oldest FAQ bot, if there is one. It gets a new id unless a.ID gives one; an account that has that id already
// was made by this very call before, and is answered as it is. It returns ErrExists when another account has the AppID,
// ErrKeyMissing when the mode needs an EncodingAESKey, ErrNoBot when there is no such bot, routing.UnknownError when there
// is no such workstream.
func (db *DB) CreateAccount(ctx context.Context, by access.Actor, a account.Account, s account.Secrets) (account.Account, error) {
	a.Tenant = by.Tenant
	if a.ID == "" {
		a.ID = conversation.AccountID(postgres.NewID())
	}
	act := "create account " + string(a.ID)
	if a.Mode.Encrypted() && s.EncodingAESKey.Empty() {
		return account.Account{}, postgres.Explain(ctx, act, account.ErrKeyMissing)
	}
	row := rowOf(a)
	row.IDKey = db.ring.Seal(sealing.LabelIDKey, sealing.Place("accounts", a.Tenant, string(a.ID), "id_key"), secret.NewKey())
	row.AppSecret = db.sealAppSecret(a.Tenant, a.ID, s.AppSecret)
	return postgres.Transact(ctx, db.pool, act, func(tx *postgres.Tx) (account.Account, error) {
		bot, err := chooseBot(ctx, tx, a.Tenant, a.BotID)
		if err != nil {
			return account.Account{}, err
		}
		row.BotID = bot
		if err := holdWorkstream(ctx, tx, a); err != nil {
			return account.Account{}, err
		}
		const insert = `
			insert into accounts (tenant, id, name, original_id, app_id, mode, kind, reply_mode, verified, disabled, language,
				time_zone, idle_close_ms, id_key, app_secret, bot_id, workstream_id)
			values (:tenant, :id, :name, :original_id, :app_id, :mode, :kind, :reply_mode, :verified, :disabled, :language,
				:time_zone, :idle_close_ms, :id_key, :app_secret, :bot_id, :workstream_id)
			on conflict (id) do nothing`
		inserted, err := postgres.Affected(tx.NamedExecContext(ctx, insert, row))
		if err != nil {
			return account.Account{}, err
		}
		if inserted > 0 {
			for purpose, value := range callbackSecrets(s) {
				if err := db.addSecret(ctx, tx, a, purpose, value); err != nil {
					return account.Account{}, err
				}
			}
			if err := audit.Record(ctx, tx, by, audit.AccountCreate, string(a.ID)); err != nil {
				return account.Account{}, err
			}
		}
		return readAccount(ctx, tx, a.Tenant, a.ID)
	})
}

// holdWorkstream keeps the workstream that an account names.
func holdWorkstream(ctx context.Context, tx *postgres.Tx, a account.Account) error {
	if a.Workstream == "" {
		return nil
	}
	return resource.Hold(ctx, tx, a.Tenant, resource.LiveWorkstreams, "workstream_id", a.Workstream)
}

// Account reads an account. It returns ErrNotFound when it is unknown or deleted.
func (db *DB) Account(ctx context.Context, t conversation.Tenant, id conversation.AccountID) (account.Account, error) {
	a, err := readAccount(ctx, db.pool, t, id)
	return a, postgres.Explain(ctx, "read account", err)
}

// ListAccounts pages by creation, oldest first; after is the last id of the page before, "" for the first page.
func (db *DB) ListAccounts(ctx context.Context, t conversation.Tenant, after conversation.AccountID, limit int) ([]account.Account, error) {
	const query = `
		select ` + accountColumns + ` from accounts
		where tenant = $1 and deleted_at is null
			and ($2 = '' or (created_at, id) > (select created_at, id from accounts where tenant = $1 and id = nullif($2, '')::uuid))
		order by created_at, id limit $3`
	var rows []accountRow
	if err := db.pool.SelectContext(ctx, &rows, query, t, after, limit); err != nil {
		return nil, postgres.Explain(ctx, "list accounts", err)
	}
	accounts := make([]account.Account, len(rows))
	for i, row := range rows {
		accounts[i] = row.account()
	}
	return accounts, nil
}

// DeleteAccount ends an account: its callback is unknown from now on and nothing is sent for it any more; its
// conversations stay readable. Deleting it again changes nothing. It returns ErrNotFound when there never was one.
func (db *DB) DeleteAccount(ctx context.Context, by access.Actor, id conversation.AccountID) error {
	return db.pool.InTx(ctx, "delete account", func(tx *postgres.Tx) error {
		const query = `select deleted_at is not null from accounts where tenant = $1 and id = $2 for no key update`
		var deleted bool
		if err := tx.GetContext(ctx, &deleted, query, by.Tenant, id); err != nil || deleted {
			return err
		}
		const update = `update accounts set deleted_at = now(), updated_at = now(), version = version + 1 where tenant = $1 and id = $2`
		if _, err := tx.ExecContext(ctx, update, by.Tenant, id); err != nil {
			return err
		}
		return audit.Record(ctx, tx, by, audit.AccountDelete, string(id))
	})
}

func readAccount(ctx context.Context, q sqlx.QueryerContext, t conversation.Tenant, id conversation.AccountID) (account.Account, error) {
	const query = `select ` + accountColumns + ` from accounts where tenant = $1 and id = $2 and deleted_at is null`
	var row accountRow
	err := sqlx.GetContext(ctx, q, &row, query, t, id)
	return row.account(), err
}
