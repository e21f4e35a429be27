package routing_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

var noonInShanghai = time.Date(2026, time.September, 28, 4, 30, 0, 0, time.UTC) // 12:30; the office has its break

// Overflow actions.
var (
	assignAnyway = routing.OverflowAction{Do: routing.OverflowAssign}
	endIt        = routing.OverflowAction{Do: routing.OverflowEnd}
)

func transfer(to conversation.QueueID) routing.OverflowAction {
	return routing.OverflowAction{Do: routing.OverflowTransfer, QueueID: to}
}

// full is a queue in which as many wait as may.
func full(do routing.OverflowAction) func(*routing.QueueNow) {
	return func(q *routing.QueueNow) {
		q.Waiting = 2
		q.Overflow.Full = &routing.OverflowLimit{Items: 2, OverflowAction: do}
	}
}

// closed is a queue that is outside its hours until a time of today.
func closed(until string, do routing.OverflowAction) func(*routing.QueueNow) {
	return func(q *routing.QueueNow) {
		q.Overflow.OutOfHours = &do
		q.Hours = &routing.Hours{TimeZone: "Asia/Shanghai", Weekly: []routing.Shift{{Day: time.Monday, From: until, To: "24:00"}}}
	}
}

// inOrder asks for a conversation that matches the queues in order, with a fallback behind them.
func inOrder(queues ...routing.QueueNow) routing.Question {
	q := question(staffed("fallback"))
	q.Route = routes()
	for _, queue := range queues {
		q.Queues = append(q.Queues, queue)
		q.Route.Rules = append(q.Route.Rules, to(queue.ID))
	}
	return q
}

// RTQ-2
func TestDecide_skipsQueuesThatOverflow(t *testing.T) {
	t.Parallel()
	d := routing.Decide(inOrder(staffed("a", full(endIt)), staffed("b", closed("13:00", endIt)), staffed("c"), staffed("d")), standard)
	require.EqualValues(t, "c", d.QueueID)
	require.False(t, d.End)
	require.Equal(t, []routing.QueueTrace{
		{QueueID: "a", Outcome: "overflows", Reason: "full"},
		{QueueID: "b", Outcome: "closed", Reason: "out-of-hours"},
		{QueueID: "c", Outcome: "chosen"},
	}, d.Trace.Queues)
}

// RTQ-2
func TestDecide_allOverflowFirstOpenActs(t *testing.T) {
	t.Parallel()
	d := routing.Decide(inOrder(staffed("a", closed("13:00", endIt)), staffed("b", full(assignAnyway)), staffed("c", full(endIt))), standard)
	require.EqualValues(t, "b", d.QueueID)
	require.False(t, d.End)
	require.Equal(t, routing.QueueTrace{QueueID: "b", Outcome: "chosen", Reason: "anyway"}, d.Trace.Queues[3])
}

// RTQ-2
func TestDecide_allClosedSoonestToOpenActs(t *testing.T) {
	t.Parallel()
	never := staffed("never", closed("13:00", endIt))
	never.Hours.Weekly = nil
	d := routing.Decide(inOrder(never, staffed("late", closed("15:00", endIt)), staffed("soon", closed("14:00", assignAnyway)), staffed("as soon", closed("14:00", endIt))), standard)
	require.EqualValues(t, "soon", d.QueueID)
	require.False(t, d.End)
	require.Equal(t, routing.NoticeOutOfHours, d.Notice)
}

// RTQ-5
func TestDecide_ruleOverflowReplacesTheQueues(t *testing.T) {
	t.Parallel()
	q := inOrder(staffed("a", full(endIt)))
	q.Route.Rules[0].Overflow = &routing.Overflow{}
	d := routing.Decide(q, standard)
	require.EqualValues(t, "a", d.QueueID)
	require.False(t, d.End)

	q.Route.Rules[0].Overflow = &routing.Overflow{Full: &routing.OverflowLimit{Items: 1, OverflowAction: transfer("fallback")}}
	require.EqualValues(t, "fallback", routing.Decide(q, standard).QueueID)
}

