package postgres

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/lib/pq"
)

const (
	notifyEvery  = 50 * time.Millisecond // at least, between two statements of a process
	notifyWithin = time.Second           // that one may take
)

// notifier sends notices after commits. Inside the transactions they would cost much, because Postgres lets transactions that notify
// commit only one after another. The first notice goes out at once. Those that are asked for within notifyEvery after it go out
// together.
type notifier struct {
	send func(ctx context.Context, channels []string) error

	mu      sync.Mutex
	asked   []string // channels, each once
	running bool
	stop    chan struct{} // closed when nobody is to wait any more
	stopped sync.Once
	done    sync.WaitGroup
}

func newNotifier(send func(ctx context.Context, channels []string) error) *notifier {
	return &notifier{send: send, stop: make(chan struct{})}
}

// ask has channels notified soon.
func (n *notifier) ask(channels ...string) {
	if len(channels) == 0 {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, c := range channels {
		if !slices.Contains(n.asked, c) {
			n.asked = append(n.asked, c)
		}
	}
	if !n.running {
		n.running = true
		n.done.Go(n.run)
	}
}

// run sends what is asked for until nothing was for a while.
func (n *notifier) run() {
	for {
		channels := n.next()
		if channels == nil {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), notifyWithin)
		_ = n.send(ctx, channels) // who listens finds it by looking
		cancel()
		select {
		case <-time.After(notifyEvery):
		case <-n.stop:
		}
	}
}

// next takes what is asked for; nil if there is nothing and run has to end.
func (n *notifier) next() (channels []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	channels, n.asked = n.asked, nil
	n.running = channels != nil
	return channels
}

// close sends what is still asked for, without a pause.
func (n *notifier) close() {
	n.stopped.Do(func() { close(n.stop) })
	n.done.Wait()
}

// Notify has those who listen to the channels notified.
func (db *Pool) Notify(channels ...string) { db.notices.ask(channels...) }

// notify is one statement for all channels.
func (db *Pool) notify(ctx context.Context, channels []string) error {
	_, err := db.ExecContext(ctx, `select pg_notify(channel, '') from unnest($1::text[]) channel`, pq.Array(channels))
	return err
}
