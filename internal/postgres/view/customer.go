package view

import (
	"context"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/setup"
	"wxdesk/internal/routing"
)

// lookedThrough is how many of a customer's conversations, the newest, are looked through for one that an agent may see.
const lookedThrough = "200"

// SeenCustomer reads what routing knows of a customer. An agent may read it if they may see one of the customer's conversations. It
// returns ErrNotFound when there is no such customer that the viewer may see.
func (db *DB) SeenCustomer(ctx context.Context, v access.Viewer, id conversation.CustomerID) (routing.Customer, error) {
	if v.AgentID != "" {
		query := `
			select exists (select from (
				select * from conversations where tenant = $1 and customer_id = $3 order by closed_at desc limit ` + lookedThrough + `) c
			where true` + SeenEach(`$2::uuid`) + `)`
		var sees bool
		err := db.pool.GetContext(ctx, &sees, query, v.Tenant, v.AgentID, id)
		switch {
		case err != nil:
			return routing.Customer{}, postgres.Explain(ctx, "look whether a customer may be seen", err)
		case !sees:
			return routing.Customer{}, conversation.ErrNotFound
		}
	}
	return setup.New(db.pool, db.ring).Customer(ctx, v.Tenant, id)
}
