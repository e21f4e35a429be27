package routing_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// inQueues is a member of queues, with room for everything.
func inQueues(ids ...conversation.QueueID) func(*routing.Candidate) {
	return func(c *routing.Candidate) {
		c.Units = 100_000
		for _, id := range ids {
			c.Queues[id] = routing.Membership{JoinedAt: ago(1000)}
		}
	}
}

func in(q conversation.QueueID) func(*routing.Item) {
	return func(i *routing.Item) { i.QueueID = q }
}

func priority(n int) func(*routing.Item) {
	return func(i *routing.Item) { i.Priority = n }
}

// served is the ids of items in the order in which they were given away.
func served(matches []routing.Match) (ids []conversation.WorkItemID) {
	for _, m := range matches {
		ids = append(ids, m.Item)
	}
	return ids
}

// QUE-2, WS-13
func TestAssign_queuesInOrder(t *testing.T) {
	t.Parallel()
	byHeart := routing.CustomRules{Prioritisation: &routing.RulesetVersion{}}
	queues := []routing.Queue{
		{ID: "last", Name: "A", Priority: 9, Method: routing.RoundRobin},
		{ID: "berta", Name: "Berta", Priority: 5, Method: routing.Custom},
		{ID: "anton", Name: "Anton", Priority: 5, Method: routing.Custom},
		{ID: "fifo2", Name: "Zebra", Priority: 5, Method: routing.RoundRobin},
		{ID: "fifo1", Name: "Yak", Priority: 5, Method: routing.LeastActive},
		{ID: "first", Name: "Z", Priority: 1, Method: routing.Custom},
	}
	rules := map[conversation.QueueID]routing.CustomRules{"first": byHeart, "anton": byHeart, "berta": byHeart}
	items := []routing.Item{
		newItem("last", in("last"), since(90)),
		newItem("berta", in("berta"), since(80)), newItem("anton", in("anton"), since(2)),
		newItem("fifo2-old", in("fifo2"), since(50)), newItem("fifo1", in("fifo1"), since(40)), newItem("fifo2-new", in("fifo2"), since(30)),
		newItem("first", in("first"), since(1)),
		newItem("kept", in("last"), affinity("ann"), since(1)),
		newItem("elsewhere", in("unknown"), since(999)),
	}
	ann := newAgent("ann", inQueues("last", "berta", "anton", "fifo1", "fifo2", "first"))
	matches, traces := choose(noon, queues, rules, items, []*routing.Candidate{ann}, 100, nil)
	require.Equal(t, []conversation.WorkItemID{"first", "fifo2-old", "fifo1", "fifo2-new", "anton", "berta", "kept", "last"}, served(matches))
	require.Len(t, traces, 8)
}

// QUE-3
func TestAssign_itemsByPriorityThenAge(t *testing.T) {
	t.Parallel()
	items := []routing.Item{
		newItem("d", since(5)), newItem("b", since(9)), newItem("a", since(9)), newItem("urgent", since(1), priority(10)),
	}
	got, _ := assign(routing.RoundRobin, items, newAgent("ann"))
	require.Equal(t, []string{"urgent ann", "a ann", "b ann", "d ann"}, got)
}

// QUE-2
func TestAssign_sharedAgentsServeTheFirstQueue(t *testing.T) {
	t.Parallel()
	queues := []routing.Queue{{ID: sales, Priority: 2, Method: routing.RoundRobin}, {ID: "vip", Priority: 1, Method: routing.RoundRobin}}
	ann := newAgent("ann", inQueues("vip"), units(25))
	ben := newAgent("ben", units(25))
	matches, traces := choose(noon, queues, nil, []routing.Item{newItem("s", since(60)), newItem("v", in("vip"))}, []*routing.Candidate{ann, ben}, 100, nil)
	require.Equal(t, []string{"v ann", "s ben"}, pairs(matches))
	require.Equal(t, map[routing.Reason]int{routing.ReasonNotMember: 1}, traces[0].Reasons)
	require.Equal(t, map[routing.Reason]int{routing.ReasonCapacity: 1}, traces[1].Reasons)
}
