package lifecycle

import (
	"maps"
	"slices"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// setPresence sets an agent's presence after they answered an offer, unless they are offline. chosen says that the presence stays
// until the agent changes it.
func (d *draft) setPresence(agent conversation.AgentID, p routing.Presence, chosen bool) {
	a, known := d.Agents[agent]
	if !known || a.Presence == routing.Offline {
		return
	}
	a.Presence, a.Manual = p, chosen
	d.Agents = maps.Clone(d.Agents)
	d.Agents[agent] = a
	d.set[agent], d.concerned[agent] = true, true
}

// settlePresences sets the presences of the agents concerned by what they have from now on (PRE-4 to PRE-6).
func (d *draft) settlePresences() {
	for _, id := range slices.Sorted(maps.Keys(d.concerned)) {
		a, known := d.Agents[id]
		if !known || a.Disabled {
			continue
		}
		facts := d.presenceFacts(a)
		next := PresenceChange{Agent: id, Presence: routing.NextPresence(facts), Manual: facts.Chosen(), Reset: d.set[id]}
		if next.Presence == a.Presence && next.Manual == a.Manual && !next.Reset {
			continue
		}
		if next.Reset || next.Presence != a.Presence {
			next.Since = d.now
		}
		d.change.Presences = append(d.change.Presences, next)
		d.addEvent(Event{Kind: EventPresence, Agent: id, Body: PresenceBody{AgentID: id, Presence: next.Presence, Manual: next.Manual}})
	}
}

// presenceFacts are what an agent's presence follows from, with what this conversation takes of them from now on. One that is
// put aside takes no session (CAP-8).
func (d *draft) presenceFacts(a Agent) routing.PresenceFacts {
	f := routing.PresenceFacts{
		Presence: a.Presence, Manual: a.Manual, Turned: d.turned[a.ID], Units: a.Units, Load: a.Load, Sessions: a.Sessions,
	}
	var mine []*Assignment
	if over := d.change.Over; over != nil && over.Agent == a.ID {
		mine = append(mine, over)
	}
	if live := d.Live; live != nil && live.Agent == a.ID {
		mine = append(mine, live)
		if d.State != conversation.StateWaiting {
			f.Sessions++
		}
		if live.takesCapacity(d.now) {
			f.Load += live.Units
		}
	}
	for _, p := range a.Profiles {
		use := routing.ProfileUse{Limit: p.Limit, Used: p.Used + p.Earlier, Blocking: p.Blocking}
		for _, m := range mine {
			if m.takesOf(p, a.DayBegan, d.now) {
				use.Used++
			}
		}
		f.Profiles = append(f.Profiles, use)
	}
	f.MaxSessions = d.MaxConversations
	return f
}
