package e2e_test

import (
	"slices"
	"testing"
	"time"
)

// BenchmarkEscalation_toTheOffer measures what a customer who wishes for a person waits for with an agent free: from WeChat's
// callback being answered to the offer on the agent's event stream, through the bot, the rules and the distribution. One
// customer after the other; ns/op holds the whole of an iteration, with the agent's answer and the close.
func BenchmarkEscalation_toTheOffer(b *testing.B) {
	s := start(b)
	ann := s.agent("Ann").opens()
	var waits []time.Duration
	escalate := func(n int) {
		c := s.follower()
		if !c.manages("human") {
			b.Fatal("WeChat was not told that the message is taken")
		}
		taken := time.Now()
		offer := ann.offered(n, 30*time.Second)
		waits = append(waits, max(offer.At.Sub(taken), 0))
		ann.must("accept", offer.Data.ConversationID, nil)
		ann.must("close", offer.Data.ConversationID, nil)
	}
	const warm = 5
	for n := range warm {
		escalate(n + 1)
	}
	waits = waits[:0]
	for b.Loop() {
		escalate(warm + len(waits) + 1)
	}
	slices.Sort(waits)
	b.ReportMetric(milliseconds(waits[len(waits)/2]), "p50-ms")
	b.ReportMetric(milliseconds(waits[len(waits)*99/100]), "p99-ms")
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
