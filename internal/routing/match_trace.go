package routing

import (
	"maps"
	"slices"

	"wxdesk/internal/conversation"
)

// maxNamed is how many agents a match trace names for one reason.
const maxNamed = 20

// tally is agents by the reason why they are not asked.
type tally struct {
	counts map[Reason]int
	agents map[Reason][]conversation.AgentID // the first few
}

func newTally() tally {
	return tally{counts: map[Reason]int{}, agents: map[Reason][]conversation.AgentID{}}
}

func (t tally) add(why Reason, who conversation.AgentID) {
	t.counts[why]++
	if named := t.agents[why]; len(named) < maxNamed {
		t.agents[why] = append(named[:len(named):len(named)], who)
	}
}

func (t tally) addAll(why Reason, who []*agent) {
	if len(who) == 0 {
		return
	}
	t.counts[why] += len(who)
	named := slices.Clip(t.agents[why])
	for _, a := range who[:min(len(who), maxNamed-len(named))] {
		named = append(named, a.ID)
	}
	t.agents[why] = named
}

func (t tally) clone() tally {
	return tally{counts: maps.Clone(t.counts), agents: maps.Clone(t.agents)}
}

// seen says why those of the line who are not chosen were not asked; nobody is chosen if that is nil.
func (l *line) seen(t turn, chosen *agent) tally {
	if l.left == 0 {
		return l.out // nothing will be added to it any more
	}
	seen := l.out.clone()
	if len(t.item.Declined) == 0 && l.left > 1 {
		seen.counts[ReasonOtherFirst] = l.left - 1 // all but the chosen
	}
	for _, p := range l.places {
		switch {
		case p.full || p.agent == chosen:
		case len(t.item.Declined) == 0: // they are counted
			if len(seen.agents[ReasonOtherFirst]) == maxNamed {
				return seen
			}
			seen.agents[ReasonOtherFirst] = append(seen.agents[ReasonOtherFirst], p.ID)
		case t.item.Paused[p.ID] && t.item.Declined[p.ID] < t.pool.DeclineLimit:
			seen.add(ReasonPaused, p.ID)
		case chosen == nil || t.item.Declined[p.ID] >= max(1, t.pool.DeclineLimit):
			seen.add(ReasonDeclined, p.ID)
		default:
			seen.add(ReasonOtherFirst, p.ID)
		}
	}
	return seen
}
