package accounts

import (
	"context"
	"fmt"
	"time"

	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/sealing"
	"wxdesk/internal/secret"
	"wxdesk/internal/wechat/wxapi"
)

const (
	// fetchTimeout bounds a fetch, during which a transaction stays open and idle.
	fetchTimeout = 4 * time.Second
	// forcePause is the least time between two forced refreshes of one token, by WeChat's rule.
	forcePause = 30 * time.Second
)

type accessTokenRow struct {
	Tenant    conversation.Tenant    `db:"tenant"`
	AccountID conversation.AccountID `db:"account_id"`
	Sealed    []byte                 `db:"sealed"`
	ExpiresAt *time.Time             `db:"expires_at"`
	ForcedAt  *time.Time             `db:"forced_at"`
	Now       time.Time              `db:"now"`
}

const accessTokenColumns = `tenant, account_id, sealed, expires_at, forced_at, clock_timestamp() as now`

// ofAccount finds the row without knowing the tenant: an account's id is unique by itself.
const ofAccount = `(tenant, account_id) = (select tenant, id from accounts where id = $1)`

// usable opens the stored token; ok is false if there is none, or it is about to expire.
func (db *DB) usable(r accessTokenRow) (token wxapi.Token, ok bool, err error) {
	if r.Sealed == nil || r.ExpiresAt == nil {
		return wxapi.Token{}, false, nil
	}
	plain, err := db.ring.Open(sealing.LabelAccessToken, accessTokenPlace(r), r.Sealed)
	if err != nil {
		return wxapi.Token{}, false, fmt.Errorf("access token of account %s: %w", r.AccountID, err)
	}
	token = wxapi.Token{Value: secret.New(string(plain)), ExpiresAt: *r.ExpiresAt}
	return token, token.Usable(r.Now), nil
}

func accessTokenPlace(r accessTokenRow) string {
	return sealing.Place("access_tokens", r.Tenant, string(r.AccountID))
}

// Token implements wxapi.TokenStore: the stored access token, or wxapi.ErrNoToken if nothing usable is.
func (db *DB) Token(ctx context.Context, accountID string) (wxapi.Token, error) {
	const query = `select ` + accessTokenColumns + ` from access_tokens where ` + ofAccount
	var rows []accessTokenRow
	if err := db.pool.SelectContext(ctx, &rows, query, accountID); err != nil {
		return wxapi.Token{}, postgres.Explain(ctx, "read the access token of account "+accountID, err)
	}
	if len(rows) == 0 {
		return wxapi.Token{}, wxapi.ErrNoToken
	}
	token, ok, err := db.usable(rows[0])
	if err == nil && !ok {
		err = wxapi.ErrNoToken
	}
	return token, err
}

// refreshed is the result of a refresh. A fetch that failed is a result, not an error of the transaction: running the transaction
// again would ask WeChat again.
type refreshed struct {
	token   wxapi.Token
	failure error
}

// Refresh implements wxapi.TokenStore. The row's lock makes one refresh over all processes: whoever waited for it finds a
// token that differs from the failed one. A stored token that cannot be opened counts as none. It returns ErrNotFound
// when there is no such account.
func (db *DB) Refresh(ctx context.Context, accountID string, failed secret.Value, fetch func(ctx context.Context, force bool) (wxapi.Token, error)) (wxapi.Token, error) {
	r, err := postgres.Transact(ctx, db.pool, "refresh the access token of account "+accountID, func(tx *postgres.Tx) (refreshed, error) {
		row, err := lockAccessToken(ctx, tx, accountID)
		if err != nil {
			return refreshed{}, err
		}
		if stored, ok, err := db.usable(row); err == nil && ok && stored.Value.Reveal() != failed.Reveal() {
			return refreshed{token: stored}, nil
		}
		force := !failed.Empty() && (row.ForcedAt == nil || row.Now.Sub(*row.ForcedAt) >= forcePause)
		if force {
			row.ForcedAt = &row.Now
		}
		token, err := fetchWithin(ctx, force, fetch)
		if err != nil {
			return refreshed{failure: err}, nil //nolint:nilerr // the failure is the answer; that it was forced is kept
		}
		row.Sealed, row.ExpiresAt = db.ring.Seal(sealing.LabelAccessToken, accessTokenPlace(row), []byte(token.Value.Reveal())), &token.ExpiresAt
		const update = `
			update access_tokens set sealed = :sealed, expires_at = :expires_at, forced_at = :forced_at
			where tenant = :tenant and account_id = :account_id`
		_, err = tx.NamedExecContext(ctx, update, row)
		return refreshed{token: token}, err
	})
	if err != nil {
		return wxapi.Token{}, err
	}
	return r.token, r.failure
}

func fetchWithin(ctx context.Context, force bool, fetch func(context.Context, bool) (wxapi.Token, error)) (wxapi.Token, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	return fetch(ctx, force)
}

func lockAccessToken(ctx context.Context, tx *postgres.Tx, accountID string) (row accessTokenRow, err error) {
	const insert = `insert into access_tokens (tenant, account_id) select tenant, id from accounts where id = $1 on conflict do nothing`
	if _, err := tx.ExecContext(ctx, insert, accountID); err != nil {
		return row, err
	}
	const query = `select ` + accessTokenColumns + ` from access_tokens where ` + ofAccount + ` for no key update`
	err = tx.GetContext(ctx, &row, query, accountID)
	return row, err
}
