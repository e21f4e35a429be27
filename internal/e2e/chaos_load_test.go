package e2e_test

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stretchr/testify/require"
)

// load is customers who write one line after the other, each as soon as WeChat has its verdict on the one before.
type load struct {
	r            *rig
	since        time.Time // by Postgres's clock
	people       []customer
	sentMessages [][]sentMessage
	done         atomic.Int64 // lines with a verdict
	gaveUp       atomic.Int64
	all          sync.WaitGroup

	mu    sync.Mutex
	moved sync.Cond
	begun int
	until int // no line beyond this one is said yet
}

// allowUntil lets the customers say so many lines in all.
func (l *load) allowUntil(until int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.until = until
	l.moved.Broadcast()
}

// turn waits until one more line may be said.
func (l *load) turn() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.begun >= l.until {
		l.moved.Wait()
	}
	l.begun++
}

// teach gives the FAQ a different answer to each line, so that answers can be told apart on the phone.
func (r *rig) teach(lines int) {
	r.t.Helper()
	for n := range lines {
		status := r.api(http.MethodPost, "/v1/faq-entries", nil, map[string]any{
			"language": "zh-CN", "phrase": fmt.Sprintf("line %05d", n), "answer": fmt.Sprintf("answer to %05d", n),
		}, nil)
		require.Contains(r.t, []int{http.StatusCreated, http.StatusConflict}, status)
	}
}

// writes lets new customers write, as far as lets allows; it returns at once.
func (r *rig) writes(customers, lines, until int) *load {
	r.t.Helper()
	l := &load{r: r, sentMessages: make([][]sentMessage, customers), until: until}
	l.moved.L = &l.mu
	require.NoError(r.t, r.database().QueryRow(`select clock_timestamp()`).Scan(&l.since))
	for range customers {
		l.people = append(l.people, r.follower())
	}
	for i, c := range l.people {
		l.all.Go(func() {
			for n := range lines {
				text := fmt.Sprintf("line %05d", n)
				l.turn()
				taken := c.manages(text)
				if !taken {
					l.gaveUp.Add(1)
				}
				l.sentMessages[i] = append(l.sentMessages[i], sentMessage{text, taken})
				l.done.Add(1)
			}
		})
	}
	return l
}

// wait waits until every customer has said everything.
func (l *load) wait() { l.all.Wait() }

// reaches waits until so many lines have their verdict.
func (l *load) reaches(n int) {
	l.r.t.Helper()
	l.r.until(10*time.Minute, fmt.Sprintf("%d lines are said", n), func() bool { return l.done.Load() >= int64(n) })
}

// settles waits until nothing is under way any more, and says whether that came about.
func (l *load) settles(within time.Duration) bool {
	taken := 0
	for _, words := range l.sentMessages {
		for _, w := range words {
			if w.taken {
				taken++
			}
		}
	}
	db := l.r.database()
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

// evidence collects what there is to know about each customer.
func (l *load) evidence() map[string]evidence {
	l.r.t.Helper()
	conversations := map[string][]conversationView{} // by openid, oldest first
	for _, t := range l.r.allConversations() {
		conversations[t.Customer.OpenID] = append([]conversationView{t}, conversations[t.Customer.OpenID]...)
	}
	answers := l.answers()
	all := map[string]evidence{}
	for i, c := range l.people {
		e := evidence{sentMessages: l.sentMessages[i], shown: c.answers()}
		for _, t := range conversations[c.openID] {
			if t.State != "closed" {
				e.open++
			}
			for _, m := range l.r.transcript(t.ID) {
				line := transcriptLine{id: m.ID, author: m.Author, text: m.Text, answers: answers[m.ID]}
				if m.Delivery != nil {
					line.fate = m.Delivery.Status
				}
				e.lines = append(e.lines, line)
			}
		}
		all[fmt.Sprintf("customer %02d", i)] = e
	}
	return all
}

// answers counts the stored answers to each line.
func (l *load) answers() map[string]int {
	l.r.t.Helper()
	rows, err := l.r.database().Query(`select turn_id, count(*) from messages where turn_id is not null group by turn_id`)
	require.NoError(l.r.t, err)
	defer rows.Close() //nolint:errcheck // read to its end
	counts := map[string]int{}
	for rows.Next() {
		var id string
		var n int
		require.NoError(l.r.t, rows.Scan(&id, &n))
		counts[id] = n
	}
	require.NoError(l.r.t, rows.Err())
	return counts
}

// answeredWithin is how long each line waited for its answer to be stored.
func (l *load) answeredWithin() (all []time.Duration) {
	l.r.t.Helper()
	rows, err := l.r.database().Query(`
		select extract(epoch from a.created_at - m.created_at) from messages m
		join messages a on a.tenant = m.tenant and a.turn_id = m.id
		where m.author = 'customer' and m.created_at > $1`, l.since)
	require.NoError(l.r.t, err)
	defer rows.Close() //nolint:errcheck // read to its end
	for rows.Next() {
		var seconds float64
		require.NoError(l.r.t, rows.Scan(&seconds))
		all = append(all, time.Duration(seconds*float64(time.Second)))
	}
	require.NoError(l.r.t, rows.Err())
	return all
}

// verdict judges every customer's evidence.
func (l *load) verdict() (broken []violation) {
	l.r.t.Helper()
	for name, e := range l.evidence() {
		broken = append(broken, judge(name, e)...)
	}
	return broken
}

// unknown counts the answers of which nobody knows whether they arrived.
func unknown(all map[string]evidence) (n int) {
	for _, e := range all {
		for _, l := range e.lines {
			if l.fate == "unknown" {
				n++
			}
		}
	}
	return n
}
