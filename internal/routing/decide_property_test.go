package routing_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

var (
	queueIDs   = []conversation.QueueID{"a", "b", "c", "d", "e", "f", "g", "h", "i"}
	namedIDs   = append(slices.Clone(queueIDs), "gone", "")
	whens      = []string{"", "true", "false", "refund", "fails"}
	overflowDo = []routing.OverflowDo{routing.OverflowAssign, routing.OverflowTransfer, routing.OverflowTransfer, routing.OverflowEnd, "", "nonsense"}
)

// drawQuestion makes a question of any set-up, sound or not.
func drawQuestion(t *rapid.T) routing.Question {
	q := routing.Question{
		Now:        noonInShanghai,
		Roll:       rapid.IntRange(0, 99).Draw(t, "roll"),
		Facts:      routing.Facts{"message": map[string]any{"text": "refund"}},
		Workstream: routing.Workstream{FallbackQueue: rapid.SampledFrom(namedIDs).Draw(t, "fallback")},
		Wish:       rapid.SampledFrom(namedIDs).Draw(t, "wish"),
		Hops:       rapid.IntRange(0, routing.MaxHops+1).Draw(t, "hops"),
	}
	for _, id := range queueIDs[:rapid.IntRange(1, len(queueIDs)).Draw(t, "queues")] {
		q.Queues = append(q.Queues, drawQueue(t, id))
	}
	q.Route = routes()
	for range rapid.IntRange(0, 4).Draw(t, "rules") {
		q.Route.Rules = append(q.Route.Rules, drawRoute(t))
	}
	if rapid.IntRange(0, 9).Draw(t, "no ruleset") == 0 {
		q.Route = nil
	}
	return q
}

func drawQueue(t *rapid.T, id conversation.QueueID) routing.QueueNow {
	q := staffed(id)
	q.Members = rapid.IntRange(0, 2).Draw(t, "members")
	q.Waiting = rapid.IntRange(0, 3).Draw(t, "waiting")
	q.Default = rapid.Bool().Draw(t, "default")
	if rapid.Bool().Draw(t, "has hours") {
		from := rapid.SampledFrom([]string{"00:00", "13:00", "nonsense"}).Draw(t, "from")
		closed(from, routing.OverflowAction{})(&q)
	}
	q.Overflow = drawOverflow(t)
	return q
}

func drawOverflow(t *rapid.T) (o routing.Overflow) {
	draw := func() routing.OverflowAction {
		return routing.OverflowAction{Do: rapid.SampledFrom(overflowDo).Draw(t, "do"), QueueID: rapid.SampledFrom(namedIDs).Draw(t, "transfer to")}
	}
	if rapid.Bool().Draw(t, "asks hours") {
		action := draw()
		o.OutOfHours = &action
	}
	if rapid.Bool().Draw(t, "has a limit") {
		o.Full = &routing.OverflowLimit{Items: rapid.IntRange(0, 2).Draw(t, "limit"), OverflowAction: draw()}
	}
	return o
}

func drawRoute(t *rapid.T) routing.Rule {
	rule := routing.Rule{When: rapid.SampledFrom(whens).Draw(t, "when"), Queue: rapid.SampledFrom(namedIDs).Draw(t, "queue")}
	for range rapid.IntRange(0, 2).Draw(t, "shares") {
		share := routing.Share{Queue: rapid.SampledFrom(namedIDs).Draw(t, "share"), Percent: rapid.IntRange(0, 100).Draw(t, "percent")}
		rule.Split = append(rule.Split, share)
	}
	if rapid.Bool().Draw(t, "has its own overflow") {
		own := drawOverflow(t)
		rule.Overflow = &own
	}
	return rule
}

// Whatever the set-up, a conversation gets a queue that exists, is ended only where some overflow says so, moves no more
// than MaxHops times, and leaves a trace that ends with what was chosen.
func TestDecide_alwaysChoosesAQueueThatExists(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		q := drawQuestion(t)
		d := routing.Decide(q, standard)

		i := slices.IndexFunc(q.Queues, func(queue routing.QueueNow) bool { return queue.ID == d.QueueID })
		require.GreaterOrEqual(t, i, 0, "queue %q", d.QueueID)
		require.NotEmpty(t, d.Notice)
		require.True(t, !d.End || mayEnd(q))
		last := d.Trace.Queues[len(d.Trace.Queues)-1]
		require.Equal(t, d.QueueID, last.QueueID)
		require.Equal(t, "chosen", last.Outcome)
		if d.End {
			require.Equal(t, "ends", last.Reason)
		} else if q.Queues[i].Members == 0 {
			require.Equal(t, routing.NoticeNobody, d.Notice)
			require.Contains(t, d.Alert, "empty-queue")
		}
		require.LessOrEqual(t, overflowed(d.Trace), candidates(q, d.Trace)+max(routing.MaxHops-q.Hops, 0))
		require.Equal(t, d, routing.Decide(q, standard), "the same question has the same answer")
	})
}

// mayEnd reports whether any overflow of the question ends conversations.
func mayEnd(q routing.Question) bool {
	ends := func(o routing.Overflow) bool {
		return o.OutOfHours != nil && o.OutOfHours.Do == routing.OverflowEnd || o.Full != nil && o.Full.Do == routing.OverflowEnd
	}
	if slices.ContainsFunc(q.Queues, func(queue routing.QueueNow) bool { return ends(queue.Overflow) }) {
		return true
	}
	return q.Route != nil && slices.ContainsFunc(q.Route.Rules, func(r routing.Rule) bool { return r.Overflow != nil && ends(*r.Overflow) })
}

// overflowed is how often a queue was found to overflow: each candidate once, and once for every hop from there.
func overflowed(trace routing.Trace) (n int) {
	for _, trace := range trace.Queues {
		if trace.Outcome == "overflows" || trace.Outcome == "closed" {
			n++
		}
	}
	return n
}

// candidates is how many queues a conversation may have matched at most: the bot's wish, and one for each rule that held.
func candidates(q routing.Question, trace routing.Trace) (n int) {
	if q.Wish != "" {
		n++
	}
	for _, rule := range trace.Rules {
		if rule.Outcome == "matched" {
			n++
		}
	}
	return n
}

// A queue that can take a conversation and has agents is not passed over for a later one.
func TestDecide_takesTheFirstMatchThatCanTakeIt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		q := question(staffed("fallback"))
		q.Route = routes()
		var first conversation.QueueID
		for _, id := range queueIDs[:rapid.IntRange(1, 6).Draw(t, "queues")] {
			queue := staffed(id)
			isFull, isClosed, matches := rapid.Bool().Draw(t, "full"), rapid.Bool().Draw(t, "closed"), rapid.Bool().Draw(t, "matches")
			if isFull {
				full(transfer("fallback"))(&queue)
			}
			if isClosed {
				closed("13:00", endIt)(&queue)
			}
			rule := routing.Rule{Queue: id, When: "false"}
			if matches {
				rule.When = "true"
			}
			if first == "" && matches && !isFull && !isClosed {
				first = id
			}
			q.Queues = append(q.Queues, queue)
			q.Route.Rules = append(q.Route.Rules, rule)
		}
		if d := routing.Decide(q, standard); first != "" {
			require.Equal(t, first, d.QueueID)
			require.False(t, d.End)
		}
	})
}
