package routing

import (
	"cmp"
	"slices"
	"strings"

	"wxdesk/internal/conversation"
)

// Targets are the queues and agents that a conversation may be transferred to now: queues by name (TRF-1), and agents, those who fit
// best first (TRF-2).
type Targets struct {
	Queues []QueueTarget
	Agents []AgentTarget
	Needed []NeededSkill // by which they are ranked
}

// QueueTarget is a queue that is open and has agents beside who has the conversation.
type QueueTarget struct {
	ID   conversation.QueueID `db:"id"`
	Name string               `db:"name"`
}

// AgentTarget is an agent who can be asked.
type AgentTarget struct {
	ID       conversation.AgentID
	Name     string
	Presence Presence
	Skills   map[SkillID]int // rating, of those not disabled
	Missing  int             // needed skills that the agent lacks or has at a lower rating; RankTargets counts them
}

// CanBeAsked reports whether an agent of this presence can be asked to take over a conversation (TRF-2).
func (p Presence) CanBeAsked() bool { return p == Available || p == Busy }

// RankTargets sorts agents by how near they come to the skills that a conversation needs (SKL-3), and then by name. Skills
// are a hint here, whoever stands in the list may be asked.
func RankTargets(agents []AgentTarget, needed []NeededSkill) {
	type fit struct{ missing, short, more int }
	fits := make(map[conversation.AgentID]fit, len(agents))
	for i, a := range agents {
		var f fit
		f.missing, f.short, f.more = (&Candidate{Skills: a.Skills}).closeness(needed)
		agents[i].Missing, fits[a.ID] = f.missing, f
	}
	slices.SortFunc(agents, func(a, b AgentTarget) int {
		fa, fb := fits[a.ID], fits[b.ID]
		return cmp.Or(cmp.Compare(fa.missing, fb.missing), cmp.Compare(fa.short, fb.short), cmp.Compare(fa.more, fb.more),
			strings.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
}
