package routing_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// evaluator knows conditions by name.
type evaluator map[string]func(agent, item map[string]any) bool

func (j evaluator) Evaluate(condition string, facts routing.Facts) (bool, error) {
	decide, known := j[condition]
	if !known {
		return true, errors.New("no such condition")
	}
	agent, _ := facts["agent"].(map[string]any)
	item, _ := facts["item"].(map[string]any)
	return decide(agent, item), nil
}

var conditions = evaluator{
	"vip":       func(_, item map[string]any) bool { return item["attributes"].(map[string]any)["tier"] == "vip" },
	"waited":    func(_, item map[string]any) bool { return item["waited_seconds"].(int64) >= 300 },
	"available": func(agent, _ map[string]any) bool { return agent["presence"] == "available" },
	"thai":      func(agent, _ map[string]any) bool { return agent["skills"].(map[string]any)["thai"] != nil },
	"idle":      func(agent, _ map[string]any) bool { return agent["sessions"].(int64) == 0 },
	"working":   func(agent, _ map[string]any) bool { return agent["working"] == true },
	"never":     func(_, _ map[string]any) bool { return false },
}

// byRules assigns in the queue sales by rules of its own.
func byRules(prioritisation, assignment []routing.Rule, items []routing.Item, agents ...*routing.Candidate) ([]string, []routing.MatchTrace) {
	rules := routing.CustomRules{Prioritisation: &routing.RulesetVersion{Rules: prioritisation}}
	if assignment != nil {
		rules.Assignment = &routing.RulesetVersion{Rules: assignment}
	}
	matches, traces := choose(noon, []routing.Queue{queue(routing.Custom)}, map[conversation.QueueID]routing.CustomRules{sales: rules}, items, agents, 100, conditions)
	return pairs(matches), traces
}

func attribute(name string, value any) func(*routing.Item) {
	return func(i *routing.Item) {
		if i.Attributes == nil {
			i.Attributes = map[string]any{}
		}
		i.Attributes[name] = value
	}
}

// ASG-6
func TestAssign_bucketsInOrder(t *testing.T) {
	t.Parallel()
	buckets := []routing.Rule{
		{When: "vip", OrderBy: []routing.Order{{By: "attribute:value", Desc: true}}},
		{When: "waited", OrderBy: []routing.Order{{By: "waited", Desc: true}}},
	}
	items := []routing.Item{
		newItem("new", since(1)), newItem("newer", since(0)),
		newItem("old", since(20)), newItem("older", since(30)),
		newItem("vip-small", attribute("tier", "vip"), attribute("value", int64(9)), since(60)),
		newItem("vip-big", attribute("tier", "vip"), attribute("value", float64(10)), since(3)),
		newItem("vip-word", attribute("tier", "vip"), attribute("value", "much"), since(98)),
		newItem("vip-unknown", attribute("tier", "vip"), since(99)),
	}
	got, _ := byRules(buckets, nil, items, newAgent("ann", inQueues()))
	require.Equal(t, []string{"vip-big ann", "vip-small ann", "vip-word ann", "vip-unknown ann", "old ann", "older ann", "new ann", "newer ann"}, got)
}

// ASG-7, ASG-8
func TestAssign_firstRuleThatAnybodyMeets(t *testing.T) {
	t.Parallel()
	relaxed := []routing.Rule{{When: "thai"}, {When: "available"}, {When: ""}}
	items := []routing.Item{newItem("a", since(9)), newItem("b", since(8)), newItem("c", since(7)), newItem("d", since(6))}
	got, traces := byRules(nil, relaxed, items,
		newAgent("ann", presence(routing.DND), load(75)), newAgent("ben", load(75)), newAgent("cem", load(75), skill("thai", 1)))
	require.Equal(t, []string{"a cem", "b ben", "c ann"}, got)
	require.Equal(t, map[routing.Reason]int{routing.ReasonRule: 2}, traces[0].Reasons)
	require.Equal(t, map[routing.Reason]int{routing.ReasonRule: 1, routing.ReasonCapacity: 1}, traces[1].Reasons)
	require.Equal(t, map[routing.Reason]int{routing.ReasonCapacity: 3}, traces[3].Reasons)
}

