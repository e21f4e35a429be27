package resource

import (
	"context"

	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/routing"
)

// Hold keeps what a field points to from being taken away before the transaction ends. UnknownError when something of it is
// not there.
func Hold[ID ~string](ctx context.Context, tx *postgres.Tx, t conversation.Tenant, live, field string, ids ...ID) error {
	wanted := postgres.Texts(ids)
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

// InUse reports whether any of the queries, each a `select` of rows by tenant $1 and id $2, finds something.
func InUse[ID ~string](ctx context.Context, tx *postgres.Tx, t conversation.Tenant, id ID, queries ...string) error {
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

// RuleNames finds the rulesets whose version in force or draft names an id. Ids are UUIDs, so that finding the text of one
// is finding it.
const RuleNames = `
	select from rulesets r join ruleset_versions v on v.tenant = r.tenant and v.ruleset_id = r.id
	where r.tenant = $1 and r.deleted_at is null and (v.published_at is null or v.number = r.published)
		and position($2 in v.rules::text) > 0`

// deletedBefore returns nil if the audit has the deletion of the row, so that deleting it again succeeds; ErrNotFound otherwise.
func deletedBefore[ID ~string](ctx context.Context, tx *postgres.Tx, t conversation.Tenant, act string, id ID) error {
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

// takeAway deletes a row of a table that does not keep deleted rows, unless something uses it. It returns false if the row was
// deleted before.
func takeAway[ID ~string](ctx context.Context, tx *postgres.Tx, t conversation.Tenant, table, act string, id ID, uses ...string) (bool, error) {
	var found []string
	if err := tx.SelectContext(ctx, &found, `select id from `+table+` where tenant = $1 and id = $2 for update`, t, string(id)); err != nil {
		return false, err
	}
	if len(found) == 0 {
		return false, deletedBefore(ctx, tx, t, act, id)
	}
	if err := InUse(ctx, tx, t, id, uses...); err != nil {
		return false, err
	}
	_, err := tx.ExecContext(ctx, `delete from `+table+` where tenant = $1 and id = $2`, t, string(id))
	return true, err
}
