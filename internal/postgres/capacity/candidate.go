package capacity

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/routing"
)

// Candidate is an agent with what they have to do: the sum over their assignments, never a counter.
type Candidate struct {
	ID         conversation.AgentID
	Version    int64
	Presence   routing.Presence
	Manual     bool
	Lost       bool // the last connection, a moment ago
	Units      int
	Load       int
	Sessions   int
	Max        int // of Sessions; the tenant's
	Attributes []byte
	Profiles   []ProfileUse                      // all, or those that are asked for and those that block
	Held       map[conversation.WorkstreamID]int // of Sessions, where a workstream has a limit; the distribution reads it
}

// Same reports whether nothing has changed that decides whether the agent is asked. Now the use of all profiles is known; c may have fewer.
func (c *Candidate) Same(now *Candidate) bool {
	if now == nil {
		return false
	}
	then := *now
	then.Profiles = slices.DeleteFunc(slices.Clone(now.Profiles), func(r ProfileUse) bool {
		return !r.Blocking && !slices.ContainsFunc(c.Profiles, func(had ProfileUse) bool { return had.Profile == r.Profile })
	})
	if !slices.Equal(c.Profiles, then.Profiles) {
		return false
	}
	then.Profiles = c.Profiles
	return reflect.DeepEqual(c, &then)
}

// ForChoice is the agent as the choice knows them, so far.
func (c *Candidate) ForChoice() (*routing.Candidate, error) {
	a := &routing.Candidate{
		ID: c.ID, Presence: c.Presence, Lost: c.Lost, Units: c.Units, Load: c.Load, Sessions: c.Sessions, MaxSessions: c.Max,
		Queues: make(map[conversation.QueueID]routing.Membership, 1),
	}
	if string(c.Attributes) != "{}" { // most have none
		if err := json.Unmarshal(c.Attributes, &a.Attributes); err != nil {
			return nil, fmt.Errorf("attributes of agent %s: %w", c.ID, err)
		}
	}
	if len(c.Profiles) > 0 {
		a.Profiles = make(map[routing.ProfileID]routing.ProfileUse, len(c.Profiles))
	}
	for _, r := range c.Profiles {
		a.Profiles[r.Profile] = r.use()
	}
	return a, nil
}

// Agent is the agent as the rule book wants to know them for an offer. All that they have counts in their profiles.
func (c *Candidate) Agent() lifecycle.Agent {
	a := lifecycle.Agent{ID: c.ID, Presence: c.Presence, Manual: c.Manual, Units: c.Units, Load: c.Load, Sessions: c.Sessions}
	for _, r := range c.Profiles {
		a.Profiles = append(a.Profiles, lifecycle.Profile{ID: r.Profile, Limit: r.Limit, Used: r.Used, Blocking: r.Blocking})
	}
	return a
}

// PresenceFacts are what the agent's automatic presence follows from. turned: in this transaction they accepted or finished a conversation.
func (c *Candidate) PresenceFacts(turned bool) routing.PresenceFacts {
	facts := routing.PresenceFacts{
		Presence: c.Presence, Manual: c.Manual, Turned: turned, Units: c.Units, Load: c.Load, Sessions: c.Sessions, MaxSessions: c.Max,
	}
	for _, p := range c.Profiles {
		facts.Profiles = append(facts.Profiles, p.use())
	}
	return facts
}
