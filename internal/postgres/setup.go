package postgres

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/lib/pq"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// What the parts of the set-up of people have in common: each changes by its version, and they point to each other.
//
// Whoever points to a part holds it `for key share`, whoever takes one away `for update`: so nothing is left that points to
// what is gone. A change that may make a match triggers the distribution.

// atOnce is when the distribution looks again after a change of the set-up.
var atOnce time.Time

// stampRow is a routing.Stamp as it stands in a table.
type stampRow struct {
	Tenant    conversation.Tenant `db:"tenant"`
	Version   int64               `db:"version"`
	CreatedAt time.Time           `db:"created_at"`
	UpdatedAt time.Time           `db:"updated_at"`
}

const stampColumns = `tenant, version, created_at, updated_at`

func (r stampRow) stamped() stampRow { return r }

func (r stampRow) stamp() routing.Stamp {
	return routing.Stamp{Tenant: r.Tenant, Version: r.Version, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt}
}

// settled judges a change that was made from a version and would change these columns. done: there is nothing to write,
// because everything is as wished, or because this very call wrote it before. ErrVersion when somebody else was faster.
func settled(current, from int64, columns []string) (done bool, err error) {
	switch {
	case current == from+1 && len(columns) == 0:
		return true, nil
	case current != from:
		return false, conversation.ErrVersion
	}
	return len(columns) == 0, nil
}

// changedColumns names the columns in which two rows of one type differ, by their db tags; stamps aside.
func changedColumns[R any](old, wished R) (columns []string) {
	a, b := reflect.ValueOf(old), reflect.ValueOf(wished)
	for i := range a.NumField() {
		column := a.Type().Field(i).Tag.Get("db")
		if column != "" && !reflect.DeepEqual(a.Field(i).Interface(), b.Field(i).Interface()) {
			columns = append(columns, column)
		}
	}
	return columns
}

// asJSON is a column of type jsonb.
type asJSON[T any] struct{ V T }

// Scan implements sql.Scanner.
func (j *asJSON[T]) Scan(column any) error {
	text, ok := column.([]byte)
	if !ok {
		return fmt.Errorf("a jsonb column came as %T", column)
	}
	return json.Unmarshal(text, &j.V)
}

// Value implements driver.Valuer.
func (j asJSON[T]) Value() (driver.Value, error) {
	text, err := json.Marshal(j.V)
	return string(text), err
}

// texts and idsOf carry typed ids through an array of uuids, sorted and each once.
func texts[ID ~string](ids []ID) pq.StringArray {
	list := make(pq.StringArray, len(ids))
	for i, id := range ids {
		list[i] = string(id)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func idsOf[ID ~string](list pq.StringArray) []ID {
	ids := make([]ID, len(list))
	for i, id := range list {
		ids[i] = ID(id)
	}
	return ids
}

// pointer is nil for a zero value: null in a column.
func pointer[T comparable](value T) *T {
	if value == *new(T) {
		return nil
	}
	return &value
}

func orEmpty[T any](p *T) (value T) {
	if p != nil {
		value = *p
	}
	return value
}

// Tables of the set-up, and which of their rows there still are.
const (
	liveQueues          = `queues where deleted_at is null`
	liveWorkstreams     = `workstreams where deleted_at is null`
	liveAgents          = `agents where deleted_at is null`
	liveHours           = `operating_hours where true`
	liveSkills          = `skills where true`
	liveProfiles        = `capacity_profiles where true`
	liveCustomPresences = `custom_presences where true`
)

// hold keeps what a field points to from being taken away before the transaction ends. UnknownError when something of it is
// not there.
func hold[ID ~string](ctx context.Context, tx *transaction, t conversation.Tenant, live, field string, ids ...ID) error {
	wanted := texts(ids)
	if len(wanted) == 0 {
		return nil
	}
	query := `select id from ` + live + ` and tenant = $1 and id = any($2::uuid[]) order by id for key share`
	var found []string
	if err := tx.SelectContext(ctx, &found, query, t, wanted); err != nil {
		return err
	}
	if len(found) < len(wanted) {
		return &routing.UnknownError{Field: field}
	}
	return nil
}

// pages is what every list of the set-up ends with: a page by id, which is oldest first; $2 is the last id of the page before,
// "" for the first page. That one may be gone meanwhile.
const pages = ` and tenant = $1 and ($2 = '' or id > nullif($2, '')::uuid) order by id limit $3`

// inUse reports whether any of the queries, each a `select` of rows by tenant $1 and id $2, finds something.
func inUse[ID ~string](ctx context.Context, tx *transaction, t conversation.Tenant, id ID, queries ...string) error {
	for _, query := range queries {
		var used bool
		if err := tx.GetContext(ctx, &used, `select exists (`+query+`)`, t, string(id)); err != nil {
			return err
		}
		if used {
			return conversation.ErrInUse
		}
	}
	return nil
}

// ruleNames finds the rulesets whose version in force or draft names an id. Ids are UUIDs, so that finding the text of one
// is finding it.
const ruleNames = `
	select from rulesets r join ruleset_versions v on v.tenant = r.tenant and v.ruleset_id = r.id
	where r.tenant = $1 and r.deleted_at is null and (v.published_at is null or v.number = r.published)
		and position($2 in v.rules::text) > 0`

// deletedBefore says nil where the audit knows that a row was deleted, for deleting it again; ErrNotFound otherwise.
func deletedBefore[ID ~string](ctx context.Context, tx *transaction, t conversation.Tenant, act string, id ID) error {
	const query = `select from audit where tenant = $1 and action = $2 and subject = $3`
	var before bool
	if err := tx.GetContext(ctx, &before, `select exists (`+query+`)`, t, act, string(id)); err != nil {
		return err
	}
	if !before {
		return conversation.ErrNotFound
	}
	return nil
}

// takeAway deletes a row of a table that keeps no deleted ones, unless a use of it is found. false: it was deleted before.
func takeAway[ID ~string](ctx context.Context, tx *transaction, t conversation.Tenant, table, act string, id ID, uses ...string) (bool, error) {
	var found []string
	if err := tx.SelectContext(ctx, &found, `select id from `+table+` where tenant = $1 and id = $2 for update`, t, string(id)); err != nil {
		return false, err
	}
	if len(found) == 0 {
		return false, deletedBefore(ctx, tx, t, act, id)
	}
	if err := inUse(ctx, tx, t, id, uses...); err != nil {
		return false, err
	}
	_, err := tx.ExecContext(ctx, `delete from `+table+` where tenant = $1 and id = $2`, t, string(id))
	return true, err
}

// each turns rows into what they stand for.
func each[R, T any](rows []R, what func(R) T) []T {
	list := make([]T, len(rows))
	for i, row := range rows {
		list[i] = what(row)
	}
	return list
}
