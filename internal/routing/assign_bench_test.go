package routing_test

import (
	"fmt"
	"slices"
	"testing"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// The benchmarks measure one batch of a desk that is busy all day: an operation is one call of Assign with everything that
// waits, and gives away 100 items.

func BenchmarkAssign_1000Agents10000Items(b *testing.B) {
	benchmarkAssign(b, crowd{agents: 1000, items: 10_000, queues: 10, demands: 5, method: routing.HighestCapacity})
}

func BenchmarkAssign_1000Agents10000Items_closest(b *testing.B) {
	benchmarkAssign(b, crowd{agents: 1000, items: 10_000, queues: 10, demands: 5, method: routing.HighestCapacity, match: routing.SkillClosest})
}

// QUE-8
func BenchmarkAssign_5000Agents20000Items_oneQueue(b *testing.B) {
	benchmarkAssign(b, crowd{agents: 5000, items: 20_000, queues: 1, demands: 5, method: routing.RoundRobin})
}

// BenchmarkAssign_nobodyFree is the call that comes to nothing: each of 20,000 items is looked at, 5,000 agents have no room.
func BenchmarkAssign_nobodyFree(b *testing.B) {
	c := crowd{agents: 5000, items: 20_000, queues: 1, demands: 5, method: routing.RoundRobin}
	queues, items, agents := c.gather()
	for _, a := range agents {
		a.Load = a.Units
	}
	b.ReportAllocs()
	for b.Loop() {
		if matches, traces := choose(noon, queues, nil, items, agents, routing.BatchLimit, nil); len(matches) != 0 || len(traces) != len(items) {
			b.Fatal("somebody was free")
		}
	}
}

// crowd is how many there are of everything.
type crowd struct {
	agents, items, queues, demands int
	method                         routing.Method
	match                          routing.SkillMatch
}

// gather brings them together: agents in two queues each, with two of the skills that demands need.
func (c crowd) gather() ([]routing.Queue, []routing.Item, []*routing.Candidate) {
	queues := make([]routing.Queue, c.queues)
	for n := range queues {
		queues[n] = routing.Queue{ID: conversation.QueueID(fmt.Sprintf("00000000-0000-7000-8000-%012d", n)), Priority: n % 3, Method: c.method, DeclineLimit: 3}
	}
	items := make([]routing.Item, c.items)
	for n := range items {
		items[n] = newItem(fmt.Sprintf("00000000-0000-7000-9000-%012d", n), in(queues[n%c.queues].ID), needs(routing.NeededSkill{SkillID: c.skill(n / c.queues), Rating: 3}))
		items[n].Since = ago(n * 7919 % c.items)
		if c.match != "" {
			items[n].SkillMatch = c.match
		}
	}
	agents := make([]*routing.Candidate, c.agents)
	for n := range agents {
		agents[n] = newAgent(fmt.Sprintf("00000000-0000-7000-a000-%012d", n), skill(c.skill(n), 5), skill(c.skill(n+1), 3), load(n%4*25))
		agents[n].Queues = map[conversation.QueueID]routing.Membership{queues[n%c.queues].ID: {JoinedAt: ago(n)}, queues[(n+1)%c.queues].ID: {JoinedAt: ago(n)}}
	}
	return queues, items, agents
}

func (c crowd) skill(n int) routing.SkillID {
	return routing.SkillID(fmt.Sprintf("00000000-0000-7000-b000-%012d", n%c.demands))
}

func benchmarkAssign(b *testing.B, c crowd) {
	queues, waiting, agents := c.gather()
	items, given := slices.Clone(waiting), 0
	b.ReportAllocs()
	for b.Loop() {
		matches, _ := choose(noon, queues, nil, items, agents, routing.BatchLimit, nil)
		if len(matches) != routing.BatchLimit {
			b.Fatalf("%d of a batch", len(matches))
		}
		given += len(matches)

		b.StopTimer() // what was given away is done: agents have room again, as many new customers wait
		for _, a := range agents {
			a.Load, a.Sessions = min(a.Load, 75), 0
		}
		b.StartTimer()
	}
	b.ReportMetric(float64(given)/b.Elapsed().Seconds(), "assignments/s")
}

// BenchmarkAssign_1000Agents500Items_tenRules is the same by rules of a queue's own, of which the last one holds. What the rules
// came to is known from the calls before, as it is in a process that distributes all day.
func BenchmarkAssign_1000Agents500Items_tenRules(b *testing.B) {
	queues, waiting, agents := crowd{agents: 1000, items: 500, queues: 1, demands: 5, method: routing.Custom}.gather()
	for n, a := range agents {
		a.Attributes = map[string]string{"desk": fmt.Sprint(n % 50)}
	}
	rules := ownRules("never", "never", "never", "never", "never", "never", "never", "never", "never", "available")
	rules[queues[0].ID] = rules[sales]
	verdicts := new(routing.Verdicts)
	b.ReportAllocs()
	for b.Loop() {
		got := routing.Assign(routing.Choice{
			Now: noon, Queues: queues, Rules: rules, Items: waiting, Agents: agents, Limit: routing.BatchLimit, Evaluator: conditions, Verdicts: verdicts,
		})
		if len(got.Matches) != routing.BatchLimit {
			b.Fatalf("%d of a batch", len(got.Matches))
		}
		b.StopTimer()
		for _, a := range agents {
			a.Load, a.Sessions = min(a.Load, 75), 0
		}
		b.StartTimer()
	}
}
