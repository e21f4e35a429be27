package routing_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

var noon = time.Date(2026, time.November, 2, 12, 0, 0, 0, time.UTC)

const sales = conversation.QueueID("sales")

// ago is so many minutes before noon.
func ago(minutes int) time.Time { return noon.Add(-time.Duration(minutes) * time.Minute) }

// newItem is work for the queue sales that takes 25 units, with what is special about it.
func newItem(id string, special ...func(*routing.Item)) routing.Item {
	i := routing.Item{
		ID: conversation.WorkItemID(id), QueueID: sales, Priority: 100, Since: ago(10), Units: 25,
		SkillMatch: routing.SkillExact, Presences: []routing.Presence{routing.Available, routing.Busy},
	}
	for _, change := range special {
		change(&i)
	}
	return i
}

// newAgent returns an agent who is available in the queue sales with 100 free units, changed by the options.
func newAgent(id string, special ...func(*routing.Candidate)) *routing.Candidate {
	c := &routing.Candidate{
		ID: conversation.AgentID(id), Presence: routing.Available, Units: 100,
		Profiles: map[routing.ProfileID]routing.ProfileUse{}, Skills: map[routing.SkillID]int{},
		Queues: map[conversation.QueueID]routing.Membership{sales: {JoinedAt: ago(1000)}},
	}
	for _, change := range special {
		change(c)
	}
	return c
}

func queue(method routing.Method) routing.Queue {
	return routing.Queue{ID: sales, Name: "Sales", Priority: 100, Method: method, DeclineLimit: 3}
}

// assign assigns in the queue sales without rules of its own. It returns who was asked for what as "item agent", in order.
func assign(method routing.Method, items []routing.Item, agents ...*routing.Candidate) ([]string, []routing.MatchTrace) {
	matches, traces := choose(noon, []routing.Queue{queue(method)}, nil, items, agents, routing.BatchLimit, nil)
	return pairs(matches), traces
}

// choose assigns, with time for everything.
func choose(now time.Time, queues []routing.Queue, rules map[conversation.QueueID]routing.CustomRules, items []routing.Item, agents []*routing.Candidate, limit int, evaluator routing.Evaluator) ([]routing.Match, []routing.MatchTrace) {
	got := routing.Assign(routing.Choice{Now: now, Queues: queues, Rules: rules, Items: items, Agents: agents, Limit: limit, Evaluator: evaluator})
	return got.Matches, got.Traces
}

func pairs(matches []routing.Match) (list []string) {
	for _, m := range matches {
		list = append(list, string(m.Item)+" "+string(m.Agent))
	}
	return list
}

func load(units int) func(*routing.Candidate) {
	return func(c *routing.Candidate) { c.Load = units }
}

func lost(c *routing.Candidate) { c.Lost = true }

func presence(p routing.Presence) func(*routing.Candidate) {
	return func(c *routing.Candidate) { c.Presence = p }
}

func membership(joined, last time.Time) func(*routing.Candidate) {
	return func(c *routing.Candidate) {
		c.Queues[sales] = routing.Membership{JoinedAt: joined, LastAssigned: last}
	}
}

func since(minutes int) func(*routing.Item) {
	return func(i *routing.Item) { i.Since = ago(minutes) }
}

func declined(times int, by ...conversation.AgentID) func(*routing.Item) {
	return func(i *routing.Item) {
		if i.Declined == nil {
			i.Declined = map[conversation.AgentID]int{}
		}
		for _, a := range by {
			i.Declined[a] = times
		}
	}
}

func affinity(to conversation.AgentID) func(*routing.Item) {
	return func(i *routing.Item) { i.Affinity = to }
}

// ASG-1
func TestAssign_stopsAtTheBatchLimit(t *testing.T) {
	t.Parallel()
	items := []routing.Item{newItem("a"), newItem("b"), newItem("c")}
	matches, traces := choose(noon, []routing.Queue{queue(routing.RoundRobin)}, nil, items, []*routing.Candidate{newAgent("ann")}, 2, nil)
	require.Equal(t, []string{"a ann", "b ann"}, pairs(matches))
	require.Len(t, traces, 2, "what was not reached was not looked at")
}

// ASG-3
func TestAssign_highestCapacityByFreeUnits(t *testing.T) {
	t.Parallel()
	got, _ := assign(routing.HighestCapacity, []routing.Item{newItem("a"), newItem("b", since(9)), newItem("c", since(8))},
		newAgent("ann", load(50)), newAgent("ben", load(25)), newAgent("cem", load(75)))
	require.Equal(t, []string{"a ben", "b ann", "c ben"}, got, "after the first, ann and ben have the same; ben was asked last")
}

