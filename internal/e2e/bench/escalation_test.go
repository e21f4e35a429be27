package bench_test

import (
	"slices"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/e2e/harness"
)

// BenchmarkEscalation_toTheOffer measures what a customer who wishes for a person waits for with an agent free, one customer
// after the other, a hundred in each round. An escalation begins when it is decided: when the bot's answer, which asks for a
// person, is stored (turns.answered_at). It ends when the offer is on the agent's event stream. Its 99th percentile is compared with
// twenty times the median of a bare trip from a signal to an activity, of which a hundred alternate with each round. p50-ms and
// p99-ms are of all escalations; the other figures are the medians of the parts: until the hand-over, from there to the offer, from
// there to the event stream; and the whole from WeChat's callback being answered, with the bot's turn in it.
func BenchmarkEscalation_toTheOffer(b *testing.B) {
	const each = 100
	s := harness.Start(b)
	db := s.Database()
	ann := s.NewAgent("Ann").Connect()
	engine := newBareEngine(b, s.TemporalClient(), each, 1024)
	n := 0
	escalate := func() escalation {
		n++
		c := s.NewCustomer()
		require.True(b, c.WriteAccepted("human"))
		taken := time.Now()
		offer := ann.WaitForOffer(n, 30*time.Second)
		e := readEscalation(s, db, offer)
		e.taken = taken
		ann.MustCommand("accept", offer.Data.ConversationID, nil)
		ann.MustCommand("close", offer.Data.ConversationID, nil)
		return e
	}
	whole := func(e escalation) time.Duration { return e.seen.Sub(e.AnsweredAt) }
	callback := func(e escalation) time.Duration { return e.seen.Sub(e.taken) }
	var seen []escalation
	var trips []time.Duration
	var ratios []float64
	for range 5 {
		escalate() // does not count, nor do the first trips
	}
	engine.measureTrips(each)
	for range *benchRounds {
		var round []escalation
		for range each {
			round = append(round, escalate())
		}
		bare := engine.measureTrips(each)
		ratios = append(ratios, percentile(round, 99, whole).Seconds()/(20*harness.Quantile(bare, 0.5).Seconds()))
		seen, trips = append(seen, round...), append(trips, bare...)
	}
	for b.Loop() { // what is measured was measured above
	}
	report := func(unit string, percent int, part func(escalation) time.Duration) {
		b.ReportMetric(milliseconds(percentile(seen, percent, part)), unit)
	}
	b.ReportMetric(0, "ns/op")
	reportWithBar(b, "p99-to-20-trips", median(ratios), atMost(1.0))
	b.ReportMetric(milliseconds(harness.Quantile(trips, 0.5)), "trip-p50-ms")
	report("p50-ms", 50, whole)
	report("p99-ms", 99, whole)
	report("hand-over-ms", 50, func(e escalation) time.Duration { return e.RoutedAt.Sub(e.AnsweredAt) })
	report("match-ms", 50, func(e escalation) time.Duration { return e.OfferedAt.Sub(e.RoutedAt) })
	report("stream-ms", 50, func(e escalation) time.Duration { return e.seen.Sub(e.OfferedAt) })
	report("callback-p50-ms", 50, callback)
	report("callback-p99-ms", 99, callback)
}

// escalation is what Postgres, whose clock is this machine's, and the agent connection know of one.
type escalation struct {
	taken      time.Time // WeChat's callback was answered
	AnsweredAt time.Time `db:"answered_at"` // the bot asked for a person
	RoutedAt   time.Time `db:"routed_at"`   // the hand-over's transaction began
	OfferedAt  time.Time `db:"offered_at"`  // the assignment was written
	seen       time.Time // the offer was on the event stream
}

// readEscalation reads from Postgres when the steps of an escalation happened.
func readEscalation(s *harness.System, db *sqlx.DB, offer harness.Event) escalation {
	s.T.Helper()
	const query = `
		select t.answered_at, r.at as routed_at, a.offered_at
		from turns t
		join routing_traces r on r.tenant = t.tenant and r.conversation_id = t.conversation_id and r.stage = 'route'
		join assignments a on a.tenant = t.tenant and a.conversation_id = t.conversation_id
		where t.conversation_id = $1 and t.command = 'escalate' and a.id = $2`
	e := escalation{seen: offer.At}
	require.NoError(s.T, db.GetContext(s.T.Context(), &e, query, offer.Data.ConversationID, offer.Data.AssignmentID))
	return e
}

func percentile(all []escalation, percent int, of func(escalation) time.Duration) time.Duration {
	waits := make([]time.Duration, len(all))
	for i, e := range all {
		waits[i] = of(e)
	}
	slices.Sort(waits)
	return waits[(len(waits)*percent-1)/100]
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
