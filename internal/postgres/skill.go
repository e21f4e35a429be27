package postgres

import (
	"context"

	"github.com/jmoiron/sqlx"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

type skillRow struct {
	stampRow
	ID   routing.SkillID `db:"id"`
	Name string          `db:"name"`
	Kind string          `db:"kind"`
}

const skillColumns = stampColumns + `, id, name, kind`

func (r skillRow) skill() routing.Skill {
	return routing.Skill{Stamp: r.stamp(), ID: r.ID, Name: r.Name, Kind: r.Kind}
}

// CreateSkill adds a skill of the actor's tenant and gives it its id. ErrExists when there is one of that name.
func (db *DB) CreateSkill(ctx context.Context, by conversation.Actor, s routing.Skill) (routing.Skill, error) {
	row := skillRow{stampRow{Tenant: by.Tenant}, routing.SkillID(newID()), s.Name, s.Kind}
	return transact(ctx, db, "create skill "+string(row.ID), func(tx *sqlx.Tx) (routing.Skill, error) {
		const insert = `
			insert into skills (tenant, id, name, kind) values (:tenant, :id, :name, :kind)
			on conflict (tenant, id) do nothing`
		inserted, err := affected(tx.NamedExecContext(ctx, insert, row))
		if err != nil {
			return routing.Skill{}, err
		}
		if inserted > 0 {
			if err := record(ctx, tx, by, actSkillCreate, string(row.ID)); err != nil {
				return routing.Skill{}, err
			}
		}
		return readSkill(ctx, tx, by.Tenant, row.ID)
	})
}

// Skill reads one. ErrNotFound when there is none.
func (db *DB) Skill(ctx context.Context, t conversation.Tenant, id routing.SkillID) (routing.Skill, error) {
	s, err := readSkill(ctx, db.sql, t, id)
	return s, explain(ctx, "read skill", err)
}

// ListSkills pages by id, oldest first; after is the last id of the page before, "" for the first page.
func (db *DB) ListSkills(ctx context.Context, t conversation.Tenant, after routing.SkillID, limit int) ([]routing.Skill, error) {
	var rows []skillRow
	err := db.sql.SelectContext(ctx, &rows, `select `+skillColumns+` from `+liveSkills+pages, t, after, limit)
	return each(rows, skillRow.skill), explain(ctx, "list skills", err)
}

// UpdateSkill gives the actor's skill another name and type where its version is still s.Version (ErrVersion otherwise). A
// skill that stands one version further exactly as wished was brought there by this very call before; so it is with every
// part of the set-up. ErrExists when another has the name, ErrNotFound when there is none.
func (db *DB) UpdateSkill(ctx context.Context, by conversation.Actor, s routing.Skill) (routing.Skill, error) {
	return transact(ctx, db, "update skill", func(tx *sqlx.Tx) (routing.Skill, error) {
		const query = `select ` + skillColumns + ` from skills where tenant = $1 and id = $2 for no key update`
		var old skillRow
		if err := tx.GetContext(ctx, &old, query, by.Tenant, s.ID); err != nil {
			return routing.Skill{}, err
		}
		row := skillRow{old.stampRow, old.ID, s.Name, s.Kind}
		columns := changedColumns(old, row)
		if done, err := settled(old.Version, s.Version, columns); done || err != nil {
			return old.skill(), err
		}
		const update = `
			update skills set name = :name, kind = :kind, version = version + 1, updated_at = now()
			where tenant = :tenant and id = :id`
		if _, err := tx.NamedExecContext(ctx, update, row); err != nil {
			return routing.Skill{}, err
		}
		if err := record(ctx, tx, by, actSkillUpdate, string(s.ID), columns...); err != nil {
			return routing.Skill{}, err
		}
		return readSkill(ctx, tx, by.Tenant, s.ID)
	})
}

// DeleteSkill takes a skill away. Deleting it again changes nothing. ErrInUse while an agent has it, a rule asks for it, or an
// open conversation needs it; ErrNotFound when there never was one.
func (db *DB) DeleteSkill(ctx context.Context, by conversation.Actor, id routing.SkillID) error {
	return db.inTx(ctx, "delete skill", func(tx *sqlx.Tx) error {
		removed, err := takeAway(ctx, tx, by.Tenant, "skills", actSkillDelete, id,
			`select from agent_skills where tenant = $1 and skill_id = $2::uuid`,
			`select from work_items where tenant = $1 and state <> 'done' and skills @> jsonb_build_array(jsonb_build_object('skill_id', $2::text))`,
			`select from conversations where tenant = $1 and state <> 'closed'
				and classified @> jsonb_build_object('skills', jsonb_build_array(jsonb_build_object('skill_id', $2::text)))`,
			ruleNames)
		if err != nil || !removed {
			return err
		}
		return record(ctx, tx, by, actSkillDelete, string(id))
	})
}

func readSkill(ctx context.Context, q sqlx.QueryerContext, t conversation.Tenant, id routing.SkillID) (routing.Skill, error) {
	const query = `select ` + skillColumns + ` from skills where tenant = $1 and id = $2`
	var row skillRow
	err := sqlx.GetContext(ctx, q, &row, query, t, id)
	return row.skill(), err
}