// ASG-3
func TestAssign_highestCapacityTieTakesTurns(t *testing.T) {
	t.Parallel()
	got, _ := assign(routing.HighestCapacity, []routing.Item{newItem("a"), newItem("b", since(9)), newItem("c", since(8))},
		newAgent("ann", membership(ago(100), ago(5))), newAgent("ben", membership(ago(50), ago(6))), newAgent("cem", membership(ago(10), time.Time{})))
	require.Equal(t, []string{"a cem", "b ben", "c ann"}, got)
}

// ASG-3
func TestAssign_highestCapacityByProfile(t *testing.T) {
	t.Parallel()
	chats := func(limit, used int) func(*routing.Candidate) { return profileUse("chats", limit, used, false) }
	got, _ := assign(routing.HighestCapacity, []routing.Item{newItem("a", takes("chats"))},
		newAgent("ann", chats(3, 1)), newAgent("ben", load(100), chats(5, 2)))
	require.Equal(t, []string{"a ben"}, got, "three chats left, whatever the units")
}

// ASG-4
func TestAssign_roundRobinByLastAssignment(t *testing.T) {
	t.Parallel()
	items := []routing.Item{newItem("a"), newItem("b", since(9)), newItem("c", since(8)), newItem("d", since(7)), newItem("e", since(6))}
	got, _ := assign(routing.RoundRobin, items,
		newAgent("ann", membership(ago(10), time.Time{})), newAgent("ben", membership(ago(20), time.Time{})), newAgent("cem", load(75), membership(ago(900), ago(1))))
	require.Equal(t, []string{"a ben", "b ann", "c cem", "d ben", "e ann"}, got)
}

// ASG-5, D7
func TestAssign_leastActiveReleasedLongestAgo(t *testing.T) {
	t.Parallel()
	released := func(at time.Time) func(*routing.Candidate) {
		return func(c *routing.Candidate) { c.LastReleased = at }
	}
	items := []routing.Item{newItem("a"), newItem("b", since(9)), newItem("c", since(8))}
	got, _ := assign(routing.LeastActive, items,
		newAgent("ann", load(75), released(ago(5))), newAgent("ben", load(75), released(ago(7))), newAgent("cem", load(75)))
	require.Equal(t, []string{"a cem", "b ben", "c ann"}, got, "who never had work comes first")

	got, _ = assign(routing.LeastActive, items[:2],
		newAgent("ann", released(ago(5)), membership(ago(10), ago(20))), newAgent("ben", released(ago(5)), membership(ago(10), ago(30))))
	require.Equal(t, []string{"a ben", "b ann"}, got, "the same: they take turns")
}

// ASG-13
func TestAssign_declinerLosesPriority(t *testing.T) {
	t.Parallel()
	ann, ben := newAgent("ann"), newAgent("ben", load(75))
	got, _ := assign(routing.HighestCapacity, []routing.Item{newItem("a", declined(1, "ann"))}, ann, ben)
	require.Equal(t, []string{"a ben"}, got)

	got, _ = assign(routing.HighestCapacity, []routing.Item{newItem("b", declined(1, "ann"))}, ann, ben)
	require.Equal(t, []string{"b ann"}, got, "there is nobody else any more")
}

// ASG-13
func TestAssign_declineLimitEndsOffers(t *testing.T) {
	t.Parallel()
	got, traces := assign(routing.HighestCapacity, []routing.Item{newItem("a", declined(3, "ann"), declined(2, "ben")), newItem("b", declined(3, "ann"))}, newAgent("ann"), newAgent("ben", load(75)))
	require.Equal(t, []string{"a ben"}, got)
	require.Equal(t, map[routing.Reason]int{routing.ReasonDeclined: 1}, traces[0].Reasons)
	require.Equal(t, map[routing.Reason]int{routing.ReasonDeclined: 1, routing.ReasonCapacity: 1}, traces[1].Reasons)
}

// ASG-13
func TestAssign_aHundredDeclinesTakeAnItemOut(t *testing.T) {
	t.Parallel()
	refused := newItem("a", declined(2, "x"))
	for n := range 49 {
		declined(2, conversation.AgentID(rune('A'+n)))(&refused)
	}
	got, traces := assign(routing.HighestCapacity, []routing.Item{refused}, newAgent("ann"))
	require.Empty(t, got)
	require.Equal(t, map[routing.Reason]int{routing.ReasonDeclined: 1}, traces[0].Reasons)

	declined(1, "x")(&refused)
	got, _ = assign(routing.HighestCapacity, []routing.Item{refused}, newAgent("ann"))
	require.Equal(t, []string{"a ann"}, got, "at 99 it was still offered")
}

