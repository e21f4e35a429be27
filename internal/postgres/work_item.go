package postgres

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/lib/pq"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// newItem makes the work item of a conversation that has come to its queue, and has the distribution look.
func (t *talk) newItem(ctx context.Context, d routing.Decision) error {
	var setup struct {
		Mode       routing.Mode         `db:"mode"`
		Units      int                  `db:"units"`
		SkillMatch routing.SkillMatch   `db:"skill_match"`
		Presences  pq.StringArray       `db:"presences"`
		Preferred  pq.StringArray       `db:"preferred_agents"`
		LastAt     sql.NullTime         `db:"last_customer_at"`
		KeptFor    conversation.AgentID `db:"kept_for"`
		Workstream string               `db:"workstream_id"`
	}
	// Kept for the agent who had the customer's last conversation when it closed, while he works here (WS-11, D1).
	const query = `
		select w.id as workstream_id, w.mode, w.units, w.skill_match, w.presences, u.preferred_agents, c.last_customer_at, coalesce(case when w.affinity and w.mode = 'push' then (
			select g.id::text from agents g where g.tenant = c.tenant and not g.disabled and g.deleted_at is null and g.id = (
				select p.agent_id from conversations p where p.tenant = c.tenant and p.customer_id = c.customer_id and p.state = 'closed'
				order by p.closed_at desc limit 1)) end, '') as kept_for
		from conversations c
		join customers u on u.tenant = c.tenant and u.id = c.customer_id
		join workstreams w on w.tenant = c.tenant and w.id = c.workstream_id
		where c.tenant = $1 and c.id = $2`
	if err := t.tx.GetContext(ctx, &setup, query, t.ref.Tenant, t.ref.Conversation); err != nil {
		return err
	}
	i := talkItem{
		ID: conversation.WorkItemID(newID()), Mode: setup.Mode, Units: setup.Units, SkillMatch: setup.SkillMatch, Presences: setup.Presences,
		Profiles: pq.StringArray{},
	}
	for _, p := range d.Profiles {
		i.Profiles, i.Units = append(i.Profiles, string(p)), 0
	}
	skills, attributes, err := encodeNeeds(d.Needs)
	if err != nil {
		return err
	}
	var overflow *asJSON[routing.Overflow]
	if d.Overflow != nil {
		overflow = &asJSON[routing.Overflow]{*d.Overflow}
	}
	slices.Sort(i.Profiles)
	const insert = `
		insert into work_items (tenant, id, conversation_id, queue_id, state, mode, priority, since, units, profiles, skills, skill_match,
			presences, affinity_agent, preferred, demand, attributes, overflow)
		values ($1, $2, $3, $4, 'waiting', $5, $6, $7, $8, $9, $10, $11, $12, nullif($13, '')::uuid, $14, $15, $16, $17)`
	if _, err := t.tx.ExecContext(ctx, insert, t.ref.Tenant, i.ID, t.ref.Conversation, t.Queue, i.Mode, d.Priority, setup.LastAt, i.Units,
		i.Profiles, string(skills), i.SkillMatch, i.Presences, string(setup.KeptFor), setup.Preferred,
		demand(i, setup.Workstream, skills, attributes, setup.Preferred), string(attributes), overflow); err != nil {
		return err
	}
	return wake(ctx, t.tx, t.ref.Tenant, time.Time{})
}

func encodeNeeds(d routing.Needs) (skills, attributes []byte, err error) {
	needed := slices.Clone(d.Skills)
	slices.SortFunc(needed, func(a, b routing.NeededSkill) int { return cmp.Compare(a.SkillID, b.SkillID) })
	if needed == nil {
		needed = []routing.NeededSkill{}
	}
	if skills, err = json.Marshal(needed); err != nil {
		return nil, nil, fmt.Errorf("encode the skills that are needed: %w", err)
	}
	values := d.Attributes
	if values == nil {
		values = map[string]any{}
	}
	if attributes, err = json.Marshal(values); err != nil {
		return nil, nil, errors.New("encode the attributes of a work item")
	}
	return skills, attributes, nil
}

// demand is a hash of what decides which agents fit an item; the workstream is, by the limit that it may have. For whom it is kept and who has declined it are not in it:
// they change while it waits.
func demand(i talkItem, workstream string, skills, attributes []byte, preferred []string) string {
	h := sha256.New()
	for _, part := range []any{workstream, i.Units, i.Profiles, string(skills), i.SkillMatch, i.Presences, preferred, string(attributes)} {
		fmt.Fprintf(h, "%v\x00", part)
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}
