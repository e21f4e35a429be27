package outbox_test

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/conversation"
	"wxdesk/internal/outbox"
)

// world is a ledger of notices and the runs that are told, in memory.
type world struct {
	mu      sync.Mutex
	left    []conversation.RunNotice // to be claimed
	claims  int
	deleted []int64

	deletions int
	ended     []conversation.ID
	sent      map[int64]int
	most      int // runs that were told at the same time
	now       int

	answer func(ctx context.Context, n conversation.RunNotice) (bool, error) // of a run; nil: at once
}

func (w *world) Notices(_ context.Context, limit int) ([]conversation.RunNotice, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.claims++
	n := min(limit, len(w.left))
	claimed := w.left[:n]
	w.left = w.left[n:]
	return claimed, nil
}

func (w *world) Delivered(_ context.Context, notices ...conversation.RunNotice) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.deletions++
	for _, n := range notices {
		w.deleted = append(w.deleted, n.Number)
	}
	return nil
}

func (w *world) RunGone(_ context.Context, c conversation.Ref) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = append(w.ended, c.Conversation)
	return nil
}

func (w *world) Notify(ctx context.Context, n conversation.RunNotice) (bool, error) {
	w.mu.Lock()
	if w.sent == nil {
		w.sent = map[int64]int{}
	}
	w.sent[n.Number]++
	w.now++
	w.most = max(w.most, w.now)
	w.mu.Unlock()
	defer func() { w.mu.Lock(); w.now--; w.mu.Unlock() }()
	if w.answer == nil {
		return false, nil
	}
	return w.answer(ctx, n)
}

func (w *world) notifier() *outbox.Notifier {
	return outbox.New(w, w, w, slog.New(slog.DiscardHandler))
}

func notices(from, n int) (list []conversation.RunNotice) {
	for i := range n {
		list = append(list, conversation.RunNotice{
			Ref: conversation.Ref{Tenant: "t", Conversation: conversation.ID(strconv.Itoa(from + i))}, Number: int64(from + i), Act: "reply",
		})
	}
	return list
}

func stuck(ctx context.Context, _ conversation.RunNotice) (bool, error) {
	<-ctx.Done()
	return false, ctx.Err()
}

func TestNotify_outlivesTheRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{answer: func(context.Context, conversation.RunNotice) (bool, error) {
			time.Sleep(time.Second)
			return false, nil
		}}
		notifier := w.notifier()
		ctx, end := context.WithCancel(t.Context())
		began := time.Now()
		notifier.Notify(ctx, notices(1, 2)...)
		require.Zero(t, time.Since(began))
		end() // the request is answered
		notifier.Wait()
		require.Equal(t, 1100*time.Millisecond, time.Since(began))
		require.ElementsMatch(t, []int64{1, 2}, w.deleted)
	})
}

func TestNotify_deletesInBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{}
		notifier := w.notifier()
		for i := range 10 {
			notifier.Notify(t.Context(), notices(i, 1)...)
		}
		notifier.Wait()
		notifier.Notify(t.Context(), notices(10, 1)...)
		notifier.Wait()
		require.Len(t, w.deleted, 11)
		require.Equal(t, 2, w.deletions)
	})
}

func TestNotify_boundedInAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{answer: stuck}
		notifier := w.notifier()
		began := time.Now()
		for i := range 1000 {
			notifier.Notify(t.Context(), notices(i, 1)...)
		}
		notifier.Wait()
		require.Equal(t, 2*time.Second, time.Since(began), "each has its own deadline")
		require.Equal(t, 64, w.most)
		require.Len(t, w.sent, 64, "the rest is left for the workers")
		require.Empty(t, w.deleted)
	})
}

func TestNotify_missingRunEndsTheConversation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{answer: func(_ context.Context, n conversation.RunNotice) (bool, error) { return n.Number == 2, nil }}
		notifier := w.notifier()
		notifier.Notify(t.Context(), notices(1, 3)...)
		notifier.Wait()
		require.ElementsMatch(t, []int64{1, 3}, w.deleted)
		require.Equal(t, []conversation.ID{"2"}, w.ended)
	})
}

func TestRun_deliversLeftNoticesOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{left: notices(0, 300), answer: func(_ context.Context, n conversation.RunNotice) (bool, error) {
			if n.Number < 100 {
				return false, errors.New("not now")
			}
			return false, nil
		}}
		ctx, stop := context.WithCancel(t.Context())
		var workers sync.WaitGroup
		for range 3 {
			workers.Go(func() { w.notifier().Run(ctx) })
		}
		synctest.Wait()
		require.Len(t, w.deleted, 200, "a hundred that fail keep no other waiting")
		for n, times := range w.sent {
			require.Equal(t, 1, times, n)
		}
		stop()
		workers.Wait()
	})
}

// What a worker claims it tells within the ledger's lease, even if no run answers.
func TestRun_notifiesWithinTheLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{left: notices(0, 64), answer: stuck}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { w.notifier().Run(ctx); close(ended) }()
		time.Sleep(9500 * time.Millisecond)
		synctest.Wait()
		require.Len(t, w.sent, 64)
		require.Zero(t, w.now)
		require.Greater(t, w.claims, 1)
		stop()
		<-ended
	})
}