func paused(by ...conversation.AgentID) func(*routing.Item) {
	return func(i *routing.Item) {
		i.Paused = map[conversation.AgentID]bool{}
		for _, a := range by {
			i.Paused[a] = true
		}
	}
}

// WS-14
func TestAssign_skipsAPausedAgent(t *testing.T) {
	t.Parallel()
	for _, method := range []routing.Method{routing.RoundRobin, routing.Custom} {
		rules := map[conversation.QueueID]routing.CustomRules{sales: {Assignment: &routing.RulesetVersion{Rules: []routing.Rule{{Name: "all"}}}}}
		ask := func(i routing.Item) ([]string, routing.MatchTrace) {
			matches, traces := choose(noon, []routing.Queue{queue(method)}, rules, []routing.Item{i},
				[]*routing.Candidate{newAgent("ann"), newAgent("ben")}, routing.BatchLimit, nil)
			return pairs(matches), traces[0]
		}
		got, _ := ask(newItem("a", declined(1, "ann"), paused("ann")))
		require.Equal(t, []string{"a ben"}, got, method)
		got, _ = ask(newItem("a", declined(1, "ann", "ben"), paused("ann")))
		require.Equal(t, []string{"a ben"}, got, "the pause is over")
		got, trace := ask(newItem("a", declined(1, "ann", "ben"), paused("ann", "ben")))
		require.Empty(t, got)
		require.Equal(t, map[routing.Reason]int{routing.ReasonPaused: 2}, trace.Reasons)
		_, trace = ask(newItem("a", declined(3, "ann", "ben"), paused("ann")))
		require.Equal(t, map[routing.Reason]int{routing.ReasonDeclined: 2}, trace.Reasons, "no pause ends that")
	}
}

// DSK-6
// Who did not see an offer comes after those who were not asked, and after a pause again, however often.
func TestAssign_unseenOfferAsksOthersFirst(t *testing.T) {
	t.Parallel()
	for _, method := range []routing.Method{routing.RoundRobin, routing.Custom} {
		rules := map[conversation.QueueID]routing.CustomRules{sales: {Assignment: &routing.RulesetVersion{Rules: []routing.Rule{{Name: "all"}}}}}
		ask := func(i routing.Item, agents ...*routing.Candidate) ([]string, routing.MatchTrace) {
			matches, traces := choose(noon, []routing.Queue{queue(method)}, rules, []routing.Item{i}, agents, routing.BatchLimit, nil)
			return pairs(matches), traces[0]
		}
		unseen := []func(*routing.Item){declined(0, "ann"), paused("ann"), func(i *routing.Item) { i.Preferred = []conversation.AgentID{"ann"} }}
		got, _ := ask(newItem("a", unseen...), newAgent("ann"), newAgent("ben"))
		require.Equal(t, []string{"a ben"}, got, method)
		got, trace := ask(newItem("a", unseen...), newAgent("ann"))
		require.Empty(t, got, method)
		require.Equal(t, map[routing.Reason]int{routing.ReasonPaused: 1}, trace.Reasons, method)
		got, _ = ask(newItem("a", declined(0, "ann"), affinity("ann")), newAgent("ann"))
		require.Equal(t, []string{"a ann"}, got, "the pause is over")
	}
}

// WS-14
func TestAssign_limitPerAgentCountsInOneCall(t *testing.T) {
	t.Parallel()
	items := []routing.Item{newItem("a", limited(1)), newItem("b", limited(1), since(9)), newItem("c", since(8)), newItem("d", limited(1), since(7))}
	got, traces := assign(routing.RoundRobin, items, newAgent("ann"), newAgent("ben"))
	require.Equal(t, []string{"a ann", "b ben", "c ann"}, got, "what has no limit is not held up behind what has")
	require.Equal(t, map[routing.Reason]int{routing.ReasonPerAgent: 2}, traces[3].Reasons)
}

