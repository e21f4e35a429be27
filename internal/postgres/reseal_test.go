package postgres_test

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
	"wxdesk/internal/postgres"
	"wxdesk/internal/secret"
	"wxdesk/internal/wechat/wxapi"
)

// otherBytes are the columns of bytes that no master key seals, and why. A new column of bytes goes here or into the list
// of what a rotation seals anew.
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
	"codec_sessions.token_hash": "hash",
}

func TestS2_everyColumnOfBytesIsSealedAnewOrKnownNotToBe(t *testing.T) {
	t.Parallel()
	f := newEmptyFixture(t)
	rotated := map[string]bool{}
	for _, v := range postgres.Vaults() {
		rotated[v.Table+"."+v.Column] = true
	}
	var columns []string
	require.NoError(t, f.raw.Select(&columns, `
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
func lived(t *testing.T) (f *fixture, both, alone *secret.Keyring) {
	t.Helper()
	f = newEmptyFixture(t)
	master := map[string]string{oldKey: secret.NewMasterKey(oldKey).Reveal(), newKey: secret.NewMasterKey(newKey).Reveal()}
	f.ring, both, alone = ringOf(t, master[oldKey]), ringOf(t, master[newKey], master[oldKey]), ringOf(t, master[newKey])
	f.DB = open(t, f.dsn, f.ring)
	runStory(t, f.DB, func(s step, call func() error) { require.NoError(t, call(), s.name) })
	accounts, err := f.ListAccounts(t.Context(), tenant, "", 1)
	require.NoError(t, err)
	f.account = accounts[0]

	bot := f.webhook(t)
	_, err = f.UpdateBot(t.Context(), cli, bot, secret.New("whsec_"+base64.StdEncoding.EncodeToString([]byte(strings.Repeat("n", 32)))))
	require.NoError(t, err)
	require.NoError(t, f.useBot(t, bot.ID))
	for _, v := range postgres.Vaults() {
		require.Positive(t, f.count(t, v.Table, v.Column+" is not null"), v)
	}
	return f, both, alone
}

func ringOf(t testing.TB, keys ...string) *secret.Keyring {
	t.Helper()
	ring, err := secret.ParseKeyring(secret.New(strings.Join(keys, ",")))
	require.NoError(t, err)
	return ring
}

// everythingOpens reads what every vault holds by the methods that need it.
func (f *fixture) everythingOpens(t *testing.T, db *postgres.DB) {
	t.Helper()
	ctx := t.Context()
	opened, err := db.CallbackAccount(ctx, f.account.ID)
	require.NoError(t, err)
	require.Len(t, opened.Tokens, 2, "the replaced one too")
	_, err = db.AccountKeys(ctx, tenant, f.account.ID)
	require.NoError(t, err)
	got, err := db.Credentials(ctx, tenant, f.account.ID)
	require.NoError(t, err)
	require.Equal(t, appSecret, got.AppSecret.Reveal())
	access, err := db.Token(ctx, string(f.account.ID))
	require.NoError(t, err)
	require.Equal(t, canary, access.Value.Reveal())

	conversations, err := db.Conversations(ctx, everything, conversation.Filter{}, conversation.Position{}, 10)
	require.NoError(t, err)
	for _, shown := range conversations {
		require.Contains(t, shown.Customer.OpenID, canary)
		lines, err := db.Messages(ctx, everything, shown.ID, 0, 100)
		require.NoError(t, err)
		require.NotEmpty(t, lines)
		for _, line := range lines {
			require.NotEqual(t, postgres.Unavailable, line.Text)
		}
	}
	// A bot's secrets go out with a question.
	batch := f.batch(newConversation(), "wang "+uuid.NewString(), says("k "+uuid.NewString(), "hi"))
	_, err = db.Receive(ctx, batch)
	require.NoError(t, err)
	turn, err := db.Turn(ctx, batch.Ref)
	require.NoError(t, err)
	require.False(t, turn.Question.Bot.Secret.Empty())
	require.False(t, turn.Question.Bot.OldSecret.Empty())
}

func TestS2_afterARotationEverythingOpensWithoutTheOldKey(t *testing.T) {
	t.Parallel()
	f, both, alone := lived(t)
	db := open(t, f.dsn, both)
	uses, err := db.KeyUses(t.Context())
	require.NoError(t, err)
	values := map[string]int{}
	for _, u := range uses {
		require.Equal(t, oldKey, u.Key)
		values[u.Place] = u.Values
	}
	require.Len(t, values, len(postgres.Vaults()))

	done, err := db.Reseal(t.Context(), cli)
	require.NoError(t, err)
	for _, r := range done {
		require.Equal(t, postgres.Resealed{Place: r.Place, Changed: values[r.Place]}, r)
	}
	require.Empty(t, f.tablesWith(t, oldKey))
	uses, err = db.KeyUses(t.Context())
	require.NoError(t, err)
	for _, u := range uses {
		require.Equal(t, postgres.KeyUse{Place: u.Place, Key: newKey, Values: values[u.Place]}, u)
	}
	require.Equal(t, 1, f.count(t, "audit", "action = 'keys.rotate' and actor = 'cli' and subject = $1", newKey))

	again, err := db.Reseal(t.Context(), cli)
	require.NoError(t, err)
	for _, r := range again {
		require.Equal(t, postgres.Resealed{Place: r.Place}, r, "there is nothing left to do")
	}
	require.Equal(t, 1, f.count(t, "audit", "action = 'keys.rotate'"))
	f.everythingOpens(t, open(t, f.dsn, alone))
	_, err = f.CallbackAccount(t.Context(), f.account.ID)
	require.ErrorIs(t, err, secret.ErrUnknownKey, "a process that has only the old key")
}

// tablesWith are the tables in which a text stands, as it is, in hex or in base64.
func (f *fixture) tablesWith(t *testing.T, text string) (found []string) {
	t.Helper()
	shapes := []string{text, hex.EncodeToString([]byte(text))}
	for shift := range 3 { // base64 inside a longer value begins at any of three places
		encoded := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("x", shift) + text))
		shapes = append(shapes, encoded[(shift*8+5)/6:len(encoded)-1])
	}
	var tables []string
	require.NoError(t, f.raw.Select(&tables, `select tablename from pg_tables where schemaname = 'public' and tablename <> 'audit'`))
	for _, table := range tables {
		for _, shape := range shapes {
			if f.count(t, table+" t", "position($1 in t::text) > 0", shape) > 0 {
				found = append(found, table)
			}
		}
	}
	return found
}

func TestS2_whatIsAlteredOrMovedIsLeftAsItIsAndCounted(t *testing.T) {
	t.Parallel()
	f, both, _ := lived(t)
	db := open(t, f.dsn, both)
	type spot struct { // the first value of a vault
		postgres.Vault
		where string
		good  []byte
	}
	var spots []spot
	for _, v := range postgres.Vaults() {
		s := spot{Vault: v, where: fmt.Sprintf("%[1]s = (select %[1]s from %[2]s where %[3]s is not null order by 1 limit 1)", v.ID, v.Table, v.Column)}
		require.NoError(t, f.raw.Get(&s.good, "select "+v.Column+" from "+v.Table+" where "+s.where))
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
			f.exec(t, "update "+s.Table+" set "+s.Column+" = $1 where "+s.where, spoil(n))
		}
		done, err := db.Reseal(t.Context(), cli)
		require.NoError(t, err)
		for n, s := range spots {
			require.Equal(t, 1, done[n].Unopened, "%s: %s", what, done[n].Place)
			require.Equal(t, 1, f.count(t, s.Table, s.where+" and "+s.Column+" = $1", spoil(n)), "it stays for whoever looks into it")
			f.exec(t, "update "+s.Table+" set "+s.Column+" = $1 where "+s.where, s.good)
		}
	}
	_, err := db.Reseal(t.Context(), cli)
	require.NoError(t, err)
	f.everythingOpens(t, db)
}

// K12 for rows of one vault: a frame that was taken from the row beside it.
func TestS2_aFrameOfAnotherRowIsNotSealedAnewWhereItDoesNotBelong(t *testing.T) {
	t.Parallel()
	f, both, _ := lived(t)
	f.exec(t, `update customers c set data_key = o.data_key from customers o where o.id <> c.id`) // the two change places
	db := open(t, f.dsn, both)
	done, err := db.Reseal(t.Context(), cli)
	require.NoError(t, err)
	for _, r := range done {
		if r.Place == "customers.data_key" {
			require.Equal(t, postgres.Resealed{Place: r.Place, Unopened: 2}, r)
		}
	}
}

func TestS2_aKeyThatIsNotOnTheRingIsNamedAndItsValuesStay(t *testing.T) {
	t.Parallel()
	f, _, alone := lived(t)
	db := open(t, f.dsn, alone)
	done, err := db.Reseal(t.Context(), cli)
	require.NoError(t, err)
	for _, r := range done {
		require.Zero(t, r.Changed)
		require.Positive(t, r.Unopened)
	}
	f.exec(t, `update customers set data_key = ''`) // as erasure does
	uses, err := db.KeyUses(t.Context())
	require.NoError(t, err)
	require.Len(t, uses, len(postgres.Vaults())-1)
	for _, u := range uses {
		require.Equal(t, oldKey, u.Key)
	}
	f.everythingOpensExceptCustomers(t)
}

func (f *fixture) everythingOpensExceptCustomers(t *testing.T) {
	t.Helper()
	_, err := f.CallbackAccount(t.Context(), f.account.ID)
	require.NoError(t, err)
	access, err := f.Token(t.Context(), string(f.account.ID))
	require.NoError(t, err)
	require.Equal(t, canary, access.Value.Reveal())
}

// A refresh of an access token holds its row for as long as WeChat takes to answer.
func TestS2_aRowThatIsHeldIsWaitedForWithoutALock(t *testing.T) {
	t.Parallel()
	f, both, alone := lived(t)
	held, err := f.raw.Beginx()
	require.NoError(t, err)
	defer held.Rollback() //nolint:errcheck // after Commit it does nothing
	_, err = held.Exec(`select from access_tokens for no key update`)
	require.NoError(t, err)

	db := open(t, f.dsn, both)
	finished := make(chan error, 1)
	go func() {
		_, err := db.Reseal(t.Context(), cli)
		finished <- err
	}()
	require.Eventually(t, func() bool { // the places before it are done, and none behind it is locked
		return f.count(t, "account_secrets", "position(convert_to($1, 'UTF8') in sealed) > 0", oldKey) == 0
	}, 10*time.Second, 10*time.Millisecond)
	require.NoError(t, held.Commit())
	require.NoError(t, <-finished)
	require.Empty(t, f.tablesWith(t, oldKey))
	f.everythingOpens(t, open(t, f.dsn, alone))
}

func TestS2_aThousandRowsRotatedUnderLoadFailNowhere(t *testing.T) {
	t.Parallel()
	const rows, keys = 1000, 5
	f := newFixture(t)
	master := []string{} // the first is the fixture's own
	for n := range keys {
		master = append(master, secret.NewMasterKey(fmt.Sprintf("rotation-key-%d", n)).Reveal())
	}
	ring := func(first int) *secret.Keyring { // all keys, this one first
		return ringOf(t, append([]string{master[first]}, append(append([]string{}, master[:first]...), master[first+1:]...)...)...)
	}
	f.DB = open(t, f.dsn, ring(0))
	var err error
	other := someAccount()
	other.AppID = "wxfedcba9876543210"
	f.account, err = f.CreateAccount(t.Context(), cli, other, someSecrets())
	require.NoError(t, err)
	f.exec(t, `delete from account_secrets where account_id <> $1`, f.account.ID)
	f.exec(t, `delete from accounts where id <> $1`, f.account.ID)

	customer := func(n int) (conversation.ID, string) {
		return conversation.ID(uuid.NewSHA1(uuid.Nil, fmt.Appendf(nil, "conversation %d", n)).String()), fmt.Sprintf("customer %d", n)
	}
	var filling sync.WaitGroup
	for part := range 8 {
		filling.Go(func() {
			for n := part; n < rows; n += 8 {
				id, name := customer(n)
				if _, err := f.Receive(t.Context(), f.batch(id, name, says("first of "+name, name))); err != nil {
					t.Errorf("fill: %v", err)
				}
			}
		})
	}
	filling.Wait()
	require.Equal(t, rows, f.count(t, "customers", "true"))

	load, stop := context.WithCancel(t.Context())
	var working sync.WaitGroup
	var calls atomic.Int64
	act := func(first int, call func(ctx context.Context, db *postgres.DB, n int) error) {
		db := openWith(t, 2, f.dsn, ring(first))
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
		act(first, func(ctx context.Context, db *postgres.DB, n int) error { // what was said reads as it was said
			id, name := customer(n * 7 % rows)
			lines, err := db.Messages(ctx, everything, id, 0, 1)
			if err == nil && lines[0].Text != canary+" "+name {
				err = errors.New("another text: " + lines[0].Text)
			}
			return err
		})
		act(first, func(ctx context.Context, db *postgres.DB, n int) error { // and more is said
			id, name := customer(n * 11 % rows)
			_, err := db.Receive(ctx, f.batch(id, name, says(uuid.NewString(), "more")))
			return err
		})
		act(first, func(ctx context.Context, db *postgres.DB, n int) error { // by new people too
			_, err := db.Receive(ctx, f.batch(newConversation(), fmt.Sprintf("new %d %d", first, n), says(uuid.NewString(), "hello")))
			return err
		})
		act(first, func(ctx context.Context, db *postgres.DB, n int) error { // the account is used and changed
			if _, err := db.CallbackAccount(ctx, f.account.ID); err != nil {
				return err
			}
			if _, err := db.Refresh(ctx, string(f.account.ID), secret.New("refused"), func(context.Context, bool) (wxapi.Token, error) {
				return wxapi.Token{Value: secret.New(canary), ExpiresAt: time.Now().Add(time.Hour)}, nil
			}); err != nil {
				return err
			}
			a, err := db.Account(ctx, tenant, f.account.ID)
			if err != nil {
				return err
			}
			a.Name = fmt.Sprintf("shop %d %d", first, n)
			_, err = db.UpdateAccount(ctx, cli, a, account.Secrets{})
			if errors.Is(err, conversation.ErrVersion) {
				err = nil // the other one was faster
			}
			return err
		})
		act(first, func(ctx context.Context, db *postgres.DB, n int) error {
			return db.RecordEvent(ctx, callback.Event{
				Tenant: tenant, AccountID: f.account.ID, MessageKey: uuid.NewString(), Kind: "VIEW", Body: []byte(canary), ReceivedAt: time.Now(),
			})
		})
	}

	rotate := func(first int) (changed int) {
		done, err := openWith(t, 2, f.dsn, ring(first)).Reseal(t.Context(), cli)
		require.NoError(t, err)
		for _, r := range done {
			require.Zero(t, r.Unopened, r)
			changed += r.Changed
		}
		return changed
	}
	for first := 1; first < keys; first++ {
		dying, kill := context.WithCancel(t.Context()) // one that is killed in the middle
		db := open(t, f.dsn, ring(first))
		killed := make(chan struct{})
		go func() { defer close(killed); _, _ = db.Reseal(dying, cli) }()
		require.Eventually(t, func() bool {
			return f.count(t, "customers", "position(convert_to($1, 'UTF8') in data_key) > 0", fmt.Sprintf("rotation-key-%d", first)) > 100*first
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
		require.Empty(t, f.tablesWith(t, fmt.Sprintf("rotation-key-%d", n)))
	}
	last := open(t, f.dsn, ringOf(t, master[keys-1]))
	for n := range rows {
		id, name := customer(n)
		lines, err := last.Messages(t.Context(), everything, id, 0, 1)
		require.NoError(t, err)
		require.Equal(t, canary+" "+name, lines[0].Text)
	}
	_, err = last.CallbackAccount(t.Context(), f.account.ID)
	require.NoError(t, err)
	t.Logf("%d calls beside %d rotations", calls.Load(), keys-1)
}
