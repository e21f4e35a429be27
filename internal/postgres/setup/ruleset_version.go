package setup

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/audit"
	"wxdesk/internal/postgres/notify"
	"wxdesk/internal/postgres/resource"
	"wxdesk/internal/routing"
)

// VersionRow is a version of a ruleset as it stands in the table.
type VersionRow struct {
	RulesetID   routing.RulesetID             `db:"ruleset_id"`
	Number      int64                         `db:"number"`
	Rules       postgres.JSON[[]routing.Rule] `db:"rules"`
	CreatedBy   string                        `db:"created_by"`
	CreatedAt   time.Time                     `db:"created_at"`
	PublishedAt *time.Time                    `db:"published_at"`
}

// VersionColumns are those of a VersionRow, of a ruleset r and its version v.
const VersionColumns = `v.ruleset_id, v.number, v.rules, v.created_by, v.created_at, v.published_at`

// Version converts the row to a routing.RulesetVersion.
func (r VersionRow) Version() routing.RulesetVersion {
	for i := range r.Rules.V {
		postgres.RestoreIntegers(r.Rules.V[i].Set)
	}
	return routing.RulesetVersion{
		RulesetID: r.RulesetID, Number: r.Number, Rules: r.Rules.V, CreatedBy: r.CreatedBy, CreatedAt: r.CreatedAt,
		PublishedAt: postgres.OrEmpty(r.PublishedAt),
	}
}

// versionInForce is the version of a ruleset that is in force.
type versionInForce struct {
	VersionRow
	Kind  routing.RulesetKind   `db:"kind"`
	Queue *conversation.QueueID `db:"queue_id"` // nil: of a workstream
}

// RulesInForce reads versions in force, in the order of their rulesets; which says of which rulesets r, by $2.
func RulesInForce(ctx context.Context, tx *postgres.Tx, t conversation.Tenant, which string, of any) (versions []versionInForce, err error) {
	query := `
		select r.kind, r.queue_id, ` + VersionColumns + `
		from rulesets r join ruleset_versions v on v.tenant = r.tenant and v.ruleset_id = r.id and v.number = r.published
		where r.tenant = $1 and r.deleted_at is null and ` + which + ` order by r.position, r.id`
	err = tx.SelectContext(ctx, &versions, query, t, of)
	return versions, err
}

// RulesetVersions lists versions of a ruleset, newest first, below a number; 0 for the newest. The draft, if there is one,
// is the first of all.
func (db *DB) RulesetVersions(ctx context.Context, t conversation.Tenant, id routing.RulesetID, below int64, limit int) ([]routing.RulesetVersion, error) {
	const query = `
		select ` + VersionColumns + ` from ruleset_versions v
		where tenant = $1 and ruleset_id = $2 and ($3 = 0 or number < $3) order by number desc limit $4`
	var rows []VersionRow
	err := db.pool.SelectContext(ctx, &rows, query, t, id, below, limit)
	return postgres.Each(rows, VersionRow.Version), postgres.Explain(ctx, "list versions of a ruleset", err)
}

// SaveDraft makes these rules the draft of the actor's ruleset, in place of the one there may be, if the ruleset's version
// is still version (ErrVersion otherwise). What is in force stays in force. It returns ErrNotFound when there is no such
// ruleset.
func (db *DB) SaveDraft(ctx context.Context, by access.Actor, id routing.RulesetID, version int64, rules []routing.Rule) (routing.Ruleset, error) {
	return db.changeRuleset(ctx, by, id, version, func(tx *postgres.Tx, old *RulesetRow) (string, func() error, error) {
		same, err := IsDraft(ctx, tx, by.Tenant, id, rules)
		if err != nil || same {
			return audit.RulesetDraft, nil, err
		}
		return audit.RulesetDraft, func() error { return WriteDraft(ctx, tx, by, old.ID, rules) }, nil
	})
}

// IsDraft reports whether the draft consists of these rules already.
func IsDraft(ctx context.Context, tx *postgres.Tx, t conversation.Tenant, id routing.RulesetID, rules []routing.Rule) (bool, error) {
	const query = `select ` + VersionColumns + ` from ruleset_versions v where tenant = $1 and ruleset_id = $2 and published_at is null`
	var draft VersionRow
	err := tx.GetContext(ctx, &draft, query, t, id)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	kept, err := json.Marshal(draft.Rules.V)
	if err != nil {
		return false, err
	}
	given, err := json.Marshal(rules)
	return err == nil && bytes.Equal(kept, given), err
}

