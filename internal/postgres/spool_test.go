package postgres_test

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/callback"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
)

// spooledBy is a callback of a customer.
func spooledBy(customer, messageKey string, account conversation.AccountID) callback.Received {
	return callback.Received{
		Tenant: tenant, AccountID: account, CustomerKey: conversation.CustomerKey(customer), DeliveryID: uuid.NewString(),
		MessageKey: messageKey, KeyID: "11111111-1111-4111-8111-111111111111", Ciphertext: "c2VhbGVk",
		ReceivedAt: time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC), Fingerprint: "print of " + messageKey,
		Traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
	}
}

func (f *fixture) spools(t *testing.T, customer, messageKey string) callback.Received {
	t.Helper()
	h := spooledBy(customer, messageKey, f.account.ID)
	require.NoError(t, f.Spool(t.Context(), h))
	return h
}

func TestSpool_givesBackWhatItTook(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	want := f.spools(t, "a", "m1")
	got, err := f.ClaimSpooled(t.Context(), 1)
	require.NoError(t, err)
	require.Len(t, got, 1)
	got[0].ReceivedAt = got[0].ReceivedAt.UTC()
	require.Equal(t, want, got[0].Received)
}

func TestSpool_aRepeatChangesNothingAndOtherContentIsKept(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.spools(t, "a", "m1")
	f.spools(t, "a", "m1")
	require.Equal(t, 1, f.count(t, "spool", "true"))
	other := spooledBy("a", "m1", f.account.ID)
	other.Fingerprint = "print of something else"
	require.NoError(t, f.Spool(t.Context(), other))
	require.Equal(t, 2, f.count(t, "spool", "true"))
}

func TestSpool_knowsWhoWaitsAndHowMany(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	empty, err := f.SpoolEmpty(t.Context())
	require.NoError(t, err)
	require.True(t, empty)
	f.spools(t, "a", "m1")
	f.exec(t, `update spool set created_at = now() - interval '1 minute'`)
	f.spools(t, "a", "m2")

	empty, err = f.SpoolEmpty(t.Context())
	require.NoError(t, err)
	require.False(t, empty)
	for customer, waits := range map[conversation.CustomerKey]bool{"a": true, "b": false} {
		has, err := f.SpoolHas(t.Context(), tenant, f.account.ID, customer)
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
	f := newFixture(t)
	for _, spooled := range [][2]string{{"a", "a1"}, {"b", "b1"}, {"a", "a2"}, {"c", "c1"}} {
		f.spools(t, spooled[0], spooled[1])
	}
	require.Equal(t, []string{"a1", "b1"}, f.claims(t, f.DB, 2))
	require.Equal(t, []string{"c1"}, f.claims(t, f.DB, 2))
	require.Empty(t, f.claims(t, f.DB, 2))

	f.exec(t, `update spool set claimed_until = now() where message_key = 'a1'`)
	require.Equal(t, []string{"a1"}, f.claims(t, f.DB, 9))

	first := callback.Spooled{Received: spooledBy("a", "", f.account.ID)}
	waiting, err := f.SpooledFrom(t.Context(), first, 9)
	require.NoError(t, err)
	require.Len(t, waiting, 2)
	require.NoError(t, f.Unspool(t.Context(), []int64{waiting[0].ID}))
	require.Equal(t, []string{"a2"}, f.claims(t, f.DB, 9), "the next of the conversation is nobody's")
}

func TestSpool_twoProcessesNeverClaimTheSame(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	const conversations = 60
	for i := range conversations {
		f.spools(t, fmt.Sprint("customer ", i), fmt.Sprint("m", i))
	}
	var (
		both    sync.WaitGroup
		mu      sync.Mutex
		claimed = map[string]int{}
	)
	for range 4 {
		db := open(t, f.dsn, f.ring)
		both.Go(func() {
			for range conversations {
				for _, key := range f.claims(t, db, 3) {
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

func (f *fixture) claims(t *testing.T, db *postgres.DB, most int) (keys []string) {
	t.Helper()
	firsts, err := db.ClaimSpooled(t.Context(), most)
	require.NoError(t, err)
	for _, s := range firsts {
		keys = append(keys, s.MessageKey)
	}
	return keys
}

// However many callbacks wait, a claim reads few of them: for many customers, for one who floods, and behind one who floods
// and is claimed.
func TestClaimSpooled_readsFewOfMany(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	const spools = `
		insert into spool (tenant, account_id, customer_key, delivery_id, message_key, fingerprint, ciphertext, received_at, stale, traceparent)
		select 'default', $1, case when $2 then 'flood' else 'customer ' || n end, gen_random_uuid(), $2 || 'm' || n, '', repeat('x', 100), now(), false, ''
		from generate_series(1, 30000) n`
	claim := func() []string {
		t.Helper()
		for _, claim := range postgres.ClaimSpooled() {
			require.Less(t, f.blocks(t, claim, "int, bigint", "64, 3000"), 3000)
		}
		claimed := f.claims(t, f.DB, 64)
		f.exec(t, `update spool set claimed_until = now() + interval '1 hour' where claimed_until is not null`) // however slow the machine is
		return claimed
	}
	f.exec(t, spools, f.account.ID, true)
	f.exec(t, `analyze spool`)
	require.Equal(t, []string{"truem1"}, claim())
	f.exec(t, spools, f.account.ID, false)
	f.exec(t, `analyze spool`)
	require.Len(t, claim(), 64, "behind the flood")
	f.exec(t, `delete from spool where customer_key = 'flood'`)
	require.Len(t, claim(), 64)
	require.Equal(t, 128, f.count(t, "spool", "claimed_until > now()"), "no conversation twice")
}

// blocks counts how many blocks a statement looks at, planned for any arguments.
func (f *fixture) blocks(t *testing.T, statement, types, args string) int {
	t.Helper()
	tx, err := f.raw.Beginx()
	require.NoError(t, err)
	defer tx.Rollback() //nolint:errcheck // it leaves nothing behind
	var plans []byte
	for _, s := range []string{`set local plan_cache_mode = force_generic_plan`, `prepare looked_at (` + types + `) as ` + statement} {
		_, err := tx.Exec(s)
		require.NoError(t, err)
	}
	require.NoError(t, tx.Get(&plans, `explain (analyze, buffers, format json) execute looked_at (`+args+`)`))
	_, err = tx.Exec(`deallocate looked_at`)
	require.NoError(t, err)
	var plan []struct {
		Plan struct {
			Hit  int `json:"Shared Hit Blocks"`
			Read int `json:"Shared Read Blocks"`
		}
	}
	require.NoError(t, json.Unmarshal(plans, &plan))
	return plan[0].Plan.Hit + plan[0].Plan.Read
}
