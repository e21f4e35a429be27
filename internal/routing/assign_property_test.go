package routing_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// scenario is a contact centre small enough to be looked through by hand.
type scenario struct {
	limits map[conversation.WorkstreamID]int
	queues []routing.Queue
	items  []routing.Item
	agents []*routing.Candidate
}

var (
	skillIDs   = []routing.SkillID{"law", "tax", "thai"}
	profileIDs = []routing.ProfileID{"p", "q"}
	presences  = []routing.Presence{routing.Available, routing.Busy, routing.DND, routing.Offline}
	methods    = []routing.Method{routing.HighestCapacity, routing.RoundRobin, routing.LeastActive}
)

func drawScenario(t *rapid.T) scenario {
	d := scenario{limits: map[conversation.WorkstreamID]int{"free": 0, "limited": rapid.IntRange(1, 3).Draw(t, "limit of a workstream")}}
	for n := range rapid.IntRange(1, 3).Draw(t, "queues") {
		d.queues = append(d.queues, routing.Queue{
			ID: conversation.QueueID(fmt.Sprint("q", n)), Priority: rapid.IntRange(1, 2).Draw(t, "queue priority"),
			Method: rapid.SampledFrom(methods).Draw(t, "method"), DeclineLimit: rapid.IntRange(1, 5).Draw(t, "decline limit"),
		})
	}
	for n := range rapid.IntRange(0, 8).Draw(t, "agents") {
		d.agents = append(d.agents, drawAgent(t, n, d.queues))
	}
	for n := range rapid.IntRange(0, 40).Draw(t, "items") {
		i := drawItem(t, n, d.queues)
		i.Workstream = rapid.SampledFrom([]conversation.WorkstreamID{"free", "limited"}).Draw(t, "workstream")
		i.MaxPerAgent = d.limits[i.Workstream]
		d.items = append(d.items, i)
	}
	return d
}

func drawAgent(t *rapid.T, n int, queues []routing.Queue) *routing.Candidate {
	a := newAgent(fmt.Sprint("a", n))
	a.Presence = rapid.SampledFrom(presences).Draw(t, "presence")
	a.Units = rapid.IntRange(0, 100).Draw(t, "units")
	a.Load = rapid.IntRange(0, 120).Draw(t, "load")
	a.Sessions = rapid.IntRange(0, 11).Draw(t, "sessions")
	a.Held = map[conversation.WorkstreamID]int{"limited": rapid.IntRange(0, min(a.Sessions, 4)).Draw(t, "held")}
	a.LastReleased = ago(rapid.IntRange(0, 3).Draw(t, "released"))
	a.Queues = map[conversation.QueueID]routing.Membership{}
	for _, q := range queues {
		if rapid.Bool().Draw(t, "member") {
			a.Queues[q.ID] = routing.Membership{JoinedAt: ago(rapid.IntRange(10, 12).Draw(t, "joined")), LastAssigned: ago(rapid.IntRange(1, 5).Draw(t, "last"))}
		}
	}
	for _, s := range skillIDs {
		if rating := rapid.IntRange(0, 10).Draw(t, "rating"); rating > 0 {
			a.Skills[s] = rating
		}
	}
	for _, p := range profileIDs {
		if rapid.Bool().Draw(t, "has profile") {
			a.Profiles[p] = routing.ProfileUse{Limit: rapid.IntRange(0, 4).Draw(t, "limit"), Used: rapid.IntRange(0, 2).Draw(t, "used"), Blocking: rapid.IntRange(0, 3).Draw(t, "blocking") == 0}
		}
	}
	return a
}

