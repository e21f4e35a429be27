package upkeep_test

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/account"
	"wxdesk/internal/callback"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres/postgrestest"
	"wxdesk/internal/postgres/sealing"
	"wxdesk/internal/postgres/upkeep"
	"wxdesk/internal/secret"
	"wxdesk/internal/wechat/wxapi"
)

// otherBytes are the columns of bytes that no master key seals, and why. A new column of bytes goes here or into the list
// of what a rotation seals again.
var otherBytes = map[string]string{
	"customers.openid":      "customer",
	"messages.body":         "customer",
	"turns.reason":          "customer",
	"turns.summary":         "customer",
	"conversations.context": "customer",
	"notes.body":            "customer",
	"commands.acted":        "customer",
	"customers.tags":        "customer",
	"api_tokens.hash":       "hash",
	"commands.request":      "hash",

	"codec_sessions.hash":       "hash",
	"sessions.hash":             "hash",
	"sign_in_links.hash":        "hash",
	"codec_sessions.token_hash": "hash",
}

// S2
func TestReseal_knowsEveryColumnOfBytes(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewEmptyFixture(t)
	rotated := map[string]bool{}
	for _, v := range upkeep.Vaults() {
		rotated[v.Table+"."+v.Column] = true
	}
	var columns []string
	require.NoError(t, f.Raw.Select(&columns, `
		select table_name || '.' || column_name from information_schema.columns
		where table_schema = 'public' and data_type = 'bytea' order by 1`))
	require.Len(t, columns, len(rotated)+len(otherBytes), "a listed column is no more")
	for _, column := range columns {
		require.True(t, rotated[column] != (otherBytes[column] != ""),
			"%s: if a master key seals it, add it to vaults in vault.go, or wxdesk keys rotate forgets it; if not, say here what it is", column)
	}
}

// Key ids that can be found in a database again, whatever shape they take.
const (
	oldKey = "rotated-away-key"
	newKey = "taken-up-key"
)

// lived is a database with something in every vault, all of it sealed by oldKey, and a ring with newKey before that.
func lived(t *testing.T) (f *postgrestest.Fixture, both, alone *secret.Keyring) {
	t.Helper()
	f = postgrestest.NewEmptyFixture(t)
	master := map[string]string{oldKey: secret.NewMasterKey(oldKey).Reveal(), newKey: secret.NewMasterKey(newKey).Reveal()}
	f.Ring, both, alone = postgrestest.RingOf(t, master[oldKey]), postgrestest.RingOf(t, master[newKey], master[oldKey]), postgrestest.RingOf(t, master[newKey])
	f.Ledger = postgrestest.Open(t, f.DSN, f.Ring)
	postgrestest.RunStory(t, f.Ledger, func(s postgrestest.Step, call func() error) { require.NoError(t, call(), s.Name) })
	accounts, err := f.ListAccounts(t.Context(), postgrestest.Tenant, "", 1)
	require.NoError(t, err)
	f.TheAccount = accounts[0]

	bot := f.Webhook(t)
	_, err = f.UpdateBot(t.Context(), postgrestest.CLI, bot, secret.New("whsec_"+base64.StdEncoding.EncodeToString([]byte(strings.Repeat("n", 32)))))
	require.NoError(t, err)
	require.NoError(t, f.UseBot(t, bot.ID))
	for _, v := range upkeep.Vaults() {
		require.Positive(t, f.Count(t, v.Table, v.Column+" is not null"), v)
	}
	return f, both, alone
}

