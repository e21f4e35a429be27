package bench_test

import (
	"testing"
	"time"

	"wxdesk/internal/e2e/harness"
)

// BenchmarkReply_toBareTransactions compares replies that are accepted per second, from 16 agents at once, with bare transactions of
// as many statements in the same Postgres. The worker is stopped meanwhile: what becomes of a reply afterwards is not measured.
func BenchmarkReply_toBareTransactions(b *testing.B) {
	const agents, each, allowance = 16, 4, 5 // conversations of an agent; replies to a customer's message
	s, _, worker := startBench(b)
	account := harness.NewCallbackAccount(s)
	f := harness.NewAgentGroup(s, agents)
	write := func(text string) {
		account.TextPrefix = text
		c := account.NewSender()
		for customer := range agents * each {
			c.Post(account.NewCallback(customer))
		}
	}
	write("human")
	f.WaitForOffers(agents * each)
	held := make([][]string, agents) // conversations, by agent
	for i, d := range f.Connections {
		for _, offer := range d.Offers() {
			f.MustCommand(d.APIToken, "accept", offer.Data.ConversationID, `{}`)
			held[i] = append(held[i], offer.Data.ConversationID)
		}
	}
	replies := func() measured {
		return runTogether(b, agents, func(agent int) {
			for _, id := range held[agent] {
				for range allowance {
					f.MustCommand(f.Connections[agent].APIToken, "reply", id, `{"text":"The account opens at nine, and closes at six."}`)
				}
			}
		})
	}
	lines := agents * each
	settled := func() {
		s.PollEvery(50*time.Millisecond, time.Minute, "all is received and sent", func() bool {
			var received, unsent int
			err := f.DB.QueryRow(`select (select count(*) from messages where author = 'customer'),
				(select count(*) from deliveries where status in ('queued', 'sending'))`).Scan(&received, &unsent)
			return err == nil && received == lines && unsent == 0
		})
	}
	refresh := func() { // the customers write, which allows the next replies; what is unsent by then would be among these
		settled()
		write("thank you")
		lines += agents * each
		settled()
	}
	refresh()
	reads, writes := countStatements(f, func() { replies() })
	bare := newBareLedger(b, f.DB, reads, writes)
	worker.Stop()
	compare(b, agents*each*allowance, "replies", func() measured {
		worker.Launch()
		refresh()
		worker.Stop()
		return replies()
	}, rival{"transactions", 0.70, func() measured {
		return runTogether(b, agents, func(client int) {
			for range each * allowance {
				bare.transaction(client)
			}
		})
	}})
	b.ReportMetric(float64(reads+writes), "statements")
}
