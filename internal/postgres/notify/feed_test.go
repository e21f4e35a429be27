package notify_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"wxdesk/internal/conversation"
	"wxdesk/internal/feed"
	"wxdesk/internal/postgres/postgrestest"
)

const tellRow = `insert into feed (tenant, kind, body) values ('default', 'message', jsonb_build_object('n', $1::text))`

// follow reads the feed from a position until it has come to a number of rows, and returns their bodies.
func follow(f *postgrestest.Fixture, t *testing.T, from feed.Position, rows, batch int) (bodies []string, at feed.Position) {
	t.Helper()
	at = from
	for len(bodies) < rows {
		require.NoError(t, t.Context().Err())
		news, err := f.Feed(t.Context(), at, batch)
		require.NoError(t, err)
		for _, told := range news.Events {
			require.Positive(t, told.Compare(at), "in order, and nothing twice")
			at = told.Position
			if told.Kind != feed.KindSettings { // of the fixture's account
				bodies = append(bodies, string(told.Body))
			}
		}
		require.Zero(t, news.UpTo.Compare(at))
		at = news.UpTo
	}
	return bodies, at
}

func TestFeed_noGapWhenCommitsOverlap(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	const writers, each, rows = 8, 40, 2
	from, err := f.FeedEnd(t.Context())
	require.NoError(t, err)

	var writing errgroup.Group
	for w := range writers {
		chance := rand.New(rand.NewPCG(7, uint64(w))) //nolint:gosec // repeatable
		writing.Go(func() error {
			for i := range each {
				tx, err := f.Raw.BeginTx(t.Context(), nil)
				if err != nil {
					return err
				}
				for r := range rows {
					if _, err := tx.Exec(tellRow, fmt.Sprint(w, "-", i, "-", r)); err != nil {
						return err
					}
					// Others begin and commit meanwhile.
					if _, err := tx.Exec(`select pg_sleep($1)`, chance.Float64()/200); err != nil {
						return err
					}
				}
				if err := tx.Commit(); err != nil {
					return err
				}
			}
			return nil
		})
	}
	var bodies []string
	at := from
	for len(bodies) < writers*each*rows { // every few rows the reader is another one, which resumes from the position
		var some []string
		some, at = follow(f, t, at, min(17, writers*each*rows-len(bodies)), 5)
		bodies = append(bodies, some...)
	}
	require.NoError(t, writing.Wait())
	seen := map[string]bool{}
	for _, body := range bodies {
		require.False(t, seen[body], "told twice: %s", body)
		seen[body] = true
	}
	require.Len(t, seen, writers*each*rows)
	rest, err := f.Feed(t.Context(), at, 10)
	require.NoError(t, err)
	require.Empty(t, rest.Events)
	require.False(t, rest.More)
}

func TestFeed_waitsForATransactionThatBeganBefore(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	from, err := f.FeedEnd(t.Context())
	require.NoError(t, err)
	early, err := f.Raw.Begin()
	require.NoError(t, err)
	defer early.Rollback() //nolint:errcheck // after Commit it does nothing
	_, err = early.Exec(tellRow, "early")
	require.NoError(t, err)
	f.Exec(t, tellRow, "late")

	news, err := f.Feed(t.Context(), from, 10)
	require.NoError(t, err)
	for _, told := range news.Events {
		require.Equal(t, feed.KindSettings, told.Kind, "of the fixture's account")
	}
	require.True(t, news.More, "there is something that cannot be told yet")
	require.NoError(t, early.Commit())
	bodies, _ := follow(f, t, from, 2, 10)
	require.Equal(t, []string{`{"n": "early"}`, `{"n": "late"}`}, bodies)
}

func TestFeed_restoreChangesTheGeneration(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	from, err := f.FeedEnd(t.Context())
	require.NoError(t, err)
	f.Exec(t, `update feed_generation set generation = generation + 1`)
	news, err := f.Feed(t.Context(), from, 10)
	require.NoError(t, err)
	require.Equal(t, from.Generation+1, news.UpTo.Generation)
}

func TestFeed_queuesOfAgents(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	mei, bo := f.NewAgent(t, "Mei"), f.NewAgent(t, "Bo")
	f.Exec(t, `insert into queue_members (tenant, queue_id, agent_id) values ($1, $2, $3)`, postgrestest.Tenant, postgrestest.FirstQueue, mei)
	queues, err := f.QueuesOf(t.Context(), postgrestest.Tenant, []conversation.AgentID{mei, bo})
	require.NoError(t, err)
	require.Equal(t, map[conversation.AgentID][]conversation.QueueID{mei: {postgrestest.FirstQueue}}, queues)
	queues, err = f.QueuesOf(t.Context(), "another", []conversation.AgentID{mei})
	require.NoError(t, err)
	require.Empty(t, queues)
}

func TestFeedNews_comesUntilTheContextEnds(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	news := f.FeedNews(t.Context())
	f.Exec(t, tellRow, "something")
	select {
	case <-news:
	case <-time.After(10 * time.Second):
		t.Fatal("no news")
	}
}

// Thousands of members of a queue hear of what waits there only if they may pick it.
func TestFeed_reachesMembersWhoMayPick(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	told := func(c conversation.Ref) int {
		return d.Count(t, "feed", "conversation_id = $1 and queue_id is not null", c.Conversation)
	}
	require.Zero(t, told(d.Waiting("wang")))
	require.Positive(t, d.Count(t, "feed", "kind = 'conversation'"), "supervisors hear of it")
	d.Exec(t, `update workstreams set pick_from_push = true`)
	require.Positive(t, told(d.Waiting("zhao")))
	d.Exec(t, `update workstreams set pick_from_push = false, mode = 'pick'`)
	pick := d.Waiting("li")
	require.Positive(t, told(pick))

	// What became of a message, too.
	for _, c := range []struct {
		ref  conversation.Ref
		told bool
	}{{d.Waiting("wu"), true}, {pick, true}} {
		before := told(c.ref)
		d.Exec(t, `update deliveries set status = 'sending', until = now() - interval '2 minutes' where conversation_id = $1`, c.ref.Conversation)
		_, err := d.Sweep(t.Context())
		require.NoError(t, err)
		require.Equal(t, c.told, told(c.ref) > before)
	}
	require.Positive(t, d.Count(t, "deliveries", "status = 'unknown'"))
}
