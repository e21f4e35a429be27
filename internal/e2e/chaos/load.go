package chaos

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/e2e/harness"
)

// Load is customers who write one message after the other, each as soon as the message before is acknowledged or given up.
type Load struct {
	r         *Rig
	since     time.Time // by Postgres's clock
	Customers []harness.Customer
	written   [][]writtenLine
	Done      atomic.Int64 // messages that are acknowledged or given up
	GaveUp    atomic.Int64 // messages that WeChat gave up
	all       sync.WaitGroup

	mu    sync.Mutex
	moved sync.Cond
	begun int
	until int // so many messages may be written so far
}

// AllowUntil lets the customers write until there are so many messages in all.
func (l *Load) AllowUntil(until int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.until = until
	l.moved.Broadcast()
}

// waitForTurn waits until one more message may be written.
func (l *Load) waitForTurn() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.begun >= l.until {
		l.moved.Wait()
	}
	l.begun++
}

// TeachAnswers gives the FAQ a different answer to each message, so that answers can be told apart on the phone.
func (r *Rig) TeachAnswers(lines int) {
	r.T.Helper()
	for n := range lines {
		status := r.CallAPI(http.MethodPost, "/v1/faq-entries", nil, map[string]any{
			"language": "zh-CN", "phrase": fmt.Sprintf("line %05d", n), "answer": fmt.Sprintf("answer to %05d", n),
		}, nil)
		require.Contains(r.T, []int{http.StatusCreated, http.StatusConflict}, status)
	}
}

// StartLoad has new customers write so many messages each, as far as AllowUntil allows, and returns at once. At first it allows until messages
// in all.
func (r *Rig) StartLoad(customers, lines, until int) *Load {
	r.T.Helper()
	l := &Load{r: r, written: make([][]writtenLine, customers), until: until}
	l.moved.L = &l.mu
	require.NoError(r.T, r.Database().QueryRow(`select clock_timestamp()`).Scan(&l.since))
	for range customers {
		l.Customers = append(l.Customers, r.NewCustomer())
	}
	for i, c := range l.Customers {
		l.all.Go(func() {
			for n := range lines {
				text := fmt.Sprintf("line %05d", n)
				l.waitForTurn()
				taken := c.WriteAccepted(text)
				if !taken {
					l.GaveUp.Add(1)
				}
				l.written[i] = append(l.written[i], writtenLine{text, taken})
				l.Done.Add(1)
			}
		})
	}
	return l
}

// WaitForEnd waits until every customer has written every message.
func (l *Load) WaitForEnd() { l.all.Wait() }

// WaitForLines waits until n messages are acknowledged or given up.
func (l *Load) WaitForLines(n int) {
	l.r.T.Helper()
	l.r.WaitFor(10*time.Minute, fmt.Sprintf("%d lines are said", n), func() bool { return l.Done.Load() >= int64(n) })
}

// WaitUntilQuiet waits until every acknowledged message is answered and every answer has its delivery status. It reports whether that came
// about in time.
func (l *Load) WaitUntilQuiet(within time.Duration) bool {
	taken := 0
	for _, words := range l.written {
		for _, w := range words {
			if w.accepted {
				taken++
			}
		}
	}
	db := l.r.Database()
	poll := time.NewTicker(250 * time.Millisecond)
	defer poll.Stop()
	for deadline := time.Now().Add(within); time.Now().Before(deadline); <-poll.C {
		var lines, unanswered, underWay int
		err := db.QueryRow(`
			select (select count(*) from messages where author = 'customer' and created_at > $1),
				(select count(*) from messages m where author = 'customer' and created_at > $1 and not exists (
					select from messages a where a.tenant = m.tenant and a.turn_id = m.id)),
				(select count(*) from deliveries where status in ('queued', 'sending') and created_at > $1)`,
			l.since).Scan(&lines, &unanswered, &underWay)
		if err == nil && lines >= taken && unanswered == 0 && underWay == 0 {
			return true
		}
	}
	return false
}

// AnswerDelays returns how long after each message its answer was stored.
func (l *Load) AnswerDelays() (all []time.Duration) {
	l.r.T.Helper()
	rows, err := l.r.Database().Query(`
		select extract(epoch from a.created_at - m.created_at) from messages m
		join messages a on a.tenant = m.tenant and a.turn_id = m.id
		where m.author = 'customer' and m.created_at > $1`, l.since)
	require.NoError(l.r.T, err)
	defer rows.Close() //nolint:errcheck // read to its end
	for rows.Next() {
		var seconds float64
		require.NoError(l.r.T, rows.Scan(&seconds))
		all = append(all, time.Duration(seconds*float64(time.Second)))
	}
	require.NoError(l.r.T, rows.Err())
	return all
}

// LoadCustomers is how many customers write at the same time.
const LoadCustomers = 15