func drawItem(t *rapid.T, n int, queues []routing.Queue) routing.Item {
	i := newItem(fmt.Sprintf("i%02d", n), since(rapid.IntRange(0, 9).Draw(t, "since")), priority(rapid.IntRange(1, 2).Draw(t, "priority")))
	i.QueueID = rapid.SampledFrom(queues).Draw(t, "queue").ID
	i.Units = rapid.SampledFrom([]int{0, 10, 30}).Draw(t, "takes")
	if rapid.IntRange(0, 3).Draw(t, "by profile") == 0 {
		i.Units, i.Profiles = 0, profileIDs[:rapid.IntRange(1, 2).Draw(t, "profiles")]
	}
	i.SkillMatch = rapid.SampledFrom([]routing.SkillMatch{routing.SkillExact, routing.SkillClosest, routing.SkillNone}).Draw(t, "match")
	for _, s := range skillIDs[:rapid.IntRange(0, 2).Draw(t, "skills")] {
		i.Skills = append(i.Skills, routing.NeededSkill{SkillID: s, Rating: rapid.IntRange(1, 6).Draw(t, "needed")})
	}
	someone := rapid.Custom(func(t *rapid.T) conversation.AgentID {
		return conversation.AgentID(fmt.Sprint("a", rapid.IntRange(0, 8).Draw(t, "agent")))
	})
	switch rapid.IntRange(0, 7).Draw(t, "special") {
	case 0:
		i.Affinity = someone.Draw(t, "affinity")
	case 1:
		i.Preferred = []conversation.AgentID{someone.Draw(t, "preferred")}
	case 2:
		who := someone.Draw(t, "declined by")
		i.Declined = map[conversation.AgentID]int{who: rapid.IntRange(1, 100).Draw(t, "times")}
		if other := someone.Draw(t, "declined by too"); rapid.Bool().Draw(t, "two declined") {
			i.Declined[other] = rapid.IntRange(1, 5).Draw(t, "times too")
		}
		i.Paused = map[conversation.AgentID]bool{who: rapid.Bool().Draw(t, "just now")}
	}
	return i
}

// copied is the agents as they are now, by id.
func copied(agents []*routing.Candidate) map[conversation.AgentID]*routing.Candidate {
	all := map[conversation.AgentID]*routing.Candidate{}
	for _, a := range agents {
		c := *a
		c.Profiles, c.Queues, c.Held = maps.Clone(a.Profiles), maps.Clone(a.Queues), maps.Clone(a.Held)
		all[a.ID] = &c
	}
	return all
}

// hasRoom reports whether an item takes no more than an agent has.
func hasRoom(a *routing.Candidate, i routing.Item) bool {
	for _, p := range a.Profiles {
		if p.Blocking && p.Used >= p.Limit {
			return false
		}
	}
	for _, id := range i.Profiles {
		if p := a.Profiles[id]; p.Used >= p.Limit {
			return false
		}
	}
	return a.Units > 0 && a.Load+i.Units <= a.Units && a.Sessions < routing.DefaultMaxSessions && withinLimit(a, i)
}

// withinLimit reports whether an agent may have one more of the item's workstream.
func withinLimit(a *routing.Candidate, i routing.Item) bool {
	return i.MaxPerAgent == 0 || a.Held[i.Workstream] < i.MaxPerAgent
}

// eligible reports whether an agent may be asked for an item in the ordinary way.
func eligible(a *routing.Candidate, i routing.Item, limit int) bool {
	_, member := a.Queues[i.QueueID]
	skilled := i.SkillMatch != routing.SkillExact || !slices.ContainsFunc(i.Skills, func(n routing.NeededSkill) bool { return a.Skills[n.SkillID] < n.Rating })
	total := 0
	for _, n := range i.Declined {
		total += n
	}
	return member && skilled && slices.Contains(i.Presences, a.Presence) && hasRoom(a, i) && i.Declined[a.ID] < limit && !i.Paused[a.ID] && total < routing.MaxDeclines
}

// assignItem repeats what Assign does.
func assignItem(a *routing.Candidate, i routing.Item) {
	a.Load += i.Units
	a.Sessions++
	if i.MaxPerAgent > 0 {
		a.Held[i.Workstream]++
	}
	for _, id := range i.Profiles {
		if p, has := a.Profiles[id]; has {
			p.Used++
			a.Profiles[id] = p
		}
	}
}

