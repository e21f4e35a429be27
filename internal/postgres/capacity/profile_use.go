package capacity

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"

	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/routing"
)

// ProfileUse is an agent's use of one of their capacity profiles.
type ProfileUse struct {
	Profile  routing.ProfileID `json:"profile"`
	Blocking bool              `json:"blocking"`
	Limit    int               `json:"limit"`
	Used     int               `json:"used"`
}

func (p ProfileUse) use() routing.ProfileUse {
	return routing.ProfileUse{Limit: p.Limit, Used: p.Used, Blocking: p.Blocking}
}

// ReadProfileUses reads the agents' room in their capacity profiles p.
func ReadProfileUses(ctx context.Context, tx *postgres.Tx, t conversation.Tenant, who Among, agents map[conversation.AgentID]*Candidate) error {
	selectUses := `
		select m.agent_id, p.id, p.blocking, coalesce(m.item_limit, p.item_limit), u.used
		from agent_profiles m join capacity_profiles p on p.tenant = m.tenant and p.id = m.profile_id
		join agents g on g.tenant = m.tenant and g.id = m.agent_id
		cross join lateral profile_in_use(m.tenant, m.agent_id, p.id, p.reset, g.time_zone, null) u
		where m.tenant = $1 and m.agent_id` + who.SQL
	err := who.Each(ctx, tx, t, selectUses, func(rows *sql.Rows) error {
		var agent conversation.AgentID
		var r ProfileUse
		if err := rows.Scan(&agent, &r.Profile, &r.Blocking, &r.Limit, &r.Used); err != nil {
			return err
		}
		if a := agents[agent]; a != nil { // otherwise disabled
			a.Profiles = append(a.Profiles, r)
		}
		return nil
	})
	for _, a := range agents { // in one order, so that they can be compared
		slices.SortFunc(a.Profiles, func(a, b ProfileUse) int { return cmp.Compare(a.Profile, b.Profile) })
	}
	return err
}

// DecodeProfileUses decodes the profile_uses of capacity_in_use.
func DecodeProfileUses(agent conversation.AgentID, encoded []byte) (uses []ProfileUse, err error) {
	if encoded == nil {
		return nil, nil
	}
	if err := json.Unmarshal(encoded, &uses); err != nil {
		return nil, fmt.Errorf("capacity profiles of agent %s: %w", agent, err)
	}
	return uses, nil
}
