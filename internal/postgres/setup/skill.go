package setup

import (
	"context"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/resource"
	"wxdesk/internal/routing"
)

type skillRow struct {
	resource.StampRow
	ID   routing.SkillID `db:"id"`
	Name string          `db:"name"`
	Kind string          `db:"kind"`
}

// SkillResource is the table of skills.
var SkillResource = resource.NewTable("skill", "skill", resource.LiveSkills, skillRow.skill)

func (r skillRow) skill() routing.Skill {
	return routing.Skill{Stamp: r.Stamp(), ID: r.ID, Name: r.Name, Kind: r.Kind}
}

// CreateSkill adds a skill to the actor's tenant and returns it with its new id. It returns ErrExists when the tenant has a skill of
// that name.
func (db *DB) CreateSkill(ctx context.Context, by access.Actor, s routing.Skill) (routing.Skill, error) {
	row := skillRow{resource.StampRow{Tenant: by.Tenant}, routing.SkillID(postgres.NewID()), s.Name, s.Kind}
	return SkillResource.Create(ctx, db.pool, by, string(row.ID), row, nil)
}

// Skill reads a skill. It returns ErrNotFound when there is none.
func (db *DB) Skill(ctx context.Context, t conversation.Tenant, id routing.SkillID) (routing.Skill, error) {
	return SkillResource.Get(ctx, db.pool, t, string(id))
}

// ListSkills pages by id, oldest first; after is the last id of the page before, "" for the first page.
func (db *DB) ListSkills(ctx context.Context, t conversation.Tenant, after routing.SkillID, limit int) ([]routing.Skill, error) {
	return SkillResource.List(ctx, db.pool, t, string(after), limit)
}

// UpdateSkill gives the actor's skill another name and type if its version is still s.Version (ErrVersion otherwise).
// It returns ErrExists when another has the name, ErrNotFound when there is none.
func (db *DB) UpdateSkill(ctx context.Context, by access.Actor, s routing.Skill) (routing.Skill, error) {
	return SkillResource.Update(ctx, db.pool, by, string(s.ID), s.Version, resource.Change[skillRow]{
		Wish: func(old skillRow) skillRow { return skillRow{old.StampRow, old.ID, s.Name, s.Kind} },
	})
}

// DeleteSkill deletes a skill. Deleting it again changes nothing. It returns ErrInUse while an agent has it, a rule asks for
// it, or an open conversation needs it; ErrNotFound when there never was one.
func (db *DB) DeleteSkill(ctx context.Context, by access.Actor, id routing.SkillID) error {
	return SkillResource.Remove(ctx, db.pool, by, string(id),
		`select from agent_skills where tenant = $1 and skill_id = $2::uuid`,
		`select from work_items where tenant = $1 and state <> 'done' and skills @> jsonb_build_array(jsonb_build_object('skill_id', $2::text))`,
		`select from conversations where tenant = $1 and state <> 'closed'
			and classified @> jsonb_build_object('skills', jsonb_build_array(jsonb_build_object('skill_id', $2::text)))`,
		resource.RuleNames)
}
