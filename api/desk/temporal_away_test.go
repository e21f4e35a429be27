package desk_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/api"
	"wxdesk/api/apitest"
	"wxdesk/internal/conversation"
	"wxdesk/internal/outbox"
)

// notices is an outbox in memory, and the runs that are told while Temporal is there.
type notices struct {
	mu   sync.Mutex
	left map[int64]conversation.RunNotice
	sent []int64
	away bool
}

func (n *notices) Notify(ctx context.Context, of conversation.RunNotice) (bool, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.away {
		n.left[of.Number] = of
		n.mu.Unlock()
		<-ctx.Done() // nobody answers
		n.mu.Lock()
		return false, errors.New("temporal is away")
	}
	n.sent = append(n.sent, of.Number)
	return false, nil
}

func (n *notices) Notices(context.Context, int) (all []conversation.RunNotice, _ error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, of := range n.left {
		all = append(all, of)
	}
	clear(n.left)
	return all, nil
}

func (n *notices) Delivered(_ context.Context, told ...conversation.RunNotice) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, of := range told {
		delete(n.left, of.Number)
	}
	return nil
}

func (n *notices) RunGone(context.Context, conversation.Ref) error { return nil }

// An agent works while Temporal is away. The act is answered at once; its run is told once, when Temporal is back.
func TestCommands_answeredWhileTemporalIsAway(t *testing.T) {
	t.Parallel()
	w := apitest.WithConversations(1)
	n := &notices{left: map[int64]conversation.RunNotice{}, away: true}
	teller := outbox.New(n, n, n, slog.New(slog.DiscardHandler))
	cfg := w.Config()
	cfg.Desk.RunNotices = teller
	h := api.New(cfg).Handler()

	began := time.Now()
	for _, kind := range []string{"accept", "reply", "note", "wait", "close"} {
		body := ""
		if kind == "reply" || kind == "note" {
			body = `{"text":"x"}`
		}
		code, answer := apitest.SendCommand(t, h, "agent", kind, body)
		require.Equal(t, http.StatusOK, code, answer)
	}
	require.Less(t, time.Since(began), time.Second, "nobody waits for a signal")
	teller.Wait()
	require.Empty(t, n.sent)
	require.Len(t, n.left, 5)

	n.mu.Lock()
	n.away = false
	n.mu.Unlock()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go outbox.New(n, n, n, slog.New(slog.DiscardHandler)).Run(ctx)
	require.Eventually(t, func() bool {
		n.mu.Lock()
		defer n.mu.Unlock()
		return len(n.sent) == 5 && len(n.left) == 0
	}, 10*time.Second, 10*time.Millisecond)
	require.ElementsMatch(t, []int64{1, 2, 3, 4, 5}, n.sent, "once each")
}