// everythingOpens reads what every vault holds by the methods that need it.
func everythingOpens(f *postgrestest.Fixture, t *testing.T, db *postgrestest.Ledger) {
	t.Helper()
	ctx := t.Context()
	opened, err := db.CallbackAccount(ctx, f.TheAccount.ID)
	require.NoError(t, err)
	require.Len(t, opened.Tokens, 2, "the replaced one too")
	_, err = db.AccountKeys(ctx, postgrestest.Tenant, f.TheAccount.ID)
	require.NoError(t, err)
	got, err := db.Credentials(ctx, postgrestest.Tenant, f.TheAccount.ID)
	require.NoError(t, err)
	require.Equal(t, postgrestest.AppSecret, got.AppSecret.Reveal())
	access, err := db.Token(ctx, string(f.TheAccount.ID))
	require.NoError(t, err)
	require.Equal(t, postgrestest.Canary, access.Value.Reveal())

	conversations, err := db.Conversations(ctx, postgrestest.Everything, conversation.Filter{}, conversation.Position{}, 10)
	require.NoError(t, err)
	for _, shown := range conversations {
		require.Contains(t, shown.Customer.OpenID, postgrestest.Canary)
		lines, err := db.Messages(ctx, postgrestest.Everything, shown.ID, 0, 100)
		require.NoError(t, err)
		require.NotEmpty(t, lines)
		for _, line := range lines {
			require.NotEqual(t, sealing.Unavailable, line.Text)
		}
	}
	// A bot's secrets go out with a question.
	batch := f.Batch(postgrestest.NewConversation(), "wang "+uuid.NewString(), postgrestest.Says("k "+uuid.NewString(), "hi"))
	_, err = db.Receive(ctx, batch)
	require.NoError(t, err)
	turn, err := db.Turn(ctx, batch.Ref)
	require.NoError(t, err)
	require.False(t, turn.Question.Bot.Secret.Empty())
	require.False(t, turn.Question.Bot.OldSecret.Empty())
}

// S2
func TestReseal_allOpensWithoutTheOldKey(t *testing.T) {
	t.Parallel()
	f, both, alone := lived(t)
	db := postgrestest.Open(t, f.DSN, both)
	uses, err := db.KeyUses(t.Context())
	require.NoError(t, err)
	values := map[string]int{}
	for _, u := range uses {
		require.Equal(t, oldKey, u.Key)
		values[u.Place] = u.Values
	}
	require.Len(t, values, len(upkeep.Vaults()))

	done, err := db.Reseal(t.Context(), postgrestest.CLI)
	require.NoError(t, err)
	for _, r := range done {
		require.Equal(t, upkeep.Resealed{Place: r.Place, Changed: values[r.Place]}, r)
	}
	require.Empty(t, tablesWith(f, t, oldKey))
	uses, err = db.KeyUses(t.Context())
	require.NoError(t, err)
	for _, u := range uses {
		require.Equal(t, upkeep.KeyUse{Place: u.Place, Key: newKey, Values: values[u.Place]}, u)
	}
	require.Equal(t, 1, f.Count(t, "audit", "action = 'keys.rotate' and actor = 'cli' and subject = $1", newKey))

	again, err := db.Reseal(t.Context(), postgrestest.CLI)
	require.NoError(t, err)
	for _, r := range again {
		require.Equal(t, upkeep.Resealed{Place: r.Place}, r, "there is nothing left to do")
	}
	require.Equal(t, 1, f.Count(t, "audit", "action = 'keys.rotate'"))
	everythingOpens(f, t, postgrestest.Open(t, f.DSN, alone))
	_, err = f.CallbackAccount(t.Context(), f.TheAccount.ID)
	require.ErrorIs(t, err, secret.ErrUnknownKey, "a process that has only the old key")
}

// tablesWith are the tables in which a text stands, as it is, in hex or in base64.
func tablesWith(f *postgrestest.Fixture, t *testing.T, text string) (found []string) {
	t.Helper()
	shapes := []string{text, hex.EncodeToString([]byte(text))}
	for shift := range 3 { // base64 inside a longer value begins at any of three places
		encoded := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("x", shift) + text))
		shapes = append(shapes, encoded[(shift*8+5)/6:len(encoded)-1])
	}
	var tables []string
	require.NoError(t, f.Raw.Select(&tables, `select tablename from pg_tables where schemaname = 'public' and tablename <> 'audit'`))
	for _, table := range tables {
		for _, shape := range shapes {
			if f.Count(t, table+" t", "position($1 in t::text) > 0", shape) > 0 {
				found = append(found, table)
			}
		}
	}
	return found
}