// RTQ-5
func TestDecide_ruleOverflowStaysWithItsQueue(t *testing.T) {
	t.Parallel()
	q := inOrder(staffed("a"), staffed("b"))
	q.Route.Rules[0].Overflow = &routing.Overflow{
		Full: &routing.OverflowLimit{Items: 1, OverflowAction: transfer("b")},
		Wait: &routing.OverflowWait{Seconds: 60, OverflowAction: endIt},
	}
	require.Equal(t, q.Route.Rules[0].Overflow, routing.Decide(q, standard).Overflow)

	q.Queues[1].Waiting = 1
	q.Route.Rules = q.Route.Rules[:1]
	d := routing.Decide(q, standard)
	require.EqualValues(t, "b", d.QueueID)
	require.Nil(t, d.Overflow, "the next queue has its own")
}

// OVF-5
func TestOnward_onlyToAQueueThatTakesIt(t *testing.T) {
	t.Parallel()
	anyway := closed("13:00", assignAnyway)
	unsaid := func(q *routing.QueueNow) {
		closed("13:00", endIt)(q)
		q.Overflow.OutOfHours = nil
	}
	deserted := func(q *routing.QueueNow) { q.Members = 0 }
	for name, c := range map[string]struct {
		next  routing.QueueNow
		taken conversation.QueueID
		why   string
	}{
		"open":                          {staffed("next"), "next", ""},
		"closed, and says so":           {staffed("next", closed("13:00", endIt)), "", "out-of-hours"},
		"closed, and nobody has said":   {staffed("next", unsaid), "", "out-of-hours"},
		"closed, and takes more anyway": {staffed("next", anyway), "next", ""},
		"full":                          {staffed("next", full(endIt)), "", "full"},
		"full, and takes more anyway":   {staffed("next", full(assignAnyway)), "next", ""},
		"nobody works there":            {staffed("next", deserted), "", "empty"},
		"sends on":                      {staffed("next", full(transfer("last"))), "last", ""},
		"sends on though deserted":      {staffed("next", deserted, full(transfer("last"))), "last", ""},
		"sends back":                    {staffed("next", full(transfer("here"))), "", "full"},
		"sends into nothing":            {staffed("next", closed("13:00", transfer("gone"))), "", "out-of-hours"},
		"is not there":                  {staffed("another"), "", "no-such-queue"},
	} {
		taken, why := routing.Onward(noonInShanghai, "here", "next", []routing.QueueNow{staffed("here"), c.next, staffed("last")})
		require.Equal(t, c.taken, taken, name)
		require.Equal(t, c.why, why, name)
	}
}

// OVF-1
func TestDecide_asksMatchingQueuesOnly(t *testing.T) {
	t.Parallel()
	q := inOrder(staffed("a"))
	q.Queues = append(q.Queues, staffed("other", full(endIt)))
	require.Equal(t, []routing.QueueTrace{{QueueID: "a", Outcome: "chosen"}}, routing.Decide(q, standard).Trace.Queues)
}

// OVF-2
func TestDecide_limitOfTwoLetsTwoWait(t *testing.T) {
	t.Parallel()
	for waiting, ends := range []bool{false, false, true, true} {
		q := inOrder(staffed("a", full(endIt)))
		q.Queues[1].Waiting = waiting
		require.Equal(t, ends, routing.Decide(q, standard).End, "%d wait", waiting)
	}
}

// OVF-3, D6
func TestDecide_actionsOfAFullQueue(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		do     routing.OverflowAction
		queue  conversation.QueueID
		end    bool
		notice routing.Notice
	}{
		{assignAnyway, "a", false, routing.NoticeParked},
		{transfer("b"), "b", false, routing.NoticeParked},
		{endIt, "a", true, routing.NoticeFull},
	} {
		q := inOrder(staffed("a", full(c.do)))
		q.Queues = append(q.Queues, staffed("b"))
		d := routing.Decide(q, standard)
		require.Equal(t, c.queue, d.QueueID, c.do)
		require.Equal(t, c.end, d.End, c.do)
		require.Equal(t, c.notice, d.Notice, c.do)
	}
}

