package decision

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/audit"
	"wxdesk/internal/postgres/resource"
	"wxdesk/internal/postgres/setup"
	"wxdesk/internal/routing"
)

// RoutingPlan reads everything that decides where conversations of a workstream go, as of one moment; "" for the queues' part
// alone. It returns ErrNotFound when there is no such workstream.
func (db *DB) RoutingPlan(ctx context.Context, t conversation.Tenant, id conversation.WorkstreamID) (plan routing.Plan, err error) {
	begun, err := db.pool.BeginTxx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return routing.Plan{}, postgres.Explain(ctx, "read a routing plan", err)
	}
	tx := &postgres.Tx{Tx: begun}
	defer tx.Rollback() //nolint:errcheck // it has written nothing
	if id != "" {
		if plan.Workstream, err = setup.WorkstreamResource.Read(ctx, tx, t, string(id)); err != nil {
			return routing.Plan{}, postgres.Explain(ctx, "read a workstream's routing", err)
		}
	}
	for _, read := range []func(context.Context, *postgres.Tx, conversation.Tenant, *routing.Plan) error{
		planRulesets, planQueues, planAbilities,
	} {
		if err := read(ctx, tx, t, &plan); err != nil {
			return routing.Plan{}, postgres.Explain(ctx, "read a routing plan", err)
		}
	}
	return plan, nil
}

func planRulesets(ctx context.Context, tx *postgres.Tx, t conversation.Tenant, plan *routing.Plan) error {
	sets := `
		select ` + setup.RulesetResource.Columns + ` from ` + setup.LiveRulesets + ` and tenant = $1 and (workstream_id = nullif($2, '')::uuid or queue_id is not null)
		order by array_position('{classification,route,prioritisation,assignment}', kind), position, id`
	var rulesets []setup.RulesetRow
	if err := tx.SelectContext(ctx, &rulesets, sets, t, plan.Workstream.ID); err != nil {
		return err
	}
	const selectVersions = `
		select ` + setup.VersionColumns + `
		from rulesets r join ruleset_versions v on v.tenant = r.tenant and v.ruleset_id = r.id
		where r.tenant = $1 and r.deleted_at is null and (v.published_at is null or v.number = r.published)
			and (r.workstream_id = nullif($2, '')::uuid or r.queue_id is not null)`
	var versions []setup.VersionRow
	if err := tx.SelectContext(ctx, &versions, selectVersions, t, plan.Workstream.ID); err != nil {
		return err
	}
	for _, row := range rulesets {
		planned := routing.PlannedRuleset{Ruleset: row.Ruleset()}
		for _, v := range versions {
			if v.RulesetID != row.ID {
				continue
			}
			version := v.Version()
			if v.PublishedAt == nil {
				planned.Draft = &version
			} else {
				planned.InForce = &version
			}
		}
		plan.Rulesets = append(plan.Rulesets, planned)
	}
	return nil
}

func planQueues(ctx context.Context, tx *postgres.Tx, t conversation.Tenant, plan *routing.Plan) error {
	query := `
		select ` + setup.QueueResource.Columns + `,
			(select count(*) from work_items i where i.tenant = queues.tenant and i.queue_id = queues.id and i.state = 'waiting') as waiting,
			(select count(*) from queue_members m join agents a on a.tenant = m.tenant and a.id = m.agent_id
				where m.tenant = queues.tenant and m.queue_id = queues.id and not a.disabled) as members
		from ` + resource.LiveQueues + ` and tenant = $1 order by id`
	var queues []struct {
		setup.QueueRow
		Waiting int `db:"waiting"`
		Members int `db:"members"`
	}
	if err := tx.SelectContext(ctx, &queues, query, t); err != nil {
		return err
	}
	hours, err := setup.HoursResource.All(ctx, tx, t)
	if err != nil {
		return err
	}
	for _, row := range queues {
		queue := routing.QueueNow{Queue: row.Queue(), Waiting: row.Waiting, Members: row.Members}
		if i := slices.IndexFunc(hours, func(h routing.Hours) bool { return h.ID == queue.HoursID }); i >= 0 {
			queue.Hours = &hours[i]
		}
		plan.Queues = append(plan.Queues, queue)
	}
	return nil
}

func planAbilities(ctx context.Context, tx *postgres.Tx, t conversation.Tenant, plan *routing.Plan) (err error) {
	if plan.Skills, err = setup.SkillResource.All(ctx, tx, t); err != nil {
		return err
	}
	plan.Profiles, err = setup.ProfileResource.All(ctx, tx, t)
	return err
}