// ASG-14
func TestAssign_preferredAgentsFirst(t *testing.T) {
	t.Parallel()
	prefers := func(ids ...conversation.AgentID) func(*routing.Item) {
		return func(i *routing.Item) { i.Preferred = ids }
	}
	needy := func(i *routing.Item) { i.Skills = []routing.NeededSkill{{SkillID: "thai", Rating: 5}} }
	speaks := func(c *routing.Candidate) { c.Skills["thai"] = 9 }
	stranger := func(c *routing.Candidate) { delete(c.Queues, sales) }
	for _, test := range []struct {
		name   string
		item   routing.Item
		agents []*routing.Candidate
		want   []string
	}{
		{"in order", newItem("a", prefers("ben", "ann")), []*routing.Candidate{newAgent("ann"), newAgent("ben", load(75))}, []string{"a ben"}},
		{"whatever the skills", newItem("a", prefers("ben"), needy), []*routing.Candidate{newAgent("ann", speaks), newAgent("ben")}, []string{"a ben"}},
		{"presence not allowed: the next", newItem("a", prefers("ben", "ann")), []*routing.Candidate{newAgent("ann"), newAgent("ben", presence(routing.Away))}, []string{"a ann"}},
		{"no room: the next best", newItem("a", prefers("ben")), []*routing.Candidate{newAgent("ann"), newAgent("ben", load(90))}, []string{"a ann"}},
		{"not of the queue", newItem("a", prefers("ben")), []*routing.Candidate{newAgent("ann"), newAgent("ben", stranger)}, []string{"a ann"}},
		{"declined it", newItem("a", prefers("ben"), declined(1, "ben")), []*routing.Candidate{newAgent("ann", load(75)), newAgent("ben")}, []string{"a ann"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, _ := assign(routing.HighestCapacity, []routing.Item{test.item}, test.agents...)
			require.Equal(t, test.want, got)
		})
	}
}

// WS-13
func TestAssign_keptItemsFirst(t *testing.T) {
	t.Parallel()
	items := []routing.Item{newItem("old", since(60)), newItem("kept", since(1), affinity("ann"))}
	got, _ := assign(routing.HighestCapacity, items, newAgent("ann", load(75)))
	require.Equal(t, []string{"kept ann"}, got)
}

// WS-11
func TestAssign_keptOnlyForMembersWhoFit(t *testing.T) {
	t.Parallel()
	stranger := newAgent("ann", inQueues("other"))
	delete(stranger.Queues, sales)
	thai := needs(routing.NeededSkill{SkillID: "thai", Rating: 5})
	for name, test := range map[string]struct {
		item routing.Item
		had  *routing.Candidate
	}{
		"serves the queue no more": {newItem("a", affinity("ann")), stranger},
		"lacks the skill":          {newItem("a", affinity("ann"), thai), newAgent("ann")},
		"works here no more":       {newItem("a", affinity("gone")), newAgent("ann", load(100))},
	} {
		got, _ := assign(routing.HighestCapacity, []routing.Item{test.item}, test.had, newAgent("ben", skill("thai", 5)))
		require.Equal(t, []string{"a ben"}, got, name)
	}
	got, _ := byRules(nil, []routing.Rule{{When: ""}}, []routing.Item{newItem("a", affinity("ann"), thai)}, newAgent("ann"), newAgent("ben"))
	require.Equal(t, []string{"a ann"}, got, "rules judge skills themselves")
}

// WS-11, D2
func TestAssign_affinityIgnoresCapacity(t *testing.T) {
	t.Parallel()
	got, traces := assign(routing.HighestCapacity, []routing.Item{newItem("a", affinity("ann"))}, newAgent("ann", load(100)), newAgent("ben"))
	require.Equal(t, []string{"a ann"}, got)
	require.Equal(t, map[routing.Reason]int{routing.ReasonAffinity: 1}, traces[0].Reasons)
}

// D2
func TestAssign_affinityWaitsForAnAbsentAgent(t *testing.T) {
	t.Parallel()
	got, traces := assign(routing.HighestCapacity, []routing.Item{newItem("a", affinity("ann"))}, newAgent("ann", presence(routing.Away)), newAgent("ben"))
	require.Empty(t, got)
	require.Equal(t, map[routing.Reason]int{routing.ReasonPresence: 1, routing.ReasonAffinity: 1}, traces[0].Reasons)
	require.Equal(t, []conversation.AgentID{"ann"}, traces[0].Agents[routing.ReasonPresence])
}

// D2
func TestAssign_affinityEndsWhenDeclined(t *testing.T) {
	t.Parallel()
	got, _ := assign(routing.HighestCapacity, []routing.Item{newItem("a", affinity("ann"), declined(1, "ann"))}, newAgent("ann"), newAgent("ben", load(75)))
	require.Equal(t, []string{"a ben"}, got)
}

// DIA-1
func TestMatchTrace_namesTwentyAgentsAtMost(t *testing.T) {
	t.Parallel()
	agents := []*routing.Candidate{newAgent("free")}
	for n := range 30 {
		agents = append(agents, newAgent("away"+string(rune('a'+n)), presence(routing.Away)))
	}
	_, traces := assign(routing.RoundRobin, []routing.Item{newItem("a")}, agents...)
	require.Equal(t, map[routing.Reason]int{routing.ReasonPresence: 30}, traces[0].Reasons)
	require.Len(t, traces[0].Agents[routing.ReasonPresence], 20)
	require.Equal(t, conversation.AgentID("free"), traces[0].Agent)
	require.Equal(t, routing.RoundRobin, traces[0].Method)
}