// S2
func TestReseal_leavesAlteredValues(t *testing.T) {
	t.Parallel()
	f, both, _ := lived(t)
	db := postgrestest.Open(t, f.DSN, both)
	type spot struct { // the first value of a vault
		upkeep.Vault
		where string
		good  []byte
	}
	var spots []spot
	for _, v := range upkeep.Vaults() {
		s := spot{Vault: v, where: fmt.Sprintf("%[1]s = (select %[1]s from %[2]s where %[3]s is not null order by 1 limit 1)", v.ID, v.Table, v.Column)}
		require.NoError(t, f.Raw.Get(&s.good, "select "+v.Column+" from "+v.Table+" where "+s.where))
		spots = append(spots, s)
	}
	for what, spoil := range map[string]func(n int) []byte{
		"a bit": func(n int) []byte {
			flipped := append([]byte{}, spots[n].good...)
			flipped[len(flipped)-1] ^= 0x20
			return flipped
		},
		"cut":            func(n int) []byte { return spots[n].good[:len(spots[n].good)-1] },
		"no frame":       func(int) []byte { return []byte{7} },
		"from elsewhere": func(n int) []byte { return spots[(n+1)%len(spots)].good },
	} {
		for n, s := range spots {
			f.Exec(t, "update "+s.Table+" set "+s.Column+" = $1 where "+s.where, spoil(n))
		}
		done, err := db.Reseal(t.Context(), postgrestest.CLI)
		require.NoError(t, err)
		for n, s := range spots {
			require.Equal(t, 1, done[n].Unopened, "%s: %s", what, done[n].Place)
			require.Equal(t, 1, f.Count(t, s.Table, s.where+" and "+s.Column+" = $1", spoil(n)), "it stays for whoever looks into it")
			f.Exec(t, "update "+s.Table+" set "+s.Column+" = $1 where "+s.where, s.good)
		}
	}
	_, err := db.Reseal(t.Context(), postgrestest.CLI)
	require.NoError(t, err)
	everythingOpens(f, t, db)
}

// S2, K12
// A frame was taken from the row beside it, of the same vault.
func TestReseal_leavesFramesOfAnotherRow(t *testing.T) {
	t.Parallel()
	f, both, _ := lived(t)
	f.Exec(t, `update customers c set data_key = o.data_key from customers o where o.id <> c.id`) // the two change places
	db := postgrestest.Open(t, f.DSN, both)
	done, err := db.Reseal(t.Context(), postgrestest.CLI)
	require.NoError(t, err)
	for _, r := range done {
		if r.Place == "customers.data_key" {
			require.Equal(t, upkeep.Resealed{Place: r.Place, Unopened: 2}, r)
		}
	}
}

// S2
func TestReseal_namesAMissingKey(t *testing.T) {
	t.Parallel()
	f, _, alone := lived(t)
	db := postgrestest.Open(t, f.DSN, alone)
	done, err := db.Reseal(t.Context(), postgrestest.CLI)
	require.NoError(t, err)
	for _, r := range done {
		require.Zero(t, r.Changed)
		require.Positive(t, r.Unopened)
	}
	f.Exec(t, `update customers set data_key = ''`) // as erasure does
	uses, err := db.KeyUses(t.Context())
	require.NoError(t, err)
	require.Len(t, uses, len(upkeep.Vaults())-1)
	for _, u := range uses {
		require.Equal(t, oldKey, u.Key)
	}
	everythingOpensExceptCustomers(f, t)
}

func everythingOpensExceptCustomers(f *postgrestest.Fixture, t *testing.T) {
	t.Helper()
	_, err := f.CallbackAccount(t.Context(), f.TheAccount.ID)
	require.NoError(t, err)
	access, err := f.Token(t.Context(), string(f.TheAccount.ID))
	require.NoError(t, err)
	require.Equal(t, postgrestest.Canary, access.Value.Reveal())
}

