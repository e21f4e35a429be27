package setup

import (
	"context"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/audit"
	"wxdesk/internal/postgres/notify"
	"wxdesk/internal/postgres/resource"
	"wxdesk/internal/routing"
)

// RulesetRow is a ruleset as it stands in the table.
type RulesetRow struct {
	resource.StampRow
	ID           routing.RulesetID          `db:"id"`
	Kind         routing.RulesetKind        `db:"kind"`
	WorkstreamID *conversation.WorkstreamID `db:"workstream_id"`
	QueueID      *conversation.QueueID      `db:"queue_id"`
	Name         string                     `db:"name"`
	Position     int                        `db:"position"`
	Published    *int64                     `db:"published"`
}

// LiveRulesets are the rulesets that there still are.
const LiveRulesets = `rulesets where deleted_at is null`

// RulesetResource is the table of rulesets.
var RulesetResource = resource.NewTable("ruleset", "ruleset", LiveRulesets, RulesetRow.Ruleset)

// Ruleset converts the row to a routing.Ruleset.
func (r RulesetRow) Ruleset() routing.Ruleset {
	return routing.Ruleset{
		Stamp: r.Stamp(), ID: r.ID, Kind: r.Kind, WorkstreamID: postgres.OrEmpty(r.WorkstreamID), QueueID: postgres.OrEmpty(r.QueueID),
		Name: r.Name, Position: r.Position, Published: postgres.OrEmpty(r.Published),
	}
}

// CreateRuleset adds a ruleset without rules to a workstream or a queue of the actor's tenant and gives it its id. It
// returns ErrExists when a workstream's kind has that name, or there may be only one and is; ErrTooMany beyond
// routing.MaxClassifications; routing.UnknownError when the workstream or queue is not there.
func (db *DB) CreateRuleset(ctx context.Context, by access.Actor, r routing.Ruleset) (routing.Ruleset, error) {
	r.ID = routing.RulesetID(postgres.NewID())
	return postgres.Transact(ctx, db.pool, "create ruleset "+string(r.ID), func(tx *postgres.Tx) (routing.Ruleset, error) {
		if err := AddRuleset(ctx, tx, by, r); err != nil {
			return routing.Ruleset{}, err
		}
		return RulesetResource.Read(ctx, tx, by.Tenant, string(r.ID))
	})
}

// AddRuleset adds a ruleset without rules. conversation.ErrTooMany beyond routing.MaxClassifications.
func AddRuleset(ctx context.Context, tx *postgres.Tx, by access.Actor, r routing.Ruleset) error {
	if r.WorkstreamID != "" {
		if err := resource.Hold(ctx, tx, by.Tenant, resource.LiveWorkstreams, "workstream_id", r.WorkstreamID); err != nil {
			return err
		}
	}
	if r.QueueID != "" {
		if err := resource.Hold(ctx, tx, by.Tenant, resource.LiveQueues, "queue_id", r.QueueID); err != nil {
			return err
		}
	}
	row := RulesetRow{
		StampRow: resource.StampRow{Tenant: by.Tenant}, ID: r.ID, Kind: r.Kind, WorkstreamID: postgres.Pointer(r.WorkstreamID), QueueID: postgres.Pointer(r.QueueID),
		Name: r.Name, Position: r.Position,
	}
	added, err := RulesetResource.Insert(ctx, tx, by, string(r.ID), row)
	if err != nil || !added {
		return err
	}
	return notTooMany(ctx, tx, by.Tenant, r)
}

// notTooMany counts behind the workstream's lock, so that two who add at once do not both see room.
func notTooMany(ctx context.Context, tx *postgres.Tx, t conversation.Tenant, r routing.Ruleset) error {
	if r.Kind != routing.Classification {
		return nil
	}
	if _, err := tx.ExecContext(ctx, `select from workstreams where tenant = $1 and id = $2 for no key update`, t, r.WorkstreamID); err != nil {
		return err
	}
	var n int
	const countClassifications = `select count(*) from ` + LiveRulesets + ` and tenant = $1 and workstream_id = $2 and kind = 'classification'`
	if err := tx.GetContext(ctx, &n, countClassifications, t, r.WorkstreamID); err != nil {
		return err
	}
	if n > routing.MaxClassifications {
		return conversation.ErrTooMany
	}
	return nil
}

// Ruleset reads a ruleset. It returns ErrNotFound when it is unknown or deleted.
func (db *DB) Ruleset(ctx context.Context, t conversation.Tenant, id routing.RulesetID) (routing.Ruleset, error) {
	return RulesetResource.Get(ctx, db.pool, t, string(id))
}

// ListRulesets pages by id, oldest first; after is the last id of the page before, "" for the first page.
func (db *DB) ListRulesets(ctx context.Context, t conversation.Tenant, after routing.RulesetID, limit int) ([]routing.Ruleset, error) {
	return RulesetResource.List(ctx, db.pool, t, string(after), limit)
}

// UpdateRuleset gives the actor's ruleset another name and position if its version is still r.Version (ErrVersion
// otherwise). What it belongs to cannot be changed later. It returns ErrExists when another has the name, ErrNotFound
// when there is none.
func (db *DB) UpdateRuleset(ctx context.Context, by access.Actor, r routing.Ruleset) (routing.Ruleset, error) {
	return db.changeRuleset(ctx, by, r.ID, r.Version, func(_ *postgres.Tx, old *RulesetRow) (string, func() error, error) {
		old.Name, old.Position = r.Name, r.Position
		return audit.RulesetUpdate, nil, nil
	})
}

// DeleteRuleset takes a ruleset out of force and deletes it. Deleting it again changes nothing; conversations keep what
// they were routed by. It returns ErrNotFound when there never was one.
func (db *DB) DeleteRuleset(ctx context.Context, by access.Actor, id routing.RulesetID) error {
	return db.pool.InTx(ctx, "delete ruleset", func(tx *postgres.Tx) error {
		const query = `select deleted_at is not null from rulesets where tenant = $1 and id = $2 for no key update`
		var deleted bool
		if err := tx.GetContext(ctx, &deleted, query, by.Tenant, id); err != nil || deleted {
			return err
		}
		const update = `update rulesets set deleted_at = now(), version = version + 1, updated_at = now() where tenant = $1 and id = $2`
		if _, err := tx.ExecContext(ctx, update, by.Tenant, id); err != nil {
			return err
		}
		if err := notify.TriggerDistribution(ctx, tx, by.Tenant, notify.AtOnce); err != nil {
			return err
		}
		return audit.Record(ctx, tx, by, audit.RulesetDelete, string(id))
	})
}