// R7
// What is given fits whom it is given to, once and in turn; what is left, nobody who is free could have had.
func TestAssign_fillsCapacityInOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := drawScenario(t)
		limit := rapid.SampledFrom([]int{0, 3, 1000}).Draw(t, "limit")
		agents := copied(d.agents)
		matches, traces := choose(noon, d.queues, nil, d.items, d.agents, limit, nil)
		require.LessOrEqual(t, len(matches), limit)

		items, limits := map[conversation.WorkItemID]routing.Item{}, map[conversation.QueueID]int{}
		for _, q := range d.queues {
			limits[q.ID] = q.DeclineLimit
		}
		for _, i := range d.items {
			items[i.ID] = i
		}
		for _, m := range matches {
			i, waits := items[m.Item]
			require.True(t, waits, "%s is matched twice", m.Item)
			delete(items, m.Item)
			a := agents[m.Agent]
			require.True(t, mayTake(agents, a, i, limits[i.QueueID]), "%s must not be given to %s", m.Item, m.Agent)
			assignItem(a, i)
		}
		for _, a := range d.agents {
			require.Equal(t, agents[a.ID].Load, a.Load)
			require.Equal(t, agents[a.ID].Sessions, a.Sessions)
			require.Equal(t, agents[a.ID].Profiles, a.Profiles)
			require.Equal(t, agents[a.ID].Held, a.Held)
		}
		checkTraces(t, d, traces, matches)
		checkOrder(t, d.items, matches)
		if len(matches) == limit {
			return
		}
		require.Len(t, traces, len(d.items))
		for _, i := range items {
			for _, a := range agents {
				require.False(t, keptFor(agents, i) == nil && eligible(a, i, limits[i.QueueID]), "%s waits while %s is free", i.ID, a.ID)
			}
		}
	})
}

// keptFor is the agent for whom an item is kept: who serves its queue and has the skills; nil if there is none. Nobody declined it.
func keptFor(agents map[conversation.AgentID]*routing.Candidate, i routing.Item) *routing.Candidate {
	a, known := agents[i.Affinity]
	if !known {
		return nil
	}
	_, member := a.Queues[i.QueueID]
	lacks := func(n routing.NeededSkill) bool { return a.Skills[n.SkillID] < n.Rating }
	if !member || i.SkillMatch == routing.SkillExact && slices.ContainsFunc(i.Skills, lacks) {
		return nil
	}
	return a
}

// mayTake reports whether an agent may be given an item: as the one it is kept for, as a preferred one, or as any.
func mayTake(agents map[conversation.AgentID]*routing.Candidate, a *routing.Candidate, i routing.Item, limit int) bool {
	if kept := keptFor(agents, i); kept != nil {
		return a == kept && slices.Contains(i.Presences, a.Presence) && a.Sessions < routing.DefaultMaxSessions && withinLimit(a, i)
	}
	plain := i
	if slices.Contains(i.Preferred, a.ID) {
		plain.SkillMatch = routing.SkillNone
	}
	return eligible(a, plain, limit)
}

// checkTraces wants every agent in every match trace once: asked, or with a reason why not.
func checkTraces(t *rapid.T, d scenario, traces []routing.MatchTrace, matches []routing.Match) {
	var asked []routing.Match
	for _, l := range traces {
		sum := 0
		for why, n := range l.Reasons {
			require.Positive(t, n, "%s of %s", why, l.Item)
			require.LessOrEqual(t, len(l.Agents[why]), min(n, 20))
			sum += n
		}
		if l.Agent != "" {
			asked = append(asked, routing.Match{Item: l.Item, Agent: l.Agent})
			sum++
		}
		require.Equal(t, len(d.agents), sum, "%s: %v", l.Item, l.Reasons)
	}
	require.Equal(t, matches, asked)
}

// checkOrder wants nobody overtaken by an item of the same queue and demand.
func checkOrder(t *rapid.T, items []routing.Item, matches []routing.Match) {
	at := map[conversation.WorkItemID]int{}
	for n, m := range matches {
		at[m.Item] = n + 1
	}
	served := func(i routing.Item) int {
		if n := at[i.ID]; n > 0 {
			return n
		}
		return len(matches) + 1
	}
	demand := func(i routing.Item) string {
		return fmt.Sprint(i.QueueID, i.Units, i.Profiles, i.Skills, i.SkillMatch, i.Workstream)
	}
	plain := slices.DeleteFunc(slices.Clone(items), func(i routing.Item) bool {
		return i.Affinity != "" || i.Preferred != nil || i.Declined != nil
	})
	for _, a := range plain {
		for _, b := range plain {
			first := a.Priority < b.Priority || a.Priority == b.Priority && (a.Since.Before(b.Since) || a.Since.Equal(b.Since) && a.ID < b.ID)
			if first && demand(a) == demand(b) {
				require.LessOrEqual(t, served(a), served(b), "%s overtakes %s", b.ID, a.ID)
			}
		}
	}
}

