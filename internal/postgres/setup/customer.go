package setup

import (
	"context"
	"slices"

	"github.com/lib/pq"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/audit"
	"wxdesk/internal/postgres/resource"
	"wxdesk/internal/postgres/sealing"
	"wxdesk/internal/routing"
)

type regularRow struct {
	resource.StampRow
	ID        conversation.CustomerID `db:"id"`
	AccountID conversation.AccountID  `db:"account_id"`
	Following bool                    `db:"following"`
	Preferred pq.StringArray          `db:"preferred_agents"` // in order
	DataKey   []byte                  `db:"data_key"`
	Tags      []byte                  `db:"tags"`
}

const regularColumns = resource.StampColumns + `, id, account_id, following, preferred_agents, data_key, tags`

// customer opens what the row seals. Tags that do not open any more are none.
func (db *DB) customer(r regularRow) routing.Customer {
	c := routing.Customer{
		Stamp: r.Stamp(), ID: r.ID, AccountID: r.AccountID, Following: r.Following,
		Preferred: postgres.IDs[conversation.AgentID](r.Preferred), Tags: []string{},
	}
	if seal, err := sealing.OpenCustomer(db.ring, r.Tenant, string(r.ID), r.DataKey); err == nil {
		c.Tags = seal.OpenTags(r.Tags)
	}
	return c
}

// Customer reads what people say of a customer. It returns ErrNotFound when there is none.
func (db *DB) Customer(ctx context.Context, t conversation.Tenant, id conversation.CustomerID) (routing.Customer, error) {
	const query = `select ` + regularColumns + ` from customers where tenant = $1 and id = $2`
	var row regularRow
	if err := db.pool.GetContext(ctx, &row, query, t, id); err != nil {
		return routing.Customer{}, postgres.Explain(ctx, "read customer", err)
	}
	return db.customer(row), nil
}

// UpdateCustomer sets the preferred agents and the tags of a customer whose version is still c.Version (ErrVersion otherwise).
// They count for conversations that are routed from then on. It returns routing.UnknownError when an agent does not exist, and
// ErrNotFound when the actor's tenant has no such customer.
func (db *DB) UpdateCustomer(ctx context.Context, by access.Actor, c routing.Customer) (routing.Customer, error) {
	return postgres.Transact(ctx, db.pool, "update customer", func(tx *postgres.Tx) (routing.Customer, error) {
		const query = `select ` + regularColumns + ` from customers where tenant = $1 and id = $2 for no key update`
		var row regularRow
		if err := tx.GetContext(ctx, &row, query, by.Tenant, c.ID); err != nil {
			return routing.Customer{}, err
		}
		old := db.customer(row)
		columns := changedCustomer(old, c)
		if done, err := resource.Settled(old.Version, c.Version, columns); done || err != nil {
			return old, err
		}
		if err := resource.Hold(ctx, tx, by.Tenant, resource.LiveAgents, "preferred_agent_ids", added(old.Preferred, c.Preferred)...); err != nil {
			return routing.Customer{}, err
		}
		seal, err := sealing.OpenCustomer(db.ring, by.Tenant, string(c.ID), row.DataKey)
		if err != nil {
			return routing.Customer{}, err
		}
		tags, err := seal.SealTags(c.Tags)
		if err != nil {
			return routing.Customer{}, err
		}
		const update = `
			update customers set preferred_agents = $3, tags = $4, version = version + 1, updated_at = now()
			where tenant = $1 and id = $2 returning ` + regularColumns
		if err := tx.GetContext(ctx, &row, update, by.Tenant, c.ID, pq.Array(c.Preferred), tags); err != nil {
			return routing.Customer{}, err
		}
		return db.customer(row), audit.Record(ctx, tx, by, audit.CustomerUpdate, string(c.ID), columns...)
	})
}

// changedCustomer names what differs, by the columns.
func changedCustomer(old, wished routing.Customer) (columns []string) {
	if !slices.Equal(old.Preferred, wished.Preferred) {
		columns = append(columns, "preferred_agents")
	}
	if !slices.Equal(old.Tags, wished.Tags) {
		columns = append(columns, "tags")
	}
	return columns
}

// added are those who were not there before: agents who have gone meanwhile may stay in a list, where they count for nothing.
func added(old, wished []conversation.AgentID) []conversation.AgentID {
	return slices.DeleteFunc(slices.Clone(wished), func(a conversation.AgentID) bool { return slices.Contains(old, a) })
}
