package routing_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

func profileUse(p routing.ProfileID, limit, used int, blocking bool) func(*routing.Candidate) {
	return func(c *routing.Candidate) {
		c.Profiles[p] = routing.ProfileUse{Limit: limit, Used: used, Blocking: blocking}
	}
}

func takes(profiles ...routing.ProfileID) func(*routing.Item) {
	return func(i *routing.Item) { i.Units, i.Profiles = 0, profiles }
}

func needs(skills ...routing.NeededSkill) func(*routing.Item) {
	return func(i *routing.Item) { i.Skills = skills }
}

func match(m routing.SkillMatch) func(*routing.Item) {
	return func(i *routing.Item) { i.SkillMatch = m }
}

func skill(id routing.SkillID, rating int) func(*routing.Candidate) {
	return func(c *routing.Candidate) { c.Skills[id] = rating }
}

func sessions(n int) func(*routing.Candidate) {
	return func(c *routing.Candidate) { c.Sessions = n }
}

func most(n int) func(*routing.Candidate) {
	return func(c *routing.Candidate) { c.MaxSessions = n }
}

func units(n int) func(*routing.Candidate) {
	return func(c *routing.Candidate) { c.Units = n }
}

// limited is of the workstream shop, of which an agent may have so many.
func limited(most int) func(*routing.Item) {
	return func(i *routing.Item) { i.Workstream, i.MaxPerAgent = "shop", most }
}

func holds(w conversation.WorkstreamID, n int) func(*routing.Candidate) {
	return func(c *routing.Candidate) { c.Held, c.Sessions = map[conversation.WorkstreamID]int{w: n}, n }
}

// CAP-1, CAP-2, CAP-4, CAP-5, CAP-7, CAP-9, PRE-7, PRE-8, SKL-2, SKL-3, WS-7, WS-9, WS-10, WS-14
// TestAssign_reasonsAgainstAnAgent has one agent for one item, and says why the agent is not asked; "" if the agent is.
func TestAssign_reasonsAgainstAnAgent(t *testing.T) {
	t.Parallel()
	thai := routing.NeededSkill{SkillID: "thai", Rating: 5}
	tax := routing.NeededSkill{SkillID: "tax", Rating: 3}
	for _, test := range []struct {
		name  string
		item  routing.Item
		agent *routing.Candidate
		want  routing.Reason
	}{
		{"WS-9 presence not allowed", newItem("i"), newAgent("a", presence(routing.DND)), routing.ReasonPresence},
		{"WS-9 allowed by the item", newItem("i"), newAgent("a", presence(routing.Busy)), ""},
		{"PRE-8 inactive", newItem("i"), newAgent("a", presence(routing.Inactive)), routing.ReasonPresence},
		{"PRE-7 connection lost", newItem("i"), newAgent("a", lost), routing.ReasonLost},
		{"PRE-7 for what is kept for them too", newItem("i", affinity("a")), newAgent("a", lost), routing.ReasonLost},
		{"member of another queue", newItem("i"), newAgent("a", func(c *routing.Candidate) { c.Queues = map[conversation.QueueID]routing.Membership{"tech": {}} }), routing.ReasonNotMember},

		{"CAP-1 fits exactly", newItem("i"), newAgent("a", load(75)), ""},
		{"CAP-1 a unit too much", newItem("i"), newAgent("a", load(76)), routing.ReasonCapacity},
		{"CAP-1 no units: no new work", newItem("i", takes()), newAgent("a", units(0)), routing.ReasonCapacity},
		{"CAP-7 over capacity takes nothing, not even what takes no units", newItem("i", takes()), newAgent("a", load(125)), routing.ReasonCapacity},

		{"CAP-2 room in the profile", newItem("i", takes("p")), newAgent("a", profileUse("p", 2, 1, false)), ""},
		{"CAP-2 profile used up", newItem("i", takes("p")), newAgent("a", profileUse("p", 2, 2, false)), routing.ReasonProfile},
		{"CAP-2 profile not held", newItem("i", takes("p")), newAgent("a"), routing.ReasonProfile},
		{"CAP-4 blocked for everything", newItem("i"), newAgent("a", profileUse("p", 1, 1, true)), routing.ReasonBlocked},
		{"CAP-4 blocks at the limit, not before", newItem("i"), newAgent("a", profileUse("p", 2, 1, true)), ""},
		{"CAP-5 room in all", newItem("i", takes("p", "q")), newAgent("a", profileUse("p", 1, 0, false), profileUse("q", 1, 0, false)), ""},
		{"CAP-5 no room in one", newItem("i", takes("p", "q")), newAgent("a", profileUse("p", 1, 0, false), profileUse("q", 1, 1, false)), routing.ReasonProfile},
		{"CAP-9 tenth conversation", newItem("i"), newAgent("a", sessions(9)), ""},
		{"CAP-9 as the tenant says", newItem("i"), newAgent("a", sessions(2), most(3)), ""},
		{"CAP-9 one more than the tenant says", newItem("i"), newAgent("a", sessions(3), most(3)), routing.ReasonSessions},
		{"CAP-9 not the presence that follows from it", newItem("i"), newAgent("a", sessions(3), most(3), presence(routing.DND)), routing.ReasonSessions},
		{"CAP-9 away for another reason", newItem("i"), newAgent("a", sessions(3), most(3), presence(routing.Away)), routing.ReasonPresence},
		{"CAP-9 eleventh conversation", newItem("i"), newAgent("a", sessions(10)), routing.ReasonSessions},
		{"CAP-9 for an item kept for the agent too", newItem("i", affinity("a")), newAgent("a", sessions(10)), routing.ReasonSessions},

		{"WS-14 one more of the workstream", newItem("i", limited(2)), newAgent("a", holds("shop", 1)), ""},
		{"WS-14 as many as the agent may have", newItem("i", limited(2)), newAgent("a", holds("shop", 2)), routing.ReasonPerAgent},
		{"WS-14 of another workstream", newItem("i", limited(2)), newAgent("a", holds("other", 2)), ""},
		{"WS-14 no limit", newItem("i", limited(0)), newAgent("a", holds("shop", 9)), ""},
		{"WS-14 for an item kept for the agent too", newItem("i", limited(1), affinity("a")), newAgent("a", holds("shop", 1)), routing.ReasonPerAgent},
		{"WS-14 for whom the customer prefers too", newItem("i", limited(1), func(i *routing.Item) { i.Preferred = []conversation.AgentID{"a"} }), newAgent("a", holds("shop", 1)), routing.ReasonPerAgent},

		{"SKL-2 rated as needed", newItem("i", needs(thai)), newAgent("a", skill("thai", 5)), ""},
		{"SKL-2 rated below", newItem("i", needs(thai)), newAgent("a", skill("thai", 4)), routing.ReasonSkills},
		{"SKL-2 one of two", newItem("i", needs(tax, thai)), newAgent("a", skill("thai", 10)), routing.ReasonSkills},
		{"SKL-2 none of them", newItem("i", needs(thai)), newAgent("a"), routing.ReasonSkills},
		{"SKL-3 closest may have none", newItem("i", needs(thai), match(routing.SkillClosest)), newAgent("a"), ""},
		{"WS-10 no skill matching", newItem("i", needs(thai), match(routing.SkillNone)), newAgent("a"), ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, traces := assign(routing.HighestCapacity, []routing.Item{test.item}, test.agent)
			require.Len(t, traces, 1)
			if test.want == "" {
				require.Equal(t, []string{"i a"}, got)
				require.Empty(t, traces[0].Reasons)
				return
			}
			require.Empty(t, got)
			require.Equal(t, 1, traces[0].Reasons[test.want], "reasons: %v", traces[0].Reasons)
		})
	}
}

