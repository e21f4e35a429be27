package postgres

import (
	"context"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

type skillRow struct {
	stampRow
	ID   routing.SkillID `db:"id"`
	Name string          `db:"name"`
	Kind string          `db:"kind"`
}

var skillResource = newResource("skill", "skill", liveSkills, skillRow.skill)

func (r skillRow) skill() routing.Skill {
	return routing.Skill{Stamp: r.stamp(), ID: r.ID, Name: r.Name, Kind: r.Kind}
}

// CreateSkill adds a skill to the actor's tenant and returns it with its new id. It returns ErrExists when the tenant has a skill of
// that name.
func (db *DB) CreateSkill(ctx context.Context, by access.Actor, s routing.Skill) (routing.Skill, error) {
	row := skillRow{stampRow{Tenant: by.Tenant}, routing.SkillID(newID()), s.Name, s.Kind}
	return skillResource.create(ctx, db, by, string(row.ID), row, nil)
}

// Skill reads one. ErrNotFound when there is none.
func (db *DB) Skill(ctx context.Context, t conversation.Tenant, id routing.SkillID) (routing.Skill, error) {
	return skillResource.get(ctx, db, t, string(id))
}

// ListSkills pages by id, oldest first; after is the last id of the page before, "" for the first page.
func (db *DB) ListSkills(ctx context.Context, t conversation.Tenant, after routing.SkillID, limit int) ([]routing.Skill, error) {
	return skillResource.list(ctx, db, t, string(after), limit)
}

// UpdateSkill gives the actor's skill another name and type where its version is still s.Version (ErrVersion otherwise).
// ErrExists when another has the name, ErrNotFound when there is none.
func (db *DB) UpdateSkill(ctx context.Context, by access.Actor, s routing.Skill) (routing.Skill, error) {
	return skillResource.update(ctx, db, by, string(s.ID), s.Version, change[skillRow]{
		wish: func(old skillRow) skillRow { return skillRow{old.stampRow, old.ID, s.Name, s.Kind} },
	})
}

// DeleteSkill takes a skill away. Deleting it again changes nothing. ErrInUse while an agent has it, a rule asks for it, or an
// open conversation needs it; ErrNotFound when there never was one.
func (db *DB) DeleteSkill(ctx context.Context, by access.Actor, id routing.SkillID) error {
	return skillResource.remove(ctx, db, by, string(id),
		`select from agent_skills where tenant = $1 and skill_id = $2::uuid`,
		`select from work_items where tenant = $1 and state <> 'done' and skills @> jsonb_build_array(jsonb_build_object('skill_id', $2::text))`,
		`select from conversations where tenant = $1 and state <> 'closed'
			and classified @> jsonb_build_object('skills', jsonb_build_array(jsonb_build_object('skill_id', $2::text)))`,
		ruleNames)
}