// ASG-7, QUE-6
func TestAssign_nobodyMeetsARule(t *testing.T) {
	t.Parallel()
	for _, rules := range [][]routing.Rule{{}, {{When: "never"}}, {{When: "broken"}}} {
		got, traces := byRules(nil, rules, []routing.Item{newItem("a")}, newAgent("ann"))
		require.Empty(t, got)
		require.Equal(t, map[routing.Reason]int{routing.ReasonRule: 1}, traces[0].Reasons)
	}
}

// ASG-7, ASG-8
func TestAssign_factsFollowAssignments(t *testing.T) {
	t.Parallel()
	got, _ := byRules(nil, []routing.Rule{{When: "idle"}}, []routing.Item{newItem("a", since(9)), newItem("b", since(8)), newItem("c", since(7))}, newAgent("ann"), newAgent("ben"))
	require.Equal(t, []string{"a ann", "b ben"}, got)
}

// ASG-7
func TestAssign_declinerIsAskedWhereNobodyElse(t *testing.T) {
	t.Parallel()
	rules := []routing.Rule{{When: "thai"}, {When: ""}}
	items := []routing.Item{newItem("a", declined(1, "ann"), since(9)), newItem("b", declined(1, "ann"), since(8)), newItem("c", declined(3, "ann"), since(7))}
	got, traces := byRules(nil, rules, items, newAgent("ann", skill("thai", 5)), newAgent("ben", load(75)))
	require.Equal(t, []string{"a ben", "b ann"}, got)
	require.Equal(t, map[routing.Reason]int{routing.ReasonOtherFirst: 1}, traces[0].Reasons)
	require.Equal(t, map[routing.Reason]int{routing.ReasonCapacity: 1, routing.ReasonDeclined: 1}, traces[2].Reasons)
}

// ASG-10
func TestAssign_everyOrderKeySorts(t *testing.T) {
	t.Parallel()
	wants := needs(routing.NeededSkill{SkillID: "tax", Rating: 2}, routing.NeededSkill{SkillID: "thai", Rating: 5})
	ann := func() *routing.Candidate {
		return newAgent("ann", load(50), membership(ago(10), ago(1)), skill("thai", 10), profileUse("p", 9, 1, false), func(c *routing.Candidate) {
			c.LastReleased, c.Attributes = ago(30), map[string]string{"level": "9"}
		})
	}
	ben := func() *routing.Candidate {
		return newAgent("ben", load(25), membership(ago(90), ago(2)), skill("thai", 5), skill("tax", 1), profileUse("p", 9, 2, false), func(c *routing.Candidate) {
			c.LastReleased, c.Attributes = ago(20), map[string]string{"level": "10"}
		})
	}
	for _, test := range []struct {
		by    string
		want  string
		other string // with Desc
	}{
		{"least_active", "ann", "ben"},
		{"round_robin", "ben", "ann"},
		{"unit_capacity", "ben", "ann"},
		{"profile_capacity", "ann", "ben"},
		{"proficiency", "ann", "ben"},
		{"nearest_proficiency", "ben", "ann"},
		{"skill_count", "ben", "ann"},
		{"attribute:level", "ann", "ben"}, // as numbers
		{"attribute:unknown", "ben", "ben"},
	} {
		t.Run(test.by, func(t *testing.T) {
			t.Parallel()
			for _, desc := range []bool{false, true} {
				want := map[bool]string{false: "a " + test.want, true: "a " + test.other}[desc]
				rules := []routing.Rule{{OrderBy: []routing.Order{{By: test.by, Desc: desc}}}}
				got, _ := byRules(nil, rules, []routing.Item{newItem("a", wants, takes("p"))}, ann(), ben())
				require.Equal(t, []string{want}, got, "desc: %v", desc)
			}
		})
	}
}