// OVF-4
func TestDecide_checksHoursBeforeTheLimit(t *testing.T) {
	t.Parallel()
	q := inOrder(staffed("a", full(transfer("b")), closed("13:00", endIt)))
	q.Queues = append(q.Queues, staffed("b"))
	d := routing.Decide(q, standard)
	require.True(t, d.End)
	require.Equal(t, routing.NoticeOutOfHours, d.Notice)
	require.Equal(t, "out-of-hours", d.Trace.Queues[0].Reason)
}

// OPH-4
func TestDecide_closedQueueMayTakeAndTell(t *testing.T) {
	t.Parallel()
	q := inOrder(staffed("a", closed("13:00", endIt)))
	q.Queues[1].Overflow.OutOfHours = nil
	d := routing.Decide(q, standard)
	require.EqualValues(t, "a", d.QueueID)
	require.False(t, d.End)
	require.Equal(t, routing.NoticeOutOfHours, d.Notice)
}

// OVF-3
func TestDecide_openQueueGoesBeforeClosed(t *testing.T) {
	t.Parallel()
	q := inOrder(staffed("a", closed("13:00", endIt)), staffed("b"))
	q.Queues[1].Overflow.OutOfHours = nil
	require.EqualValues(t, "b", routing.Decide(q, standard).QueueID)
}

// OPH-4
func TestDecide_holidayHasItsOwnNotice(t *testing.T) {
	t.Parallel()
	for _, do := range []routing.OverflowAction{assignAnyway, endIt} {
		q := inOrder(staffed("a", closed("13:00", do)))
		q.Queues[1].Hours.Holidays = []routing.Holiday{{First: "2026-09-28", Last: "2026-09-28"}}
		d := routing.Decide(q, standard)
		require.Equal(t, routing.NoticeHoliday, d.Notice)
		require.Equal(t, routing.QueueTrace{QueueID: "a", Outcome: "closed", Reason: "holiday"}, d.Trace.Queues[0])
	}
}

// L06
func TestDecide_overflowCircleStopsAtItsLast(t *testing.T) {
	t.Parallel()
	q := inOrder(staffed("a", full(transfer("b"))))
	q.Queues = append(q.Queues, staffed("b", full(transfer("c"))), staffed("c", full(transfer("a"))))
	d := routing.Decide(q, standard)
	require.EqualValues(t, "c", d.QueueID)
	require.Equal(t, "overflow-limit", d.Alert)
	require.Equal(t, []routing.QueueTrace{
		{QueueID: "a", Outcome: "overflows", Reason: "full"},
		{QueueID: "b", Outcome: "overflows", Reason: "full"},
		{QueueID: "c", Outcome: "overflows", Reason: "full"},
		{QueueID: "c", Outcome: "chosen", Reason: "too-many-hops"},
	}, d.Trace.Queues)
}

// L06, OVF-1
func TestDecide_overflowsFiveTimesInAll(t *testing.T) {
	t.Parallel()
	q := inOrder(staffed("0", full(transfer("1"))))
	for n := 1; n < 10; n++ {
		q.Queues = append(q.Queues, staffed(conversation.QueueID(fmt.Sprint(n)), full(transfer(conversation.QueueID(fmt.Sprint(n+1))))))
	}
	for hops, want := range []conversation.QueueID{"5", "4", "3", "2", "1", "0", "0"} {
		q.Hops = hops
		d := routing.Decide(q, standard)
		require.Equal(t, want, d.QueueID, "after %d", hops)
		require.Equal(t, "overflow-limit", d.Alert)
	}
}

// L06
func TestDecide_transferToNowhereStays(t *testing.T) {
	t.Parallel()
	d := routing.Decide(inOrder(staffed("a", full(transfer("gone")))), standard)
	require.EqualValues(t, "a", d.QueueID)
	require.Equal(t, "unknown-queue", d.Alert)
}
