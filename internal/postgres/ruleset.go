package postgres

import (
	"context"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

type rulesetRow struct {
	stampRow
	ID           routing.RulesetID          `db:"id"`
	Kind         routing.RulesetKind        `db:"kind"`
	WorkstreamID *conversation.WorkstreamID `db:"workstream_id"`
	QueueID      *conversation.QueueID      `db:"queue_id"`
	Name         string                     `db:"name"`
	Position     int                        `db:"position"`
	Published    *int64                     `db:"published"`
}

const liveRulesets = `rulesets where deleted_at is null`

var rulesetResource = newResource("ruleset", "ruleset", liveRulesets, rulesetRow.ruleset)

func (r rulesetRow) ruleset() routing.Ruleset {
	return routing.Ruleset{
		Stamp: r.stamp(), ID: r.ID, Kind: r.Kind, WorkstreamID: orEmpty(r.WorkstreamID), QueueID: orEmpty(r.QueueID),
		Name: r.Name, Position: r.Position, Published: orEmpty(r.Published),
	}
}

// CreateRuleset adds a ruleset without rules to a workstream or a queue of the actor's tenant and gives it its id. ErrExists
// when a workstream's kind has that name, or there may be only one and is; ErrTooMany beyond routing.MaxClassifications;
// routing.UnknownError when the workstream or queue is not there.
func (db *DB) CreateRuleset(ctx context.Context, by access.Actor, r routing.Ruleset) (routing.Ruleset, error) {
	r.ID = routing.RulesetID(newID())
	return transact(ctx, db, "create ruleset "+string(r.ID), func(tx *transaction) (routing.Ruleset, error) {
		if err := addRuleset(ctx, tx, by, r); err != nil {
			return routing.Ruleset{}, err
		}
		return rulesetResource.read(ctx, tx, by.Tenant, string(r.ID))
	})
}

func addRuleset(ctx context.Context, tx *transaction, by access.Actor, r routing.Ruleset) error {
	if r.WorkstreamID != "" {
		if err := hold(ctx, tx, by.Tenant, liveWorkstreams, "workstream_id", r.WorkstreamID); err != nil {
			return err
		}
	}
	if r.QueueID != "" {
		if err := hold(ctx, tx, by.Tenant, liveQueues, "queue_id", r.QueueID); err != nil {
			return err
		}
	}
	row := rulesetRow{
		stampRow: stampRow{Tenant: by.Tenant}, ID: r.ID, Kind: r.Kind, WorkstreamID: pointer(r.WorkstreamID), QueueID: pointer(r.QueueID),
		Name: r.Name, Position: r.Position,
	}
	added, err := rulesetResource.insert(ctx, tx, by, string(r.ID), row)
	if err != nil || !added {
		return err
	}
	return notTooMany(ctx, tx, by.Tenant, r)
}

// notTooMany counts behind the workstream's lock, so that two who add at once do not both see room.
func notTooMany(ctx context.Context, tx *transaction, t conversation.Tenant, r routing.Ruleset) error {
	if r.Kind != routing.Classification {
		return nil
	}
	if _, err := tx.ExecContext(ctx, `select from workstreams where tenant = $1 and id = $2 for no key update`, t, r.WorkstreamID); err != nil {
		return err
	}
	var n int
	const count = `select count(*) from ` + liveRulesets + ` and tenant = $1 and workstream_id = $2 and kind = 'classification'`
	if err := tx.GetContext(ctx, &n, count, t, r.WorkstreamID); err != nil {
		return err
	}
	if n > routing.MaxClassifications {
		return conversation.ErrTooMany
	}
	return nil
}

// Ruleset reads one. ErrNotFound when it is unknown or deleted.
func (db *DB) Ruleset(ctx context.Context, t conversation.Tenant, id routing.RulesetID) (routing.Ruleset, error) {
	return rulesetResource.get(ctx, db, t, string(id))
}

// ListRulesets pages by id, oldest first; after is the last id of the page before, "" for the first page.
func (db *DB) ListRulesets(ctx context.Context, t conversation.Tenant, after routing.RulesetID, limit int) ([]routing.Ruleset, error) {
	return rulesetResource.list(ctx, db, t, string(after), limit)
}

// UpdateRuleset gives the actor's ruleset another name and position where its version is still r.Version (ErrVersion
// otherwise). What it belongs to stays for life. ErrExists when another has the name, ErrNotFound when there is none.
func (db *DB) UpdateRuleset(ctx context.Context, by access.Actor, r routing.Ruleset) (routing.Ruleset, error) {
	return db.changeRuleset(ctx, by, r.ID, r.Version, func(_ *transaction, old *rulesetRow) (string, func() error, error) {
		old.Name, old.Position = r.Name, r.Position
		return actRulesetUpdate, nil, nil
	})
}

// DeleteRuleset takes a ruleset out of force and away. Deleting it again changes nothing; conversations keep what they were
// routed by. ErrNotFound when there never was one.
func (db *DB) DeleteRuleset(ctx context.Context, by access.Actor, id routing.RulesetID) error {
	return db.inTx(ctx, "delete ruleset", func(tx *transaction) error {
		const query = `select deleted_at is not null from rulesets where tenant = $1 and id = $2 for no key update`
		var deleted bool
		if err := tx.GetContext(ctx, &deleted, query, by.Tenant, id); err != nil || deleted {
			return err
		}
		const update = `update rulesets set deleted_at = now(), version = version + 1, updated_at = now() where tenant = $1 and id = $2`
		if _, err := tx.ExecContext(ctx, update, by.Tenant, id); err != nil {
			return err
		}
		if err := triggerDistribution(ctx, tx, by.Tenant, atOnce); err != nil {
			return err
		}
		return record(ctx, tx, by, actRulesetDelete, string(id))
	})
}