// The line that Assign keeps is a shortcut. The slow way is to look at every agent for each item.
func TestAssign_choosesAsACompleteSearchWould(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := drawScenario(t)
		agents := copied(d.agents)
		items := map[conversation.WorkItemID]routing.Item{}
		for n := range d.items {
			d.items[n].Affinity, d.items[n].Preferred = "", nil
			items[d.items[n].ID] = d.items[n]
		}
		queues := map[conversation.QueueID]routing.Queue{}
		for _, q := range d.queues {
			queues[q.ID] = q
		}
		matches, _ := choose(noon, d.queues, nil, d.items, d.agents, 1000, nil)
		for n, m := range matches {
			i, asked := items[m.Item], agents[m.Agent]
			q := queues[i.QueueID]
			for _, other := range agents {
				if !eligible(other, i, q.DeclineLimit) {
					continue
				}
				require.False(t, i.Declined[other.ID] == 0 && i.Declined[asked.ID] > 0, "%s has declined %s, %s has not", asked.ID, i.ID, other.ID)
				if (i.Declined[other.ID] == 0) == (i.Declined[asked.ID] == 0) {
					require.LessOrEqual(t, slices.Compare(merit(asked, i, q), merit(other, i, q)), 0, "%s goes to %s before %s", i.ID, asked.ID, other.ID)
				}
			}
			assignItem(asked, i)
			if m, member := asked.Queues[q.ID]; member {
				m.LastAssigned = noon.Add(time.Duration(n+1) * time.Microsecond)
				asked.Queues[q.ID] = m
			}
		}
	})
}

// merit is what an agent is chosen by, the smallest first.
func merit(a *routing.Candidate, i routing.Item, q routing.Queue) []int64 {
	var m []int64
	switch {
	case i.SkillMatch == routing.SkillClosest:
		missing, short := 0, 0
		for _, n := range i.Skills {
			if lack := n.Rating - a.Skills[n.SkillID]; lack > 0 {
				missing, short = missing+1, short+lack
			}
		}
		more := 0
		if missing == 0 && len(i.Skills) > 0 && len(a.Skills) > len(i.Skills) {
			more = 1
		}
		m = []int64{int64(missing), int64(short), int64(more), int64(a.Load), int64(a.Sessions)}
	case q.Method == routing.LeastActive:
		m = []int64{a.LastReleased.UnixMicro()}
	case q.Method == routing.HighestCapacity && len(i.Profiles) == 0:
		m = []int64{int64(a.Load - a.Units)}
	case q.Method == routing.HighestCapacity:
		least := int64(1 << 40)
		for _, id := range i.Profiles {
			least = min(least, int64(a.Profiles[id].Limit-a.Profiles[id].Used))
		}
		m = []int64{-least}
	}
	return append(m, a.Queues[q.ID].LastAssigned.UnixMicro(), a.Queues[q.ID].JoinedAt.UnixMicro())
}

// SKL-3
func TestAssign_equalSkillsSpread(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		checkSpread(t, routing.HighestCapacity, routing.SkillClosest)
	})
}

// ASG-4
func TestAssign_roundRobinSpreads(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		checkSpread(t, routing.RoundRobin, routing.SkillExact)
	})
}

// checkSpread gives items to agents who are alike, in batches of any size: no agent gets two more than another.
func checkSpread(t *rapid.T, method routing.Method, skills routing.SkillMatch) {
	agents := make([]*routing.Candidate, rapid.IntRange(1, 12).Draw(t, "agents"))
	for n := range agents {
		agents[n] = newAgent(fmt.Sprintf("a%02d", n), units(1000), skill("thai", 5), membership(ago(rapid.IntRange(1, 9).Draw(t, "joined")), time.Time{}))
	}
	count := map[conversation.AgentID]int{}
	for batch := range rapid.IntRange(1, 6).Draw(t, "batches") {
		var items []routing.Item
		for n := range rapid.IntRange(0, 20).Draw(t, "items") {
			items = append(items, newItem(fmt.Sprint(n), match(skills), needs(routing.NeededSkill{SkillID: "thai", Rating: 5})))
		}
		matches, _ := choose(noon.Add(time.Duration(batch)*time.Second), []routing.Queue{queue(method)}, nil, items, agents, 100, nil)
		for _, m := range matches {
			count[m.Agent]++
		}
	}
	least, most := 1000, 0
	for _, a := range agents {
		least, most = min(least, count[a.ID]), max(most, count[a.ID])
	}
	full := most == routing.DefaultMaxSessions
	require.True(t, full || most-least <= 1, "%v", count)
}