// CAP-5
func TestAssign_takesAllProfiles(t *testing.T) {
	t.Parallel()
	ann := newAgent("ann", profileUse("p", 2, 0, false), profileUse("q", 5, 0, false))
	got, traces := assign(routing.RoundRobin, []routing.Item{newItem("a", takes("p", "q")), newItem("b", takes("p", "q")), newItem("c", takes("p", "q"))}, ann)
	require.Equal(t, []string{"a ann", "b ann"}, got)
	require.Equal(t, map[routing.Reason]int{routing.ReasonProfile: 1}, traces[2].Reasons)
	require.Equal(t, 2, ann.Profiles["q"].Used)
	require.Equal(t, 2, ann.Sessions)
}

// CAP-4
func TestAssign_blockingProfileBlocksInOneCall(t *testing.T) {
	t.Parallel()
	got, traces := assign(routing.RoundRobin, []routing.Item{newItem("a", takes("p"), since(9)), newItem("b", since(8))}, newAgent("ann", profileUse("p", 1, 0, true)))
	require.Equal(t, []string{"a ann"}, got)
	require.Equal(t, map[routing.Reason]int{routing.ReasonBlocked: 1}, traces[1].Reasons)
}

// SKL-3, WS-10
func TestAssign_nearestSkillsFirst(t *testing.T) {
	t.Parallel()
	wants := []func(*routing.Item){match(routing.SkillClosest), needs(routing.NeededSkill{SkillID: "tax", Rating: 3}, routing.NeededSkill{SkillID: "thai", Rating: 5})}
	full := load(75) // room for one each, so that the order shows
	agents := []*routing.Candidate{
		newAgent("none", load(0)),
		newAgent("one", full, skill("thai", 5)),
		newAgent("nearly", full, skill("thai", 5), skill("tax", 2)),
		newAgent("more", full, skill("thai", 5), skill("tax", 3), skill("law", 9)),
		newAgent("very", full, skill("thai", 8), skill("tax", 3)),
	}
	var items []routing.Item
	for n, id := range []string{"a", "b", "c", "d", "e"} {
		items = append(items, newItem(id, append(wants, since(20-n))...))
	}
	got, _ := assign(routing.HighestCapacity, items, agents...)
	require.Equal(t, []string{"a very", "b more", "c nearly", "d one", "e none"}, got, "closeness goes before capacity (ASG-3)")
}

// SKL-3
func TestAssign_equallyNearTakeTurns(t *testing.T) {
	t.Parallel()
	wants := []func(*routing.Item){match(routing.SkillClosest), needs(routing.NeededSkill{SkillID: "thai", Rating: 5})}
	items := []routing.Item{newItem("a", append(wants, since(9))...), newItem("b", append(wants, since(8))...), newItem("c", append(wants, since(7))...)}
	got, _ := assign(routing.HighestCapacity, items,
		newAgent("ann", load(25), skill("thai", 5)), newAgent("ben", skill("thai", 9)), newAgent("cem", load(25), skill("thai", 5), membership(ago(10), ago(5))))
	require.Equal(t, []string{"a ben", "b ann", "c cem"}, got, "the least load, then who was asked longest ago")
}
