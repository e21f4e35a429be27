package routing

import "slices"

// PresenceFacts are what an agent's presence follows from.
type PresenceFacts struct {
	Presence Presence // what it is
	Manual   bool     // it was chosen: by the agent, by a supervisor, or for a rejected offer (PRE-9)
	Turned   bool     // the agent has just accepted or closed a conversation
	Units    int
	Load     int
	Profiles []ProfileUse // of the agent
	Sessions int          // conversations that the agent has, without those put aside

	MaxSessions int // the tenant's; 0: DefaultMaxSessions
}

// Chosen reports whether a presence that was chosen is still in force (PRE-6): available and busy until the agent next accepts or
// closes a conversation, the others until somebody chooses again. If it is not, the caller removes the choice.
func (f PresenceFacts) Chosen() bool {
	return f.Manual && (!f.Turned || f.Presence != Available && f.Presence != Busy)
}

// NextPresence is what an agent's presence becomes (PRE-4, PRE-5, PRE-6). Offline, away and inactive never change by
// themselves: they end when the agent signs in, or somebody sets another presence.
func NextPresence(f PresenceFacts) Presence {
	switch f.Presence {
	case Offline, Away, Inactive:
		return f.Presence
	}
	switch {
	case f.Chosen():
		return f.Presence
	case f.full():
		return DND
	case f.busy():
		return Busy
	}
	return Available
}

// full reports whether the agent takes no more: over their units, at the limit of conversations, at that of a blocking
// profile, or with units and all profiles used up.
func (f PresenceFacts) full() bool {
	usedUp := func(p ProfileUse) bool { return p.Used >= p.Limit }
	blocks := func(p ProfileUse) bool { return p.Blocking && usedUp(p) }
	open := func(p ProfileUse) bool { return !usedUp(p) }
	switch {
	case f.Load > f.Units, f.Sessions >= maxSessions(f.MaxSessions), slices.ContainsFunc(f.Profiles, blocks):
		return true
	}
	return f.Load >= f.Units && !slices.ContainsFunc(f.Profiles, open)
}

// busy reports whether anything of the agent's capacity is used.
func (f PresenceFacts) busy() bool {
	return f.Load > 0 || slices.ContainsFunc(f.Profiles, func(p ProfileUse) bool { return p.Used > 0 })
}
