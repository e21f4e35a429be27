package setup

import (
	"context"
	"time"

	"github.com/lib/pq"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/audit"
	"wxdesk/internal/postgres/notify"
	"wxdesk/internal/postgres/resource"
	"wxdesk/internal/routing"
)

// WorkstreamRow is a workstream as it stands in the table.
type WorkstreamRow struct {
	resource.StampRow
	ID               conversation.WorkstreamID         `db:"id"`
	Name             string                            `db:"name"`
	Mode             routing.Mode                      `db:"mode"`
	PickFromPush     bool                              `db:"pick_from_push"`
	TransferToAgents bool                              `db:"transfer_to_agents"`
	AgentsSetSkills  bool                              `db:"agents_set_skills"`
	FallbackQueue    conversation.QueueID              `db:"fallback_queue"`
	AutoCloseMS      *int64                            `db:"auto_close_ms"`
	Units            int                               `db:"units"`
	Profiles         pq.StringArray                    `db:"profiles"`
	WrapUp           routing.WrapUp                    `db:"wrap_up"`
	WrapUpMS         int64                             `db:"wrap_up_ms"`
	Presences        pq.StringArray                    `db:"presences"`
	SkillMatch       routing.SkillMatch                `db:"skill_match"`
	Affinity         bool                              `db:"affinity"`
	AffinityAlways   bool                              `db:"affinity_always"`
	AffinityAgeMS    int64                             `db:"affinity_age_ms"`
	OfferMS          int64                             `db:"offer_ms"`
	AutoAccept       bool                              `db:"auto_accept"`
	MissedInactive   bool                              `db:"missed_inactive"`
	RejectDND        bool                              `db:"reject_dnd"`
	DeclinePauseMS   int64                             `db:"decline_pause_ms"`
	MaxPerAgent      *int                              `db:"max_per_agent"`
	OpenLimitMS      int64                             `db:"open_limit_ms"`
	ActiveLimitMS    int64                             `db:"active_limit_ms"`
	WrapUpLimitMS    int64                             `db:"wrap_up_limit_ms"`
	Variables        postgres.JSON[[]routing.Variable] `db:"variables"`
	Default          bool                              `db:"is_default"`
}

// WorkstreamResource is the table of workstreams.
var WorkstreamResource = resource.NewTable("workstream", "workstream", resource.LiveWorkstreams, WorkstreamRow.Workstream)

// Workstream converts the row to a routing.Workstream.
func (r WorkstreamRow) Workstream() routing.Workstream {
	return routing.Workstream{
		Stamp: r.Stamp(), ID: r.ID, Name: r.Name, Mode: r.Mode, PickFromPush: r.PickFromPush, FallbackQueue: r.FallbackQueue,
		AutoClose: time.Duration(postgres.OrEmpty(r.AutoCloseMS)) * time.Millisecond, Units: r.Units, Profiles: postgres.IDs[routing.ProfileID](r.Profiles),
		WrapUp: r.WrapUp, WrapUpFor: time.Duration(r.WrapUpMS) * time.Millisecond, Presences: postgres.IDs[routing.Presence](r.Presences),
		SkillMatch: r.SkillMatch, Affinity: r.Affinity, AffinityAlways: r.AffinityAlways,
		AffinityAge: time.Duration(r.AffinityAgeMS) * time.Millisecond, OfferFor: time.Duration(r.OfferMS) * time.Millisecond,
		AutoAccept: r.AutoAccept, MissedInactive: r.MissedInactive, RejectDND: r.RejectDND,
		DeclinePause: time.Duration(r.DeclinePauseMS) * time.Millisecond, MaxPerAgent: postgres.OrEmpty(r.MaxPerAgent), OpenLimit: time.Duration(r.OpenLimitMS) * time.Millisecond,
		ActiveLimit: time.Duration(r.ActiveLimitMS) * time.Millisecond, WrapUpLimit: time.Duration(r.WrapUpLimitMS) * time.Millisecond,
		TransferToAgents: r.TransferToAgents, AgentsSetSkills: r.AgentsSetSkills, Variables: r.Variables.V, Default: r.Default,
	}
}

func workstreamRowOf(stamp resource.StampRow, w routing.Workstream) WorkstreamRow {
	row := WorkstreamRow{
		StampRow: stamp, ID: w.ID, Name: w.Name, Mode: w.Mode, PickFromPush: w.PickFromPush, FallbackQueue: w.FallbackQueue,
		Units: w.Units, Profiles: postgres.Texts(w.Profiles), WrapUp: w.WrapUp, WrapUpMS: w.WrapUpFor.Milliseconds(),
		Presences: postgres.Texts(w.Presences), SkillMatch: w.SkillMatch, Affinity: w.Affinity, AffinityAlways: w.AffinityAlways,
		AffinityAgeMS: w.AffinityAge.Milliseconds(), OfferMS: w.OfferFor.Milliseconds(),
		AutoAccept: w.AutoAccept, MissedInactive: w.MissedInactive, RejectDND: w.RejectDND,
		DeclinePauseMS: w.DeclinePause.Milliseconds(), MaxPerAgent: postgres.Pointer(w.MaxPerAgent),
		OpenLimitMS: w.OpenLimit.Milliseconds(), ActiveLimitMS: w.ActiveLimit.Milliseconds(), WrapUpLimitMS: w.WrapUpLimit.Milliseconds(),
		TransferToAgents: w.TransferToAgents, AgentsSetSkills: w.AgentsSetSkills,
		Variables: postgres.JSON[[]routing.Variable]{V: append([]routing.Variable{}, w.Variables...)}, Default: w.Default,
	}
	if w.AutoClose > 0 {
		ms := w.AutoClose.Milliseconds()
		row.AutoCloseMS = &ms
	}
	return row
}

