package postgres

import (
	"cmp"
	"context"
	"reflect"
	"strings"

	"github.com/jmoiron/sqlx"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
)

// resource is something that administrators set up and the API creates, lists, changes and deletes: a table whose rows change by their version. R is a row of it, and spells the columns
// once, by its db tags; T is what a row stands for.
type resource[R interface{ stamped() stampRow }, T any] struct {
	noun    string // in errors
	act     string // in the audit: "skill" for skill.create
	live    string // the table, and which of its rows there still are
	columns string
	value   func(R) T

	inserting, updating string
}

func newResource[R interface{ stamped() stampRow }, T any](noun, act, live string, value func(R) T) resource[R, T] {
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
	return resource[R, T]{
		noun: noun, act: act, live: live, columns: stampColumns + ", " + columns, value: value,
		inserting: `insert into ` + table + ` (tenant, ` + columns + `) values (:tenant, ` + strings.Join(values, ", ") + `)
			on conflict (tenant, id) do nothing`,
		updating: `update ` + table + ` set ` + strings.Join(sets, ", ") + `, version = version + 1, updated_at = now()
			where tenant = :tenant and id = :id`,
	}
}

func (p resource[R, T]) row(ctx context.Context, q sqlx.QueryerContext, t conversation.Tenant, id, lock string) (row R, err error) {
	err = sqlx.GetContext(ctx, q, &row, `select `+p.columns+` from `+p.live+` and tenant = $1 and id = $2 `+lock, t, id)
	return row, err
}

// read reads one; sql.ErrNoRows when there is none.
func (p resource[R, T]) read(ctx context.Context, q sqlx.QueryerContext, t conversation.Tenant, id string) (T, error) {
	row, err := p.row(ctx, q, t, id, "")
	return p.value(row), err
}

// get reads one; ErrNotFound when there is none.
func (p resource[R, T]) get(ctx context.Context, db *DB, t conversation.Tenant, id string) (T, error) {
	value, err := p.read(ctx, db.sql, t, id)
	return value, explain(ctx, "read "+p.noun, err)
}

// list pages by id, oldest first; after is the last id of the page before, "" for the first page.
func (p resource[R, T]) list(ctx context.Context, db *DB, t conversation.Tenant, after string, limit int) ([]T, error) {
	var rows []R
	err := db.sql.SelectContext(ctx, &rows, `select `+p.columns+` from `+p.live+pages, t, after, limit)
	return each(rows, p.value), explain(ctx, "list "+p.noun, err)
}

// all reads those of a tenant, oldest first.
func (p resource[R, T]) all(ctx context.Context, tx *transaction, t conversation.Tenant) ([]T, error) {
	var rows []R
	err := tx.SelectContext(ctx, &rows, `select `+p.columns+` from `+p.live+` and tenant = $1 order by id`, t)
	return each(rows, p.value), err
}

// insert adds a row, unless it was added before.
func (p resource[R, T]) insert(ctx context.Context, tx *transaction, by access.Actor, id string, row R) (added bool, err error) {
	n, err := affected(tx.NamedExecContext(ctx, p.inserting, row))
	if err != nil || n == 0 {
		return false, err
	}
	return true, record(ctx, tx, by, p.act+".create", id)
}

// create adds a row after what comes before it; nil for nothing.
func (p resource[R, T]) create(ctx context.Context, db *DB, by access.Actor, id string, row R, before func(tx *transaction) error) (T, error) {
	return transact(ctx, db, "create "+p.noun+" "+id, func(tx *transaction) (none T, err error) {
		if before != nil {
			if err := before(tx); err != nil {
				return none, err
			}
		}
		if _, err := p.insert(ctx, tx, by, id, row); err != nil {
			return none, err
		}
		return p.read(ctx, tx, by.Tenant, id)
	})
}

// change is what update does to a row.
type change[R any] struct {
	lock   string                                                    // of the row; "" for no key update
	wish   func(old R) R                                             // makes the row that is wished
	before func(tx *transaction, old, row R, columns []string) error // checks it; nil for nothing
	after  func(tx *transaction, old, row R, columns []string) error // does what follows from it; nil for nothing
}

// update changes a row where its version is still version; ErrVersion otherwise, ErrNotFound when there is none. A row that
// stands one version further exactly as wished was brought there by this very call before. columns are those that change.
func (p resource[R, T]) update(ctx context.Context, db *DB, by access.Actor, id string, version int64, c change[R]) (T, error) {
	return transact(ctx, db, "update "+p.noun, func(tx *transaction) (none T, err error) {
		old, err := p.row(ctx, tx, by.Tenant, id, cmp.Or(c.lock, "for no key update"))
		if err != nil {
			return none, err
		}
		row := c.wish(old)
		columns := changedColumns(old, row)
		if done, err := settled(old.stamped().Version, version, columns); done || err != nil {
			return p.value(old), err
		}
		if c.before != nil {
			if err := c.before(tx, old, row, columns); err != nil {
				return none, err
			}
		}
		if _, err := tx.NamedExecContext(ctx, p.updating, row); err != nil {
			return none, err
		}
		if c.after != nil {
			if err := c.after(tx, old, row, columns); err != nil {
				return none, err
			}
		}
		if err := record(ctx, tx, by, p.act+".update", id, columns...); err != nil {
			return none, err
		}
		return p.read(ctx, tx, by.Tenant, id)
	})
}

// remove deletes a row of a table that keeps no deleted ones. Deleting it again changes nothing. ErrInUse where one of the uses,
// queries as of inUse, finds something; ErrNotFound when there never was such a row.
func (p resource[R, T]) remove(ctx context.Context, db *DB, by access.Actor, id string, uses ...string) error {
	return db.inTx(ctx, "delete "+p.noun, func(tx *transaction) error {
		table, _, _ := strings.Cut(p.live, " ")
		removed, err := takeAway(ctx, tx, by.Tenant, table, p.act+".delete", id, uses...)
		if err != nil || !removed {
			return err
		}
		return record(ctx, tx, by, p.act+".delete", id)
	})
}
