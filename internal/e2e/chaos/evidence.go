package chaos

import (
	"fmt"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/e2e/harness"
)

// Evidence is what is durable about one customer after a run, and what WeChat knows.
type Evidence struct {
	written []writtenLine    // in the order in which the customer wrote
	lines   []transcriptLine // of all conversations, oldest first
	shown   []string         // answers on the phone, in order
	open    int              // conversations that are not closed
}

// writtenLine is a message that a customer wrote, and what WeChat was told about it.
type writtenLine struct {
	text     string
	accepted bool // false where WeChat gave up after its attempts
}

// transcriptLine is a message of a transcript, with what followed from it.
type transcriptLine struct {
	id, author, text string
	answers          int    // stored answers to a customer's message
	delivery         string // status, of a message to the customer
}

// Judge collects the evidence and returns the promises that it breaks.
func (l *Load) Judge() (broken []Violation) {
	l.r.T.Helper()
	for name, e := range l.Evidence() {
		broken = append(broken, judge(name, e)...)
	}
	return broken
}

// Evidence collects what is durable about each customer of the load.
func (l *Load) Evidence() map[string]Evidence {
	l.r.T.Helper()
	conversations := map[string][]harness.Conversation{} // by openid, oldest first
	for _, t := range l.r.AllConversations() {
		conversations[t.Customer.OpenID] = append([]harness.Conversation{t}, conversations[t.Customer.OpenID]...)
	}
	answers := l.answerCounts()
	all := map[string]Evidence{}
	for i, c := range l.Customers {
		e := Evidence{written: l.written[i], shown: c.Answers()}
		for _, t := range conversations[c.OpenID] {
			if t.State != "closed" {
				e.open++
			}
			for _, m := range l.r.Transcript(t.ID) {
				line := transcriptLine{id: m.ID, author: m.Author, text: m.Text, answers: answers[m.ID]}
				if m.Delivery != nil {
					line.delivery = m.Delivery.Status
				}
				e.lines = append(e.lines, line)
			}
		}
		all[fmt.Sprintf("customer %02d", i)] = e
	}
	return all
}

// answerCounts counts the stored answers to each message.
func (l *Load) answerCounts() map[string]int {
	l.r.T.Helper()
	rows, err := l.r.Database().Query(`select turn_id, count(*) from messages where turn_id is not null group by turn_id`)
	require.NoError(l.r.T, err)
	defer rows.Close() //nolint:errcheck // read to its end
	counts := map[string]int{}
	for rows.Next() {
		var id string
		var n int
		require.NoError(l.r.T, rows.Scan(&id, &n))
		counts[id] = n
	}
	require.NoError(l.r.T, rows.Err())
	return counts
}

// UnknownAnswers counts the answers that nobody knows the delivery of.
func UnknownAnswers(all map[string]Evidence) (n int) {
	for _, e := range all {
		for _, l := range e.lines {
			if l.delivery == "unknown" {
				n++
			}
		}
	}
	return n
}