// ASG-10
func TestAssign_ordersWithinATypeOfSkill(t *testing.T) {
	t.Parallel()
	kinds := map[routing.SkillID]string{"thai": "language", "lao": "language", "tax": "product"}
	wants := needs(routing.NeededSkill{SkillID: "lao", Rating: 5}, routing.NeededSkill{SkillID: "tax", Rating: 5}, routing.NeededSkill{SkillID: "thai", Rating: 5})
	for by, want := range map[string]string{
		"proficiency": "ann", "proficiency:language": "ben", "proficiency:product": "ann", "proficiency:unknown": "cem",
		"nearest_proficiency": "cem", "nearest_proficiency:language": "cem", "nearest_proficiency:product": "ben",
		"skill_count": "ben", "skill_count:language": "cem", "skill_count:product": "ben",
	} {
		t.Run(by, func(t *testing.T) {
			t.Parallel()
			ann := newAgent("ann", skill("tax", 10), skill("thai", 4), membership(ago(100), ago(2)))
			ben := newAgent("ben", skill("tax", 3), skill("thai", 9), skill("lao", 1), membership(ago(100), ago(3)))
			cem := newAgent("cem", skill("thai", 5), skill("lao", 4), membership(ago(100), ago(4)))
			own := routing.CustomRules{Kinds: kinds, Assignment: &routing.RulesetVersion{Rules: []routing.Rule{{OrderBy: []routing.Order{{By: by}}}}}}
			_, _, typed := routing.SkillType(by)
			require.Equal(t, typed, own.AskForKinds())
			matches, _ := choose(noon, []routing.Queue{queue(routing.Custom)}, map[conversation.QueueID]routing.CustomRules{sales: own},
				[]routing.Item{newItem("a", wants)}, []*routing.Candidate{ann, ben, cem}, 100, conditions)
			require.Equal(t, []string{"a " + want}, pairs(matches))
		})
	}
}

// ASG-9, ASG-12
func TestAssign_onlyRulesAskForWorkingHours(t *testing.T) {
	t.Parallel()
	off := func(c *routing.Candidate) { c.OffHours = true }
	for _, method := range []routing.Method{routing.HighestCapacity, routing.RoundRobin, routing.LeastActive} {
		got, _ := assign(method, []routing.Item{newItem("a")}, newAgent("ann", off))
		require.Equal(t, []string{"a ann"}, got, method)
	}
	working := []routing.Rule{{When: "working"}}
	got, traces := byRules(nil, working, []routing.Item{newItem("a")}, newAgent("ann", off))
	require.Empty(t, got)
	require.Equal(t, map[routing.Reason]int{routing.ReasonRule: 1}, traces[0].Reasons)
	got, _ = byRules(nil, working, []routing.Item{newItem("a")}, newAgent("ann", off), newAgent("ben", load(75)))
	require.Equal(t, []string{"a ben"}, got, "who has no hours is always working")
	got, _ = byRules(nil, []routing.Rule{{When: ""}}, []routing.Item{newItem("a")}, newAgent("ann", off))
	require.Equal(t, []string{"a ann"}, got, "a rule that does not ask")
}

// ASG-10
func TestOrderKeys_listEveryKey(t *testing.T) {
	t.Parallel()
	require.ElementsMatch(t, []routing.OrderKey{"priority", "waited"}, routing.OrderKeys(routing.Prioritisation))
	require.ElementsMatch(t, []routing.OrderKey{
		"least_active", "round_robin", "unit_capacity", "profile_capacity", "proficiency", "nearest_proficiency", "skill_count",
	}, routing.OrderKeys(routing.Assignment))
	require.Empty(t, routing.OrderKeys(routing.Classification))
}

// ASG-11
func TestAssign_rulesReplaceTheDefaults(t *testing.T) {
	t.Parallel()
	anyone := []routing.Rule{{When: ""}}
	for _, test := range []struct {
		name  string
		agent *routing.Candidate
		want  routing.Reason
	}{
		{"presence and skills are the rules' to judge", newAgent("ann", presence(routing.DND)), ""},
		{"who is offline could not answer", newAgent("ann", presence(routing.Offline)), routing.ReasonPresence},
		{"nor who has lost the connection", newAgent("ann", lost), routing.ReasonLost},
		{"profiles are still looked at", newAgent("ann", profileUse("p", 1, 1, true)), routing.ReasonBlocked},
		{"and so are units", newAgent("ann", load(80)), routing.ReasonCapacity},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			thai := needs(routing.NeededSkill{SkillID: "thai", Rating: 5})
			got, traces := byRules(nil, anyone, []routing.Item{newItem("a", thai)}, test.agent)
			if test.want == "" {
				require.Equal(t, []string{"a ann"}, got)
				return
			}
			require.Empty(t, got)
			require.Equal(t, map[routing.Reason]int{test.want: 1}, traces[0].Reasons)
		})
	}
}