// WriteDraft replaces the draft, or adds one under the next number.
func WriteDraft(ctx context.Context, tx *postgres.Tx, by access.Actor, id routing.RulesetID, rules []routing.Rule) error {
	text := postgres.JSON[[]routing.Rule]{V: append([]routing.Rule{}, rules...)}
	const upsertDraft = `
		update ruleset_versions set rules = $3, created_by = $4, created_at = now()
		where tenant = $1 and ruleset_id = $2 and published_at is null`
	replaced, err := postgres.Affected(tx.ExecContext(ctx, upsertDraft, by.Tenant, id, text, by.Name))
	if err != nil || replaced > 0 {
		return err
	}
	const insert = `
		insert into ruleset_versions (tenant, ruleset_id, number, rules, created_by)
		select $1, $2, coalesce(max(number), 0) + 1, $3, $4 from ruleset_versions where tenant = $1 and ruleset_id = $2`
	_, err = tx.ExecContext(ctx, insert, by.Tenant, id, text, by.Name)
	return err
}

// PutInForce publishes the draft of that number, or goes back to that version; 0 takes the ruleset out of force. It does so
// if the ruleset's version is still version (ErrVersion otherwise). What conversations were routed by stays as it is: a
// published version never changes. It returns routing.UnknownError when there is no version of that number, ErrNotFound when
// there is no such ruleset.
func (db *DB) PutInForce(ctx context.Context, by access.Actor, id routing.RulesetID, version, number int64) (routing.Ruleset, error) {
	return db.changeRuleset(ctx, by, id, version, func(tx *postgres.Tx, old *RulesetRow) (string, func() error, error) {
		if postgres.OrEmpty(old.Published) == number {
			return audit.RulesetPublish, nil, nil
		}
		if number == 0 {
			old.Published = nil
			return audit.RulesetRollback, nil, nil
		}
		const query = `select published_at is null from ruleset_versions where tenant = $1 and ruleset_id = $2 and number = $3`
		var draft bool
		err := tx.GetContext(ctx, &draft, query, by.Tenant, id, number)
		if errors.Is(err, sql.ErrNoRows) {
			err = &routing.UnknownError{Field: "number"}
		}
		old.Published = &number
		if err != nil || !draft {
			return audit.RulesetRollback, nil, err
		}
		return audit.RulesetPublish, func() error {
			const setPublished = `update ruleset_versions set published_at = now() where tenant = $1 and ruleset_id = $2 and number = $3`
			_, err := tx.ExecContext(ctx, setPublished, by.Tenant, id, number)
			return err
		}, nil
	})
}

// changeRuleset changes a ruleset by its version. change alters the row, names the act for the audit, and returns what else
// is to be written, nil for nothing; it must not write itself.
func (db *DB) changeRuleset(ctx context.Context, by access.Actor, id routing.RulesetID, version int64,
	change func(tx *postgres.Tx, row *RulesetRow) (act string, write func() error, err error),
) (routing.Ruleset, error) {
	return postgres.Transact(ctx, db.pool, "change ruleset", func(tx *postgres.Tx) (routing.Ruleset, error) {
		old, err := RulesetResource.Row(ctx, tx, by.Tenant, string(id), "for no key update")
		if err != nil {
			return routing.Ruleset{}, err
		}
		row := old
		act, write, err := change(tx, &row)
		if err != nil {
			return routing.Ruleset{}, err
		}
		columns := resource.ChangedColumns(old, row)
		if write != nil {
			columns = append(columns, "rules")
		}
		if done, err := resource.Settled(old.Version, version, columns); done || err != nil {
			return old.Ruleset(), err
		}
		if write != nil {
			if err := write(); err != nil {
				return routing.Ruleset{}, err
			}
		}
		if _, err := tx.NamedExecContext(ctx, RulesetResource.Updating, row); err != nil {
			return routing.Ruleset{}, err
		}
		if err := notify.TriggerDistribution(ctx, tx, by.Tenant, notify.AtOnce); err != nil {
			return routing.Ruleset{}, err
		}
		if err := audit.Record(ctx, tx, by, act, string(id), columns...); err != nil {
			return routing.Ruleset{}, err
		}
		return RulesetResource.Read(ctx, tx, by.Tenant, string(id))
	})
}
