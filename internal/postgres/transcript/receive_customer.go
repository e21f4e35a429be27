package transcript

import (
	"context"
	"database/sql"
	"errors"

	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/sealing"
	"wxdesk/internal/postgres/standing"
)

// lockCustomer finds and locks the customer's row, if there is one.
func (r *reception) lockCustomer(ctx context.Context) error {
	const query = `
		select ` + standing.CustomerColumns + `, a.idle_close_ms, coalesce(b.kind, '') as bot_kind
		from customers u
		join accounts a on a.tenant = u.tenant and a.id = u.account_id
		left join bots b on b.tenant = a.tenant and b.id = a.bot_id
		where u.tenant = $1 and u.account_id = $2 and u.customer_key = $3
		for no key update of u`
	var row standing.CustomerRow
	err := r.tx.GetContext(ctx, &row, query, r.in.Tenant, r.in.AccountID, r.in.CustomerKey)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	r.customer = &row
	return err
}

// makeCustomer makes the row of a customer who writes for the first time, and locks it. If another transaction was
// faster, what was read without that lock is stale.
func (r *reception) makeCustomer(ctx context.Context, openID string) error {
	id := postgres.NewID()
	seal, dataKey, err := sealing.NewCustomer(r.db.ring, r.in.Tenant, id)
	if err != nil {
		return err
	}
	const insert = `
		insert into customers (tenant, id, account_id, customer_key, data_key, openid) values ($1, $2, $3, $4, $5, $6)
		on conflict (tenant, account_id, customer_key) do nothing`
	made, err := postgres.Affected(r.tx.ExecContext(ctx, insert, r.in.Tenant, id, r.in.AccountID, r.in.CustomerKey, dataKey, seal.SealOpenID(openID)))
	if err == nil && made == 0 {
		err = postgres.ErrAgain
	}
	if err != nil {
		return err
	}
	return r.lockCustomer(ctx)
}