// ASG-7
func TestAssign_customWithoutRulesByCapacity(t *testing.T) {
	t.Parallel()
	matches, _ := choose(noon, []routing.Queue{queue(routing.Custom)}, nil, []routing.Item{newItem("a")}, []*routing.Candidate{newAgent("ann", load(50)), newAgent("ben")}, 100, nil)
	require.Equal(t, []string{"a ben"}, pairs(matches))
}

// ASG-1
// Items of a demand for which the rules have nobody are passed over together, and hide none.
func TestAssign_unmatchedDemandsSkipTogether(t *testing.T) {
	t.Parallel()
	var items []routing.Item
	for range 150 {
		items = append(items, newItem("same"))
	}
	items = append(items, newItem("vip", since(1), attribute("tier", "vip")))
	got, traces := byRules(nil, []routing.Rule{{When: "vip"}}, items, newAgent("ann"))
	require.Equal(t, []string{"vip ann"}, got)
	require.Len(t, traces, 151)
	require.Equal(t, map[routing.Reason]int{routing.ReasonRule: 1}, traces[149].Reasons)
}

// counted is an Evaluator that counts how often it is asked.
type counted struct {
	evaluator
	asked int
}

func (c *counted) Evaluate(condition string, facts routing.Facts) (bool, error) {
	c.asked++
	return c.evaluator.Evaluate(condition, facts)
}

// ownRules are the rules of the queue sales, for Assign.
func ownRules(when ...string) map[conversation.QueueID]routing.CustomRules {
	set := &routing.RulesetVersion{}
	for _, w := range when {
		set.Rules = append(set.Rules, routing.Rule{When: w})
	}
	return map[conversation.QueueID]routing.CustomRules{sales: {Assignment: set}}
}

// ASG-7
// A condition is judged once for all items of a demand and all agents who are alike.
func TestAssign_judgesADemandOnce(t *testing.T) {
	t.Parallel()
	items, agents := make([]routing.Item, 100), make([]*routing.Candidate, 200)
	for n := range items {
		items[n] = newItem(fmt.Sprint(n))
	}
	for n := range agents {
		agents[n] = newAgent(fmt.Sprint(n))
		agents[n].Attributes = map[string]string{"desk": fmt.Sprint(n % 40)}
	}
	j := &counted{evaluator: conditions}
	matches, _ := choose(noon, []routing.Queue{queue(routing.Custom)}, ownRules("never", "never", "thai", "available"), items, agents, 100, j)
	require.Len(t, matches, 100)
	require.LessOrEqual(t, j.asked, 40*4+100*4, "each of 40 sorts of agents, and again who has been assigned something")

	items[50].Since = ago(20)
	j.asked = 0
	matches, _ = choose(noon, []routing.Queue{queue(routing.Custom)}, ownRules("waited"), items, agents[:40], 1, &counted{evaluator: conditions})
	require.Equal(t, items[50].ID, matches[0].Item)
}

// Agents who differ in anything that conditions know are judged apart, and no others.
func TestAssign_judgesEachFactOfAnAgent(t *testing.T) {
	t.Parallel()
	differences := []func(*routing.Candidate){
		func(*routing.Candidate) {},
		presence(routing.Busy), load(25), skill("thai", 1), skill("thai", 2), skill("tha", 12), skill("tax", 1),
		func(a *routing.Candidate) { a.Sessions = 1 },
		func(a *routing.Candidate) { a.OffHours = true },
		func(a *routing.Candidate) { a.Attributes = map[string]string{"desk": "1"} },
		func(a *routing.Candidate) { a.Attributes = map[string]string{"desk": "2"} },
		func(a *routing.Candidate) { a.Attributes = map[string]string{"desk1": ""} },
		func(a *routing.Candidate) { a.Attributes = map[string]string{"desk": "1", "floor": "2"} },
		func(a *routing.Candidate) { a.Attributes = map[string]string{"desk": `1"floor"2`} },
	}
	var agents []*routing.Candidate
	for n, change := range differences {
		for twice := range 2 {
			agents = append(agents, newAgent(fmt.Sprint(n, "-", twice), change))
		}
	}
	j := &counted{evaluator: conditions}
	matches, _ := choose(noon, []routing.Queue{queue(routing.Custom)}, ownRules("never"), []routing.Item{newItem("a")}, agents, 1, j)
	require.Empty(t, matches)
	require.Equal(t, len(differences), j.asked)
}