// S2
// A refresh of an access token holds its row for as long as WeChat takes to answer.
func TestReseal_waitsForALockedRow(t *testing.T) {
	t.Parallel()
	f, both, alone := lived(t)
	held, err := f.Raw.Beginx()
	require.NoError(t, err)
	defer held.Rollback() //nolint:errcheck // after Commit it does nothing
	_, err = held.Exec(`select from access_tokens for no key update`)
	require.NoError(t, err)

	db := postgrestest.Open(t, f.DSN, both)
	finished := make(chan error, 1)
	go func() {
		_, err := db.Reseal(t.Context(), postgrestest.CLI)
		finished <- err
	}()
	require.Eventually(t, func() bool { // the places before it are done, and none behind it is locked
		return f.Count(t, "account_secrets", "position(convert_to($1, 'UTF8') in sealed) > 0", oldKey) == 0
	}, 10*time.Second, 10*time.Millisecond)
	require.NoError(t, held.Commit())
	require.NoError(t, <-finished)
	require.Empty(t, tablesWith(f, t, oldKey))
	everythingOpens(f, t, postgrestest.Open(t, f.DSN, alone))
}

// S2
func TestReseal_failsNoCallUnderLoad(t *testing.T) {
	t.Parallel()
	const rows, keys = 1000, 5
	f := postgrestest.NewFixture(t)
	master := []string{} // the first is the fixture's own
	for n := range keys {
		master = append(master, secret.NewMasterKey(fmt.Sprintf("rotation-key-%d", n)).Reveal())
	}
	ring := func(first int) *secret.Keyring { // all keys, this one first
		return postgrestest.RingOf(t, append([]string{master[first]}, append(append([]string{}, master[:first]...), master[first+1:]...)...)...)
	}
	f.Ledger = postgrestest.Open(t, f.DSN, ring(0))
	var err error
	other := postgrestest.SomeAccount()
	other.AppID = "wxfedcba9876543210"
	f.TheAccount, err = f.CreateAccount(t.Context(), postgrestest.CLI, other, postgrestest.SomeSecrets())
	require.NoError(t, err)
	f.Exec(t, `delete from account_secrets where account_id <> $1`, f.TheAccount.ID)
	f.Exec(t, `delete from accounts where id <> $1`, f.TheAccount.ID)

	customer := func(n int) (conversation.ID, string) {
		return conversation.ID(uuid.NewSHA1(uuid.Nil, fmt.Appendf(nil, "conversation %d", n)).String()), fmt.Sprintf("customer %d", n)
	}
	var filling sync.WaitGroup
	for part := range 8 {
		filling.Go(func() {
			for n := part; n < rows; n += 8 {
				id, name := customer(n)
				if _, err := f.Receive(t.Context(), f.Batch(id, name, postgrestest.Says("first of "+name, name))); err != nil {
					t.Errorf("fill: %v", err)
				}
			}
		})
	}
	filling.Wait()
	require.Equal(t, rows, f.Count(t, "customers", "true"))

	load, stop := context.WithCancel(t.Context())
	var working sync.WaitGroup
	var calls atomic.Int64
	act := func(first int, call func(ctx context.Context, db *postgrestest.Ledger, n int) error) {
		db := postgrestest.OpenWith(t, 2, f.DSN, ring(first))
		working.Go(func() {
			for n := first; load.Err() == nil; n++ {
				if err := call(context.WithoutCancel(load), db, n); err != nil {
					t.Errorf("under load: %v", err)
					return
				}
				calls.Add(1)
			}
		})
	}
	for first := range 2 { // processes of before the change, and of after it
		act(first, func(ctx context.Context, db *postgrestest.Ledger, n int) error { // what was said reads as it was said
			id, name := customer(n * 7 % rows)
			lines, err := db.Messages(ctx, postgrestest.Everything, id, 0, 1)
			if err == nil && lines[0].Text != postgrestest.Canary+" "+name {
				err = errors.New("another text: " + lines[0].Text)
			}
			return err
		})
		act(first, func(ctx context.Context, db *postgrestest.Ledger, n int) error { // and more is said
			id, name := customer(n * 11 % rows)
			_, err := db.Receive(ctx, f.Batch(id, name, postgrestest.Says(uuid.NewString(), "more")))
			return err
		})
		act(first, func(ctx context.Context, db *postgrestest.Ledger, n int) error { // by new people too
			_, err := db.Receive(ctx, f.Batch(postgrestest.NewConversation(), fmt.Sprintf("new %d %d", first, n), postgrestest.Says(uuid.NewString(), "hello")))
			return err
		})
		act(first, func(ctx context.Context, db *postgrestest.Ledger, n int) error { // the account is used and changed
			if _, err := db.CallbackAccount(ctx, f.TheAccount.ID); err != nil {
				return err
			}
			if _, err := db.Refresh(ctx, string(f.TheAccount.ID), secret.New("refused"), func(context.Context, bool) (wxapi.Token, error) {
				return wxapi.Token{Value: secret.New(postgrestest.Canary), ExpiresAt: time.Now().Add(time.Hour)}, nil
			}); err != nil {
				return err
			}
			a, err := db.Account(ctx, postgrestest.Tenant, f.TheAccount.ID)
			if err != nil {
				return err
			}
			a.Name = fmt.Sprintf("shop %d %d", first, n)
			_, err = db.UpdateAccount(ctx, postgrestest.CLI, a, account.Secrets{})
			if errors.Is(err, conversation.ErrVersion) {
				err = nil // the other one was faster
			}
			return err
		})
		act(first, func(ctx context.Context, db *postgrestest.Ledger, n int) error {
			return db.RecordEvent(ctx, callback.Event{
				Tenant: postgrestest.Tenant, AccountID: f.TheAccount.ID, MessageKey: uuid.NewString(), Kind: "VIEW", Body: []byte(postgrestest.Canary), ReceivedAt: time.Now(),
			})
		})
	}

	rotate := func(first int) (changed int) {
		done, err := postgrestest.OpenWith(t, 2, f.DSN, ring(first)).Reseal(t.Context(), postgrestest.CLI)
		require.NoError(t, err)
		for _, r := range done {
			require.Zero(t, r.Unopened, r)
			changed += r.Changed
		}
		return changed
	}
	for first := 1; first < keys; first++ {
		dying, kill := context.WithCancel(t.Context()) // one that is killed in the middle
		db := postgrestest.Open(t, f.DSN, ring(first))
		killed := make(chan struct{})
		go func() { defer close(killed); _, _ = db.Reseal(dying, postgrestest.CLI) }()
		require.Eventually(t, func() bool {
			return f.Count(t, "customers", "position(convert_to($1, 'UTF8') in data_key) > 0", fmt.Sprintf("rotation-key-%d", first)) > 100*first
		}, 10*time.Second, time.Millisecond)
		kill()
		<-killed
		rotate(first)
	}
	before := calls.Load()
	require.Eventually(t, func() bool { return calls.Load() > before+100 || t.Failed() }, 20*time.Second, 10*time.Millisecond)
	stop()
	working.Wait()
	rotate(keys - 1) // what processes sealed with a key that was first for them

	for n := range keys - 1 {
		require.Empty(t, tablesWith(f, t, fmt.Sprintf("rotation-key-%d", n)))
	}
	last := postgrestest.Open(t, f.DSN, postgrestest.RingOf(t, master[keys-1]))
	for n := range rows {
		id, name := customer(n)
		lines, err := last.Messages(t.Context(), postgrestest.Everything, id, 0, 1)
		require.NoError(t, err)
		require.Equal(t, postgrestest.Canary+" "+name, lines[0].Text)
	}
	_, err = last.CallbackAccount(t.Context(), f.TheAccount.ID)
	require.NoError(t, err)
	t.Logf("%d calls beside %d rotations", calls.Load(), keys-1)
}
