package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"wxdesk/internal/feed"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/postgrestest"
)

// longest is how long the longest of several things took.
type longest struct {
	mu   sync.Mutex
	took time.Duration
}

func (l *longest) since(began time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.took = max(l.took, time.Since(began))
}

// besideTheWork has the ledger swept, cleared of old rows and migrated while fifty messages a second come in, each of a new customer. It
// returns how long the longest message took to be received, how long after its commit the latest feed row could be read, and how long
// the longest statement took, those of the migration left out: it builds indexes.
func (g *growing) besideTheWork(b *testing.B) (line, told, longestStatement time.Duration) {
	b.Helper()
	timed := &probe{reads: map[statement]reading{}}
	db := postgrestest.Open(b, g.DSN, g.Ring, postgrestest.WithPool(postgres.WithOpened(timed.open)))
	g.Exec(b, `update tenants set keep_conversations_days = 29, keep_receipts_days = 28, keep_traces_days = 28`)
	ctx, stop := context.WithCancel(b.Context())
	var received, read longest
	var working errgroup.Group
	working.Go(func() error { return g.fiftyASecond(ctx, db, &received) })
	working.Go(func() error { return g.followsFeed(ctx, db, &read) })
	for range 3 {
		_, err := db.Sweep(within(b.Context(), "Sweep"))
		require.NoError(b, err)
		gone, err := db.Forget(within(b.Context(), "Forget"))
		require.NoError(b, err)
		b.Logf("beside fifty lines a second forgotten: %v", gone)
	}
	began := time.Now()
	_, err := postgres.MigrateFrom(b.Context(), g.DSN, withExample(b))
	require.NoError(b, err)
	b.Logf("beside fifty lines a second migrated, four indexes and a column with values: %s", time.Since(began).Round(time.Second))
	stop()
	if err := working.Wait(); !errors.Is(err, context.Canceled) {
		require.NoError(b, err)
	}
	slowest, took := timed.slowest()
	b.Logf("the longest statement, of %s, took %s:\n%s", slowest.method, took.Round(time.Millisecond), slowest.text)
	return received.took, read.took, took
}

func (g *growing) fiftyASecond(ctx context.Context, db *postgrestest.Ledger, received *longest) error {
	var lines errgroup.Group
	tick := time.NewTicker(time.Second / 50)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return lines.Wait()
		case <-tick.C:
		}
		lines.Go(func() error {
			began := time.Now()
			batch := g.Batch(postgrestest.NewConversation(), fmt.Sprint("beside ", n), postgrestest.Says(uuid.NewString(), "hello"))
			_, err := db.Receive(within(context.WithoutCancel(ctx), "Receive"), batch)
			received.since(began)
			return err
		})
	}
}

// followsFeed writes a row and reads on until it is there, again and again.
func (g *growing) followsFeed(ctx context.Context, db *postgrestest.Ledger, read *longest) error {
	ctx = within(ctx, "Feed")
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	at, err := db.FeedEnd(ctx)
	for err == nil {
		kind := uuid.NewString()
		if _, err = g.Raw.ExecContext(ctx, `insert into feed (tenant, kind) values ('default', $1)`, kind); err != nil {
			return err
		}
		committed := time.Now()
		for there := false; !there && err == nil; <-poll.C {
			var news feed.Page
			news, err = db.Feed(ctx, at, 256)
			at = news.UpTo
			for _, told := range news.Events {
				there = there || told.Kind == kind
			}
		}
		read.since(committed)
	}
	return err
}