// A call that has no time left ends with what it has; the next one begins behind what was judged in vain.
func TestAssign_endsWhenTimeIsUp(t *testing.T) {
	t.Parallel()
	items := []routing.Item{newItem("x", attribute("n", 1)), newItem("y", since(9), attribute("n", 2)), newItem("z", since(8), attribute("tier", "vip")), newItem("other", in("other"), since(1))}
	other := queue(routing.RoundRobin)
	other.ID, other.Priority = "other", 200
	call := func(vain map[string]bool) routing.Chosen {
		return routing.Assign(routing.Choice{
			Now: noon, Queues: []routing.Queue{queue(routing.Custom), other}, Rules: ownRules("vip"), Items: items, Agents: []*routing.Candidate{newAgent("ann", inQueues("other"))},
			Limit: 100, Evaluator: conditions, Enough: func() bool { return true }, Vain: vain,
		})
	}
	vain := map[string]bool{}
	for _, want := range [][]string{{"other ann"}, {"other ann"}, {"z ann", "other ann"}} {
		got := call(vain)
		require.Equal(t, want, pairs(got.Matches), "other queues are served all the same")
		require.Equal(t, len(want) == 1, got.Cut)
		for _, v := range got.Vain {
			vain[v] = true
		}
	}
}

// Rules that ask for the time are judged for each item by itself.
func TestAssign_waitedIsJudgedForEachItem(t *testing.T) {
	t.Parallel()
	items := []routing.Item{newItem("urgent", priority(1), since(1)), newItem("young", since(2)), newItem("old", since(20)), newItem("older", since(30))}
	got, _ := byRules(nil, []routing.Rule{{When: "waited"}}, items, newAgent("ann"))
	require.Equal(t, []string{"older ann", "old ann"}, got)
}

// counts says that the time is up once so many conditions were asked.
func (c *counted) counts(most int) func() bool { return func() bool { return c.asked >= most } }

// S13, L03
// A queue's prioritisation is asked while there is time; items that it has not judged by then go last.
func TestAssign_prioritisesWhileThereIsTime(t *testing.T) {
	t.Parallel()
	items := make([]routing.Item, 50)
	for n := range items {
		items[n] = newItem(fmt.Sprintf("%02d", n), attribute("n", n), since(100-n))
	}
	attribute("tier", "vip")(&items[3])
	attribute("tier", "vip")(&items[40])
	rules := map[conversation.QueueID]routing.CustomRules{sales: {Prioritisation: &routing.RulesetVersion{Rules: []routing.Rule{{When: "never"}, {When: "vip"}}}}}
	j := &counted{evaluator: conditions}
	got := routing.Assign(routing.Choice{
		Now: noon, Queues: []routing.Queue{queue(routing.Custom)}, Rules: rules, Items: items, Agents: []*routing.Candidate{newAgent("ann")}, Limit: 100,
		Evaluator: j, Enough: j.counts(20),
	})
	require.Equal(t, 20, j.asked)
	require.Equal(t, []string{"03 ann", "00 ann", "01 ann", "02 ann"}, pairs(got.Matches))
}

// S13, L03
// Of the one item that is judged anyway, too, only so much is asked. What was not asked by then does not hold.
func TestAssign_endsWithinAnItem(t *testing.T) {
	t.Parallel()
	agents := make([]*routing.Candidate, 50)
	for n := range agents {
		agents[n] = newAgent(fmt.Sprintf("%02d", n), func(c *routing.Candidate) { c.Attributes = map[string]string{"n": fmt.Sprint(n)} })
	}
	j := &counted{evaluator: conditions}
	got := routing.Assign(routing.Choice{
		Now: noon, Queues: []routing.Queue{queue(routing.Custom)}, Rules: ownRules("never", "available", ""), Items: []routing.Item{newItem("x"), newItem("y", attribute("n", 1))},
		Agents: agents, Limit: 100, Evaluator: j, Enough: j.counts(1), Spent: j.counts(60),
	})
	require.Equal(t, 60, j.asked)
	require.Len(t, got.Matches, 1)
	require.True(t, got.Cut, "the other item is left for the next call")
}
