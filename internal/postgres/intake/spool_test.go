package intake_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/callback"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres/intake"
	"wxdesk/internal/postgres/postgrestest"
)

func TestSpool_returnsWhatItStored(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	want := f.Spools(t, "a", "m1")
	got, err := f.ClaimSpooled(t.Context(), 1)
	require.NoError(t, err)
	require.Len(t, got, 1)
	got[0].ReceivedAt = got[0].ReceivedAt.UTC()
	require.Equal(t, want, got[0].Received)
}

func TestSpool_keepsOtherContentUnderAKnownKey(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	f.Spools(t, "a", "m1")
	f.Spools(t, "a", "m1")
	require.Equal(t, 1, f.Count(t, "spool", "true"))
	other := postgrestest.SpooledBy("a", "m1", f.TheAccount.ID)
	other.Fingerprint = "print of something else"
	require.NoError(t, f.Spool(t.Context(), other))
	require.Equal(t, 2, f.Count(t, "spool", "true"))
}

func TestSpool_countsWhatWaits(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	empty, err := f.SpoolEmpty(t.Context())
	require.NoError(t, err)
	require.True(t, empty)
	f.Spools(t, "a", "m1")
	f.Exec(t, `update spool set created_at = now() - interval '1 minute'`)
	f.Spools(t, "a", "m2")

	empty, err = f.SpoolEmpty(t.Context())
	require.NoError(t, err)
	require.False(t, empty)
	for customer, waits := range map[conversation.CustomerKey]bool{"a": true, "b": false} {
		has, err := f.SpoolHas(t.Context(), postgrestest.Tenant, f.TheAccount.ID, customer)
		require.NoError(t, err)
		require.Equal(t, waits, has)
	}
	n, oldest, err := f.SpoolSize(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 2, n)
	require.GreaterOrEqual(t, oldest, time.Minute)
}

// A claim is for the first callback of each conversation, oldest conversation first, and keeps others off until it has run out.
func TestSpool_claimsConversationsOnce(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	for _, spooled := range [][2]string{{"a", "a1"}, {"b", "b1"}, {"a", "a2"}, {"c", "c1"}} {
		f.Spools(t, spooled[0], spooled[1])
	}
	require.Equal(t, []string{"a1", "b1"}, claims(f, t, f.Ledger, 2))
	require.Equal(t, []string{"c1"}, claims(f, t, f.Ledger, 2))
	require.Empty(t, claims(f, t, f.Ledger, 2))

	f.Exec(t, `update spool set claimed_until = now() where message_key = 'a1'`)
	require.Equal(t, []string{"a1"}, claims(f, t, f.Ledger, 9))

	first := callback.Spooled{Received: postgrestest.SpooledBy("a", "", f.TheAccount.ID)}
	waiting, err := f.SpooledFrom(t.Context(), first, 9)
	require.NoError(t, err)
	require.Len(t, waiting, 2)
	require.NoError(t, f.Unspool(t.Context(), []int64{waiting[0].ID}))
	require.Equal(t, []string{"a2"}, claims(f, t, f.Ledger, 9), "the next of the conversation is nobody's")
}

func TestSpool_twoProcessesNeverClaimTheSame(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	const conversations = 60
	for i := range conversations {
		f.Spools(t, fmt.Sprint("customer ", i), fmt.Sprint("m", i))
	}
	var (
		both    sync.WaitGroup
		mu      sync.Mutex
		claimed = map[string]int{}
	)
	for range 4 {
		db := postgrestest.Open(t, f.DSN, f.Ring)
		both.Go(func() {
			for range conversations {
				for _, key := range claims(f, t, db, 3) {
					mu.Lock()
					claimed[key]++
					mu.Unlock()
				}
			}
		})
	}
	both.Wait()
	require.Len(t, claimed, conversations)
	for key, times := range claimed {
		require.Equal(t, 1, times, key)
	}
}

func claims(f *postgrestest.Fixture, t *testing.T, db *postgrestest.Ledger, most int) (keys []string) {
	t.Helper()
	firsts, err := db.ClaimSpooled(t.Context(), most)
	require.NoError(t, err)
	for _, s := range firsts {
		keys = append(keys, s.MessageKey)
	}
	return keys
}

// R29
// However many callbacks wait, a claim reads few of them: for many customers, for one who floods, and behind one who floods
// and is claimed.
func TestClaimSpooled_readsFewOfMany(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	const most = 3000 // blocks; changing 64 rows takes about a third of that
	const spools = `
		insert into spool (tenant, account_id, customer_key, delivery_id, message_key, fingerprint, ciphertext, received_at, stale, traceparent)
		select 'default', $1, case when $2 then 'flood' else 'customer ' || n end, gen_random_uuid(), $2 || 'm' || n, '', repeat('x', case when $2 then 100 else 1000 end), now(), false, ''
		from generate_series(1, 30000) n`
	claim := func() []string {
		t.Helper()
		for _, claim := range intake.ClaimSpooled() {
			require.Less(t, f.Blocks(t, claim, "int, bigint", "64, 3000"), most)
		}
		claimed := claims(f, t, f.Ledger, 64)
		f.Exec(t, `update spool set claimed_until = now() + interval '1 hour' where claimed_until is not null`) // however slow the machine is
		return claimed
	}
	f.Exec(t, spools, f.TheAccount.ID, true)
	f.Exec(t, `analyze spool`)
	require.Equal(t, []string{"truem1"}, claim())
	f.Exec(t, spools, f.TheAccount.ID, false)
	f.Exec(t, `analyze spool`)
	all := f.Blocks(t, `select max(length(ciphertext)) from spool where id > $1`, "bigint", "0")
	require.Greater(t, all, most, "a claim that reads every callback would be found")
	require.Len(t, claim(), 64, "behind the flood")
	f.Exec(t, `delete from spool where customer_key = 'flood'`)
	require.Len(t, claim(), 64)
	require.Equal(t, 128, f.Count(t, "spool", "claimed_until > now()"), "no conversation twice")
}
