package lifecycle

import (
	"slices"
	"time"

	"wxdesk/internal/command"
	"wxdesk/internal/routing"
)

// takes returns why an agent may not take the conversation by themselves, or "" if they may: presence, skills, room.
func (d *draft) takes(a Agent) command.Refusal {
	switch {
	case a.Disabled, !slices.Contains(d.Item.Presences, a.Presence):
		return command.RefusedPresence
	case !a.masters(d.Item):
		return command.RefusedSkill
	case !d.fits(a):
		return command.RefusedCapacity
	}
	return ""
}

// masters reports whether the agent has the skills that an item needs, if the workstream asks for exactly those (SKL-2).
func (a Agent) masters(i *Item) bool {
	if i.SkillMatch != routing.SkillExact {
		return true
	}
	return !slices.ContainsFunc(i.Skills, func(n routing.NeededSkill) bool {
		rating, has := a.Skills[n.SkillID]
		return !has || rating < n.Rating
	})
}

// fits reports whether an agent has room for the conversation: in units, in each capacity profile that it takes, in all blocking
// profiles of the agent, and in the number of conversations that they may have in all (CAP-9) and of its workstream (WS-14). What the
// conversation takes of the agent already is not counted.
func (d *draft) fits(a Agent) bool {
	limit := d.Workstream.MaxPerAgent
	switch {
	case a.Units <= 0, a.Load+d.Item.Units > a.Units:
		return false
	case a.Sessions >= d.MaxConversations, limit > 0 && a.Held >= limit:
		return false
	}
	has := 0
	for _, p := range a.Profiles {
		needed := slices.Contains(d.Item.Profiles, p.ID)
		if p.Used >= p.Limit && (needed || p.Blocking) {
			return false
		}
		if needed {
			has++
		}
	}
	return has == len(d.Item.Profiles)
}

// takesCapacity reports whether the assignment takes capacity at a moment.
func (a *Assignment) takesCapacity(now time.Time) bool {
	return a.State.Live() && (a.HoldsUntil.IsZero() || a.HoldsUntil.After(now))
}

// takesOf reports whether the assignment counts in a capacity profile of its agent (CAP-3): one that lasts for the day counts
// what is offered, and what was accepted today.
func (a *Assignment) takesOf(p Profile, dayBegan, now time.Time) bool {
	switch {
	case !slices.Contains(a.Profiles, p.ID):
		return false
	case p.Daily:
		return a.State == Offered || !a.AcceptedAt.IsZero() && !a.AcceptedAt.Before(dayBegan)
	}
	return a.takesCapacity(now)
}
