package dispatch_test

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/conversation"
	"wxdesk/internal/dispatch"
	"wxdesk/internal/routing"
)

// ledger is work of which each batch comes to what is listed, then to nothing.
type ledger struct {
	dispatch.Work
	triggers chan struct{}
	batches  []routing.Distributed
	at       []time.Duration // when each batch was done
	takes    time.Duration   // a batch does
	began    time.Time
}

// notifier notes what it is to tell, and runs until the context ends.
type notifier struct {
	sent   []conversation.RunNotice
	waited int // how much it was told before it was waited for
}

func (l *notifier) Notify(_ context.Context, notices ...conversation.RunNotice) {
	l.sent = append(l.sent, notices...)
}

func (l *notifier) Run(ctx context.Context) { <-ctx.Done() }

func (l *notifier) Wait() { l.waited = len(l.sent) }

func (l *ledger) DistributionTriggers(context.Context) (<-chan struct{}, error) {
	return l.triggers, nil
}

func (l *ledger) Tenants(context.Context) ([]conversation.Tenant, error) {
	return []conversation.Tenant{conversation.DefaultTenant}, nil
}

func (l *ledger) Distribute(context.Context, conversation.Tenant) (done routing.Distributed, _ error) {
	l.at = append(l.at, time.Since(l.began))
	time.Sleep(l.takes)
	if len(l.batches) > 0 {
		done, l.batches = l.batches[0], l.batches[1:]
	}
	return done, nil
}

// runs distributes for a while and stops.
func runs(t *testing.T, l *ledger, meanwhile func()) (told []conversation.RunNotice) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	l.began, l.triggers = time.Now(), make(chan struct{})
	ended := make(chan error, 1)
	tells := &notifier{}
	go func() {
		ended <- dispatch.Distribution{Work: l, Notifier: tells, Log: slog.New(slog.DiscardHandler)}.Run(ctx)
	}()
	meanwhile()
	stop()
	require.NoError(t, <-ended)
	require.Len(t, tells.sent, tells.waited, "it is waited for when nothing is told any more")
	return tells.sent
}

// R8
func TestDistribution_looksAgainSoonAtLockedRows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &ledger{batches: []routing.Distributed{{Assigned: 2, Again: true}, {Soon: true}, {Assigned: 1}}}
		runs(t, l, func() { time.Sleep(3 * time.Second) })
		require.Equal(t, []time.Duration{0, 0, 10 * time.Millisecond, 2010 * time.Millisecond}, l.at)
	})
}

// The runs of a batch that ends while the worker stops are notified, and that is waited for.
func TestDistribution_stopsAfterItsLastNotice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &ledger{takes: time.Second, batches: []routing.Distributed{{Assigned: 1, Notices: []conversation.RunNotice{{Number: 1}}}}}
		told := runs(t, l, func() { time.Sleep(500 * time.Millisecond) })
		require.Len(t, told, 1)
	})
}

// Each run is notified once, by the worker whose batch assigned its conversation.
func TestDistribution_notifiesTheRunsOfABatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first, second := conversation.RunNotice{Number: 1, Assignment: true}, conversation.RunNotice{Number: 2, Assignment: true}
		l := &ledger{batches: []routing.Distributed{
			{Assigned: 1, Again: true, Notices: []conversation.RunNotice{first}}, {Assigned: 1, Notices: []conversation.RunNotice{second}},
		}}
		told := runs(t, l, func() { time.Sleep(5 * time.Second) })
		require.Equal(t, []conversation.RunNotice{first, second}, told)
	})
}
