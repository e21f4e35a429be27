package capacity

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/lib/pq"

	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/notify"
	"wxdesk/internal/routing"
)

// SettlePresence brings the automatic presence of agents in line with their load (PRE-4 to PRE-6). It belongs behind every
// change of what an agent has, in the same transaction; the caller has locked their rows. Whoever accepted or finished a
// conversation in this transaction is no longer bound by the available or busy that they chose.
func SettlePresence(ctx context.Context, tx *postgres.Tx, t conversation.Tenant, agents ...conversation.AgentID) error {
	_, err := Settle(ctx, tx, t, agents)
	return err
}

// Settle also lists the agents whose presence it has changed.
func Settle(ctx context.Context, tx *postgres.Tx, t conversation.Tenant, agents []conversation.AgentID) (changed []conversation.AgentID, err error) {
	people, err := ReadCandidates(ctx, tx, t, Named(agents))
	if err != nil || len(people) == 0 {
		return nil, err
	}
	turned, err := turnedNow(ctx, tx, t, people)
	if err != nil {
		return nil, err
	}
	var rows []lifecycle.PresenceBody
	var news []notify.Row
	for _, a := range people {
		facts := a.PresenceFacts(turned[a.ID])
		now := lifecycle.PresenceBody{AgentID: a.ID, Presence: routing.NextPresence(facts), Manual: facts.Chosen()}
		if now.Presence == a.Presence && now.Manual == a.Manual {
			continue
		}
		changed = append(changed, a.ID)
		rows = append(rows, now)
		news = append(news, notify.Row{Kind: lifecycle.EventPresence, Agent: a.ID, Body: now})
	}
	if len(rows) == 0 {
		return nil, nil
	}
	encoded, err := json.Marshal(rows)
	if err != nil {
		return nil, fmt.Errorf("encode presences: %w", err)
	}
	const updatePresences = `
		update agents a set presence = p.presence, presence_manual = p.manual,
			presence_at = case when a.presence = p.presence then a.presence_at else now() end
		from jsonb_to_recordset($2::jsonb) as p(agent_id uuid, presence text, manual boolean)
		where a.tenant = $1 and a.id = p.agent_id`
	if _, err := tx.ExecContext(ctx, updatePresences, t, string(encoded)); err != nil {
		return nil, err
	}
	return changed, notify.Publish(ctx, tx, t, news...)
}

// turnedNow finds who has accepted or finished a conversation in this transaction, whose time is that of the rows it wrote. It
// matters only for those who chose their presence, so nobody else is looked up.
func turnedNow(ctx context.Context, tx *postgres.Tx, t conversation.Tenant, people []*Candidate) (map[conversation.AgentID]bool, error) {
	var chosen []conversation.AgentID
	for _, a := range people {
		if a.Manual {
			chosen = append(chosen, a.ID)
		}
	}
	if len(chosen) == 0 {
		return nil, nil
	}
	const query = `
		select agent_id from assignments
		where tenant = $1 and agent_id = any($2::uuid[]) and state in ('offered', 'accepted') and accepted_at = now()
		union
		select agent_id from assignments
		where tenant = $1 and agent_id = any($2::uuid[]) and state = 'ended' and ended_at = now()`
	var list []conversation.AgentID
	if err := tx.SelectContext(ctx, &list, query, t, pq.Array(chosen)); err != nil {
		return nil, err
	}
	turned := make(map[conversation.AgentID]bool, len(list))
	for _, id := range list {
		turned[id] = true
	}
	return turned, nil
}
