package standing

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/lib/pq"

	"wxdesk/internal/lifecycle"
	"wxdesk/internal/postgres"
	"wxdesk/internal/routing"
)

// writeItem writes the change of the work item, or a new one, and the skills that it needs.
func (l *Locked) writeItem(ctx context.Context, c lifecycle.Change) error {
	if c.Skills != nil {
		if err := l.writeSkills(ctx, c.Skills); err != nil {
			return err
		}
	}
	if c.NewItem != nil {
		return l.insertItem(ctx, *c.NewItem)
	}
	if c.Item == nil {
		return nil
	}
	i := c.Item
	declined, err := encoded(i.Declined)
	if err != nil {
		return err
	}
	paused, err := encoded(i.Paused)
	if err != nil {
		return err
	}
	const update = `
		update work_items set state = $3, queue_id = $4, affinity_agent = nullif($5, '')::uuid, queued_at = $6, since = $7,
			declined = $8, paused = $9, overflow = case when $10 then overflow end, kept_until = $11
		where tenant = $1 and id = $2`
	_, err = l.Tx.ExecContext(ctx, update, l.Ref.Tenant, i.ID, i.State, i.Queue, string(i.KeptFor), i.QueuedAt, i.Since, declined, paused, i.Overflow != nil,
		postgres.OrNull(i.KeptUntil))
	return err
}

// encoded is a map as a JSON object, also if it is nil.
func encoded[K comparable, V any](m map[K]V) (string, error) {
	if m == nil {
		return "{}", nil
	}
	text, err := json.Marshal(m)
	return string(text), err
}

func (l *Locked) insertItem(ctx context.Context, i lifecycle.Item) error {
	skills, attributes, err := encodeNeeds(i.Skills, i.Attributes)
	if err != nil {
		return err
	}
	var overflow *postgres.JSON[routing.Overflow]
	if i.Overflow != nil {
		overflow = &postgres.JSON[routing.Overflow]{V: *i.Overflow}
	}
	const insert = `
		insert into work_items (tenant, id, conversation_id, queue_id, state, mode, priority, queued_at, since, units, profiles, skills, skill_match,
			presences, affinity_agent, preferred, demand, attributes, overflow, kept_until)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, nullif($15, '')::uuid, $16, $17, $18, $19, $20)`
	_, err = l.Tx.ExecContext(ctx, insert, l.Ref.Tenant, i.ID, l.Ref.Conversation, i.Queue, i.State, i.Mode, i.Priority, i.QueuedAt, i.Since, i.Units,
		postgres.Texts(i.Profiles), string(skills), i.SkillMatch, postgres.Texts(i.Presences), string(i.KeptFor), postgres.Texts(i.Preferred),
		l.demand(i, skills, attributes, postgres.Texts(i.Preferred)), string(attributes), overflow, postgres.OrNull(i.KeptUntil))
	return err
}

// demand returns a hash of what decides which agents fit an item. The workstream is part of it, because it may limit conversations
// per agent. Not part of it are the agent for whom the item is kept and the agents who have declined it, because these change while
// it waits.
func (l *Locked) demand(i lifecycle.Item, skills, attributes []byte, preferred []string) string {
	h := sha256.New()
	for _, part := range []any{l.Workstream.ID, i.Units, i.Profiles, string(skills), i.SkillMatch, i.Presences, preferred, string(attributes)} {
		fmt.Fprintf(h, "%v\x00", part)
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

func encodeNeeds(skills []routing.NeededSkill, attributes map[string]any) (_, _ []byte, err error) {
	encodedSkills, err := json.Marshal(append([]routing.NeededSkill{}, skills...))
	if err != nil {
		return nil, nil, fmt.Errorf("encode the skills that are needed: %w", err)
	}
	encodedAttributes, err := encoded(attributes)
	if err != nil {
		return nil, nil, errors.New("encode the attributes of a work item")
	}
	return encodedSkills, []byte(encodedAttributes), nil
}

func (l *Locked) writeSkills(ctx context.Context, needed []routing.NeededSkill) error {
	skills, _, err := encodeNeeds(needed, nil)
	if err != nil {
		return err
	}
	const query = `select attributes, preferred from work_items where tenant = $1 and id = $2`
	var row struct {
		Attributes []byte         `db:"attributes"`
		Preferred  pq.StringArray `db:"preferred"`
	}
	if err := l.Tx.GetContext(ctx, &row, query, l.Ref.Tenant, l.Item.ID); err != nil {
		return err
	}
	const update = `update work_items set skills = $3, demand = $4 where tenant = $1 and id = $2`
	_, err = l.Tx.ExecContext(ctx, update, l.Ref.Tenant, l.Item.ID, string(skills), l.demand(*l.Item, skills, row.Attributes, row.Preferred))
	return err
}
