package resource

import (
	"cmp"
	"context"
	"reflect"
	"strings"

	"github.com/jmoiron/sqlx"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/audit"
)

// Table is something that administrators set up and the API creates, lists, changes and deletes: a table whose rows change by their version. R is a row of it, and spells the columns
// once, by its db tags; T is the type that a row is converted to.
type Table[R interface{ stamped() StampRow }, T any] struct {
	noun    string // in errors
	act     string // in the audit: "skill" for skill.create
	live    string // the table, and which of its rows there still are
	Columns string
	value   func(R) T

	inserting, Updating string
}

// NewTable makes a Table. noun names a row in errors, act in the audit; live is the table and which of its rows there still are; value
// converts a row to a T.
func NewTable[R interface{ stamped() StampRow }, T any](noun, act, live string, value func(R) T) Table[R, T] {
	var names, values, sets []string
	row := reflect.TypeFor[R]()
	for i := range row.NumField() {
		column := row.Field(i).Tag.Get("db")
		if column == "" {
			continue // the stamp
		}
		names, values = append(names, column), append(values, ":"+column)
		if column != "id" {
			sets = append(sets, column+" = :"+column)
		}
	}
	table, _, _ := strings.Cut(live, " ")
	columns := strings.Join(names, ", ")
	return Table[R, T]{
		noun: noun, act: act, live: live, Columns: StampColumns + ", " + columns, value: value,
		inserting: `insert into ` + table + ` (tenant, ` + columns + `) values (:tenant, ` + strings.Join(values, ", ") + `)
			on conflict (tenant, id) do nothing`,
		Updating: `update ` + table + ` set ` + strings.Join(sets, ", ") + `, version = version + 1, updated_at = now()
			where tenant = :tenant and id = :id`,
	}
}

// Row reads a row; lock is how it is locked, "" for not at all.
func (p Table[R, T]) Row(ctx context.Context, q sqlx.QueryerContext, t conversation.Tenant, id, lock string) (row R, err error) {
	err = sqlx.GetContext(ctx, q, &row, `select `+p.Columns+` from `+p.live+` and tenant = $1 and id = $2 `+lock, t, id)
	return row, err
}

// Read reads one; sql.ErrNoRows when there is none.
func (p Table[R, T]) Read(ctx context.Context, q sqlx.QueryerContext, t conversation.Tenant, id string) (T, error) {
	row, err := p.Row(ctx, q, t, id, "")
	return p.value(row), err
}

// Get reads one; ErrNotFound when there is none.
func (p Table[R, T]) Get(ctx context.Context, db *postgres.Pool, t conversation.Tenant, id string) (T, error) {
	value, err := p.Read(ctx, db, t, id)
	return value, postgres.Explain(ctx, "read "+p.noun, err)
}

// List pages by id, oldest first; after is the last id of the page before, "" for the first page.
func (p Table[R, T]) List(ctx context.Context, db *postgres.Pool, t conversation.Tenant, after string, limit int) ([]T, error) {
	var rows []R
	err := db.SelectContext(ctx, &rows, `select `+p.Columns+` from `+p.live+postgres.Page, t, after, limit)
	return postgres.Each(rows, p.value), postgres.Explain(ctx, "list "+p.noun, err)
}

// All reads those of a tenant, oldest first.
func (p Table[R, T]) All(ctx context.Context, tx *postgres.Tx, t conversation.Tenant) ([]T, error) {
	var rows []R
	err := tx.SelectContext(ctx, &rows, `select `+p.Columns+` from `+p.live+` and tenant = $1 order by id`, t)
	return postgres.Each(rows, p.value), err
}

// Insert adds a row, unless it was added before.
func (p Table[R, T]) Insert(ctx context.Context, tx *postgres.Tx, by access.Actor, id string, row R) (added bool, err error) {
	n, err := postgres.Affected(tx.NamedExecContext(ctx, p.inserting, row))
	if err != nil || n == 0 {
		return false, err
	}
	return true, audit.Record(ctx, tx, by, p.act+".create", id)
}

// Create adds a row after what comes before it; nil for nothing.
func (p Table[R, T]) Create(ctx context.Context, db *postgres.Pool, by access.Actor, id string, row R, before func(tx *postgres.Tx) error) (T, error) {
	return postgres.Transact(ctx, db, "create "+p.noun+" "+id, func(tx *postgres.Tx) (none T, err error) {
		if before != nil {
			if err := before(tx); err != nil {
				return none, err
			}
		}
		if _, err := p.Insert(ctx, tx, by, id, row); err != nil {
			return none, err
		}
		return p.Read(ctx, tx, by.Tenant, id)
	})
}

// Change says what Update does to a row.
type Change[R any] struct {
	Lock   string                                                    // of the row; "" for no key update
	Wish   func(old R) R                                             // makes the row that is wished
	Before func(tx *postgres.Tx, old, row R, columns []string) error // checks it; nil for nothing
	After  func(tx *postgres.Tx, old, row R, columns []string) error // does what follows from it; nil for nothing
}

// Update changes a row if its version is still version, and returns the row as it is then. It returns ErrVersion if the version is
// another one, and ErrNotFound if there is no such row. If the row has the next version and is already as wished, this call has
// changed it before, and nothing is written.
func (p Table[R, T]) Update(ctx context.Context, db *postgres.Pool, by access.Actor, id string, version int64, c Change[R]) (T, error) {
	return postgres.Transact(ctx, db, "update "+p.noun, func(tx *postgres.Tx) (none T, err error) {
		old, err := p.Row(ctx, tx, by.Tenant, id, cmp.Or(c.Lock, "for no key update"))
		if err != nil {
			return none, err
		}
		row := c.Wish(old)
		columns := ChangedColumns(old, row)
		if done, err := Settled(old.stamped().Version, version, columns); done || err != nil {
			return p.value(old), err
		}
		if c.Before != nil {
			if err := c.Before(tx, old, row, columns); err != nil {
				return none, err
			}
		}
		if _, err := tx.NamedExecContext(ctx, p.Updating, row); err != nil {
			return none, err
		}
		if c.After != nil {
			if err := c.After(tx, old, row, columns); err != nil {
				return none, err
			}
		}
		if err := audit.Record(ctx, tx, by, p.act+".update", id, columns...); err != nil {
			return none, err
		}
		return p.Read(ctx, tx, by.Tenant, id)
	})
}

// Remove deletes a row of a table that keeps no deleted ones. Deleting it again changes nothing. It returns ErrInUse if one
// of the uses (queries as for InUse) finds something, and ErrNotFound if there never was such a row.
func (p Table[R, T]) Remove(ctx context.Context, db *postgres.Pool, by access.Actor, id string, uses ...string) error {
	return db.InTx(ctx, "delete "+p.noun, func(tx *postgres.Tx) error {
		table, _, _ := strings.Cut(p.live, " ")
		removed, err := takeAway(ctx, tx, by.Tenant, table, p.act+".delete", id, uses...)
		if err != nil || !removed {
			return err
		}
		return audit.Record(ctx, tx, by, p.act+".delete", id)
	})
}
