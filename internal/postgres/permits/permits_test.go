package permits_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres/postgrestest"
)

const sendsPerSecond = 200

// limited are processes that send within one limit.
func limited(f *postgrestest.Fixture, t *testing.T, processes int) (dbs []*postgrestest.Ledger) {
	t.Helper()
	for range processes {
		dbs = append(dbs, postgrestest.Open(t, f.DSN, f.Ring, postgrestest.WithSendsPerSecond(sendsPerSecond)))
	}
	return dbs
}

// withinLimit requires that no span of time has more sends than the limit, and a second's worth that came after a rest.
func withinLimit(t *testing.T, sends []time.Time) {
	t.Helper()
	const slack = 25 * time.Millisecond // between what the clocks of two processes say of Postgres's
	slices.SortFunc(sends, time.Time.Compare)
	for _, span := range []time.Duration{0, 100 * time.Millisecond, time.Second, 3 * time.Second} {
		for i, j := 0, 0; j < len(sends); j++ {
			for sends[j].Sub(sends[i]) > span {
				i++
			}
			most := int((span + slack + time.Second) * sendsPerSecond / time.Second)
			require.LessOrEqual(t, j-i+1, most, "within %s", span)
		}
	}
}

// R16
// Over all processes, whoever reserves permits sends no faster than the limit, and as fast.
func TestPermits_reservedKeepTheLimit(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	const each = 300
	var (
		mu    sync.Mutex
		sends []time.Time
		group errgroup.Group
	)
	dbs := limited(f, t, 4)
	began := time.Now()
	for _, db := range dbs {
		group.Go(func() error {
			for range each {
				wait, err := db.Take(t.Context(), postgrestest.Tenant)
				if err != nil {
					return err
				}
				mu.Lock()
				sends = append(sends, time.Now().Add(wait))
				mu.Unlock()
			}
			return nil
		})
	}
	require.NoError(t, group.Wait())
	withinLimit(t, sends)
	last := slices.MaxFunc(sends, time.Time.Compare).Sub(began)
	require.Less(t, last, 2*time.Duration(len(dbs)*each)*time.Second/sendsPerSecond, "hardly a permit is lost")
}

// R16
// Who takes what there is now gets a second's worth after a rest, then no more than the limit; together with who reserves.
func TestPermits_directKeepTheLimit(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	var (
		mu    sync.Mutex
		sends []time.Time
		group errgroup.Group
	)
	until := time.Now().Add(1500 * time.Millisecond)
	for i, db := range limited(f, t, 4) {
		group.Go(func() error {
			for reserved := 0; time.Now().Before(until); {
				ok, err := db.TryTake(t.Context(), postgrestest.Tenant)
				if err != nil {
					return err
				}
				at := time.Now()
				if i == 0 && !ok && reserved < 50 {
					reserved++
					wait, err := db.Take(t.Context(), postgrestest.Tenant)
					if err != nil {
						return err
					}
					at, ok = time.Now().Add(wait), true
				}
				if ok {
					mu.Lock()
					sends = append(sends, at)
					mu.Unlock()
				}
			}
			return nil
		})
	}
	require.NoError(t, group.Wait())
	withinLimit(t, sends)
	require.Greater(t, len(sends), sendsPerSecond, "a second's worth at once, and more with time")
}

// A process that sends much takes permits in blocks: not each of them updates the row.
func TestPermits_areTakenInBlocks(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	f.Exec(t, `create table updates (n int)`)
	f.Exec(t, `create function count_update() returns trigger language plpgsql as $$ begin insert into updates values (1); return null; end $$`)
	f.Exec(t, `create trigger count_update after update on send_limits for each row execute function count_update()`)
	db := postgrestest.Open(t, f.DSN, f.Ring, postgrestest.WithSendsPerSecond(10_000))
	for range 2000 {
		_, err := db.Take(t.Context(), postgrestest.Tenant)
		require.NoError(t, err)
	}
	require.Less(t, f.Count(t, "updates", "true"), 100)
	_, err := db.Take(t.Context(), conversation.Tenant("nobody"))
	require.ErrorIs(t, err, conversation.ErrNotFound)
}
