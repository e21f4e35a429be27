package worker_test

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
	"wxdesk/worker"
)

// ledger is work of which each batch comes to what is listed, then to nothing.
type ledger struct {
	worker.Work
	wakes   chan struct{}
	batches []routing.Distributed
	at      []time.Duration // when each batch was done
	began   time.Time
	untold  func() []conversation.Telling
}

func (l *ledger) Wakes(context.Context) (<-chan struct{}, error) { return l.wakes, nil }

func (l *ledger) Tenants(context.Context) ([]conversation.Tenant, error) {
	return []conversation.Tenant{conversation.DefaultTenant}, nil
}

func (l *ledger) Distribute(context.Context, conversation.Tenant) (done routing.Distributed, _ error) {
	l.at = append(l.at, time.Since(l.began))
	if len(l.batches) > 0 {
		done, l.batches = l.batches[0], l.batches[1:]
	}
	return done, nil
}

func (l *ledger) Untold(context.Context, int) ([]conversation.Telling, error) {
	if l.untold == nil {
		return nil, nil
	}
	return l.untold(), nil
}

// runs distributes for a while and stops.
func runs(t *testing.T, l *ledger, meanwhile func()) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	l.began, l.wakes = time.Now(), make(chan struct{})
	ended := make(chan error, 1)
	go func() { ended <- worker.Distribution{Work: l, Log: slog.New(slog.DiscardHandler)}.Run(ctx) }()
	meanwhile()
	stop()
	require.NoError(t, <-ended)
}

func TestR8_whatSomebodyWasJustChangingIsLookedAtAgainSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &ledger{batches: []routing.Distributed{{Assigned: 2, Again: true}, {Soon: true}, {Assigned: 1}}}
		runs(t, l, func() { time.Sleep(3 * time.Second) })
		require.Equal(t, []time.Duration{0, 0, 10 * time.Millisecond, 2010 * time.Millisecond}, l.at)
	})
}

// A run that is slow to hear of its agent, because Temporal is away, keeps no other conversation waiting.
func TestR8_distributionDoesNotWaitForRunsThatAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told := make(chan struct{})
		l := &ledger{untold: func() []conversation.Telling { <-told; return nil }}
		runs(t, l, func() {
			time.Sleep(time.Second)
			l.wakes <- struct{}{}
			synctest.Wait()
			require.Equal(t, []time.Duration{0, time.Second}, l.at)
			close(told)
		})
	})
}