// CreateWorkstream adds a workstream of the actor's tenant and gives it its id. It returns routing.UnknownError when its
// fallback queue or a capacity profile is not there.
func (db *DB) CreateWorkstream(ctx context.Context, by access.Actor, w routing.Workstream) (routing.Workstream, error) {
	w.ID, w.Default = conversation.WorkstreamID(postgres.NewID()), false
	row := workstreamRowOf(resource.StampRow{Tenant: by.Tenant}, w)
	return WorkstreamResource.Create(ctx, db.pool, by, string(w.ID), row, func(tx *postgres.Tx) error { return holdNeeds(ctx, tx, by.Tenant, w) })
}

// holdNeeds keeps what a workstream points to.
func holdNeeds(ctx context.Context, tx *postgres.Tx, t conversation.Tenant, w routing.Workstream) error {
	if err := resource.Hold(ctx, tx, t, resource.LiveQueues, "fallback_queue_id", w.FallbackQueue); err != nil {
		return err
	}
	return resource.Hold(ctx, tx, t, resource.LiveProfiles, "profile_ids", w.Profiles...)
}

// Workstream reads a workstream. It returns ErrNotFound when it is unknown or deleted.
func (db *DB) Workstream(ctx context.Context, t conversation.Tenant, id conversation.WorkstreamID) (routing.Workstream, error) {
	return WorkstreamResource.Get(ctx, db.pool, t, string(id))
}

// ListWorkstreams pages by id, oldest first; after is the last id of the page before, "" for the first page.
func (db *DB) ListWorkstreams(ctx context.Context, t conversation.Tenant, after conversation.WorkstreamID, limit int) ([]routing.Workstream, error) {
	return WorkstreamResource.List(ctx, db.pool, t, string(after), limit)
}

// UpdateWorkstream replaces the settings of the actor's workstream if its version is still w.Version (ErrVersion
// otherwise). They count for what is routed from now on; what waits already keeps the mode, capacity and skill match that it
// came with. Which workstream is the default one stays. routing.UnknownError as for CreateWorkstream, ErrNotFound when there
// is none.
func (db *DB) UpdateWorkstream(ctx context.Context, by access.Actor, w routing.Workstream) (routing.Workstream, error) {
	return WorkstreamResource.Update(ctx, db.pool, by, string(w.ID), w.Version, resource.Change[WorkstreamRow]{
		Wish: func(old WorkstreamRow) WorkstreamRow {
			wished := w
			wished.ID, wished.Default = old.ID, old.Default
			return workstreamRowOf(old.StampRow, wished)
		},
		Before: func(tx *postgres.Tx, _, _ WorkstreamRow, _ []string) error { return holdNeeds(ctx, tx, by.Tenant, w) },
		After: func(tx *postgres.Tx, _, _ WorkstreamRow, _ []string) error {
			return notify.TriggerDistribution(ctx, tx, by.Tenant, notify.AtOnce)
		},
	})
}

// DeleteWorkstream deletes a workstream, and its rulesets with it. Deleting it again changes nothing. It returns ErrInUse
// while it is the default one, an account names it, or a conversation of it is open; ErrNotFound when there never was one.
func (db *DB) DeleteWorkstream(ctx context.Context, by access.Actor, id conversation.WorkstreamID) error {
	return db.pool.InTx(ctx, "delete workstream", func(tx *postgres.Tx) error {
		const query = `select deleted_at is not null from workstreams where tenant = $1 and id = $2 for update`
		var deleted bool
		if err := tx.GetContext(ctx, &deleted, query, by.Tenant, id); err != nil || deleted {
			return err
		}
		if err := resource.InUse(ctx, tx, by.Tenant, id,
			`select from workstreams where tenant = $1 and id = $2::uuid and is_default`,
			`select from accounts where tenant = $1 and workstream_id = $2::uuid and deleted_at is null`,
			`select from conversations where tenant = $1 and workstream_id = $2::uuid and state <> 'closed'`,
		); err != nil {
			return err
		}
		for _, statement := range []string{
			`update workstreams set deleted_at = now(), version = version + 1, updated_at = now() where tenant = $1 and id = $2`,
			`update rulesets set deleted_at = now(), version = version + 1, updated_at = now()
			where tenant = $1 and workstream_id = $2 and deleted_at is null`,
		} {
			if _, err := tx.ExecContext(ctx, statement, by.Tenant, id); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, by, audit.WorkstreamDelete, string(id))
	})
}