// ImportRulesets makes drafts of rulesets in the actor's workstream and on queues, all or none: in the workstream's
// classification of the same name, in its route, in the queue's ruleset of the same kind; if there is none it is added.
// Operating hours are added unless there are such of the same name already; nobody keeps them yet, so nothing comes into
// force. Repeated it changes nothing more. It returns ErrTooMany beyond routing.MaxClassifications; routing.UnknownError
// when the workstream or a queue is not there.
func (db *DB) ImportRulesets(ctx context.Context, by access.Actor, w conversation.WorkstreamID, hours []routing.Hours, imported []routing.ImportedRuleset) ([]routing.Ruleset, error) {
	return postgres.Transact(ctx, db.pool, "import rulesets", func(tx *postgres.Tx) ([]routing.Ruleset, error) {
		if err := resource.Hold(ctx, tx, by.Tenant, resource.LiveWorkstreams, "workstream_id", w); err != nil {
			return nil, err
		}
		for _, h := range hours {
			if err := importHours(ctx, tx, by, h); err != nil {
				return nil, err
			}
		}
		list := make([]routing.Ruleset, len(imported))
		for i, one := range imported {
			id, err := importRuleset(ctx, tx, by, w, one)
			if err != nil {
				return nil, err
			}
			if list[i], err = setup.RulesetResource.Read(ctx, tx, by.Tenant, string(id)); err != nil {
				return nil, err
			}
		}
		return list, nil
	})
}

func importHours(ctx context.Context, tx *postgres.Tx, by access.Actor, h routing.Hours) error {
	row := setup.HoursRowOf(resource.StampRow{Tenant: by.Tenant}, routing.HoursID(postgres.NewID()), h)
	const insert = `
		insert into operating_hours (tenant, id, name, time_zone, weekly, holidays)
		select :tenant, :id, :name, :time_zone, cast(:weekly as jsonb), cast(:holidays as jsonb)
		where not exists (
			select from operating_hours where tenant = :tenant and name = :name and time_zone = :time_zone
				and weekly = cast(:weekly as jsonb) and holidays = cast(:holidays as jsonb))`
	added, err := postgres.Affected(tx.NamedExecContext(ctx, insert, row))
	if err != nil || added == 0 {
		return err
	}
	return audit.Record(ctx, tx, by, audit.HoursCreate, string(row.ID))
}

func importRuleset(ctx context.Context, tx *postgres.Tx, by access.Actor, w conversation.WorkstreamID, in routing.ImportedRuleset) (routing.RulesetID, error) {
	r := in.Ruleset
	if r.QueueID == "" {
		r.WorkstreamID = w
	}
	const query = `
		select id from ` + setup.LiveRulesets + ` and tenant = $1 and kind = $2
			and (queue_id = nullif($3, '')::uuid or workstream_id = nullif($4, '')::uuid and (kind = 'route' or name = $5))
		for no key update`
	err := tx.GetContext(ctx, &r.ID, query, by.Tenant, r.Kind, string(r.QueueID), string(r.WorkstreamID), r.Name)
	if errors.Is(err, sql.ErrNoRows) {
		r.ID = routing.RulesetID(postgres.NewID())
		err = setup.AddRuleset(ctx, tx, by, r)
	}
	if err != nil {
		return "", err
	}
	same, err := setup.IsDraft(ctx, tx, by.Tenant, r.ID, in.Rules)
	if err != nil || same {
		return r.ID, err
	}
	if err := setup.WriteDraft(ctx, tx, by, r.ID, in.Rules); err != nil {
		return "", err
	}
	const update = `update rulesets set name = $3, position = $4, version = version + 1, updated_at = now() where tenant = $1 and id = $2`
	if _, err := tx.ExecContext(ctx, update, by.Tenant, r.ID, r.Name, r.Position); err != nil {
		return "", err
	}
	return r.ID, audit.Record(ctx, tx, by, audit.RulesetDraft, string(r.ID), "rules", "name", "position")
}

// LastTurn is the customer's last message in a conversation. It returns ErrNotFound when there is none.
func (db *DB) LastTurn(ctx context.Context, c conversation.Ref) (turn conversation.MessageID, err error) {
	const query = `
		select id from messages where tenant = $1 and conversation_id = $2 and author = 'customer' order by seq desc limit 1`
	err = db.pool.GetContext(ctx, &turn, query, c.Tenant, c.Conversation)
	return turn, postgres.Explain(ctx, "find a conversation's last turn", err)
}
