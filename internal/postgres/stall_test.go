package postgres_test

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/callback"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/postgrestest"
)

// patience is the context's; whatever stalls, the call must end a quarter of a second later. The rest of slack is for a
// busy machine.
const (
	patience = 400 * time.Millisecond
	slack    = time.Second
)

func endsInTime(t *testing.T, call func(ctx context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	begun := time.Now()
	err := call(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Less(t, time.Since(begun), patience+slack)
}

// R3
func TestStalledPostgres_endsCallsInTime(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	p := newProxy(t, f.DSN)
	db := postgrestest.OpenWith(t, 2, p.dsn, f.Ring)
	batch := f.Batch(postgrestest.NewConversation(), "li", postgrestest.Says("k1", "hello"))

	p.stall()
	t.Run("read on a connection of the pool", func(t *testing.T) {
		endsInTime(t, func(ctx context.Context) error {
			_, err := db.CallbackAccount(ctx, f.TheAccount.ID)
			return err
		})
	})
	t.Run("transaction on a new connection", func(t *testing.T) {
		endsInTime(t, func(ctx context.Context) error {
			_, err := db.Receive(ctx, batch)
			return err
		})
	})
	t.Run("opening", func(t *testing.T) {
		endsInTime(t, func(ctx context.Context) error {
			_, err := postgrestest.OpenLedger(ctx, p.dsn, f.Ring)
			return err
		})
	})

	p.resume()
	got, err := db.Receive(t.Context(), batch)
	require.NoError(t, err)
	require.Equal(t, []callback.ReceiptOutcome{"new"}, postgrestest.Outcomes(got))
}

// R3
func TestLockedRow_endsCallsInTime(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	batch := f.Batch(postgrestest.NewConversation(), "li", postgrestest.Says("k1", "hello"))
	f.MustReceive(t, batch)
	tx, err := f.Raw.Beginx()
	require.NoError(t, err)
	defer tx.Rollback() //nolint:errcheck // ends the lock
	_, err = tx.Exec(`select 1 from customers for update`)
	require.NoError(t, err)

	endsInTime(t, func(ctx context.Context) error {
		_, err := f.Receive(ctx, batch)
		return err
	})
}

func TestOpen_lateCancelHarmsNoOtherCall(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	db := postgrestest.OpenWith(t, 1, f.DSN, f.Ring)
	for range 50 {
		ctx, cancel := context.WithCancel(t.Context())
		_, err := db.CallbackAccount(ctx, f.TheAccount.ID)
		require.NoError(t, err)
		go cancel() // while the next call is on the same connection
	}
}

func TestOpen_limitsItsSessions(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	p := newProxy(t, f.DSN)
	db := postgrestest.Open(t, p.dsn, f.Ring)
	tx, err := f.Raw.Beginx()
	require.NoError(t, err)
	defer tx.Rollback() //nolint:errcheck // ends the lock
	_, err = tx.Exec(`select 1 from accounts for update`)
	require.NoError(t, err)

	begun := time.Now()
	err = db.DeleteAccount(t.Context(), postgrestest.CLI, f.TheAccount.ID) // its context never ends
	var refused *postgres.SQLError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "55P03", refused.Code, "lock_not_available")
	require.Less(t, time.Since(begun), 5*time.Second)
}

// R28
// Nobody knows why it took so long; the same may be asked again.
func TestOpen_statementTimeoutIsLater(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	f.Exec(t, `create function slow() returns trigger language plpgsql as 'begin perform pg_sleep(60); return new; end'`)
	f.Exec(t, `create trigger slow before update on accounts for each row execute function slow()`)

	begun := time.Now()
	err := f.DeleteAccount(t.Context(), postgrestest.CLI, f.TheAccount.ID) // its context never ends
	require.ErrorIs(t, err, conversation.ErrLater)
	var refused *postgres.SQLError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "57014", refused.Code, "query_canceled")
	require.Less(t, time.Since(begun), 20*time.Second, "it is not tried again")
}

func TestOpen_takesBothFormsOfDSN(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	for _, link := range []string{f.DSN, newProxy(t, f.DSN).dsn} { // a unix socket, unless the tests were given a server, and TCP
		pairs := keyValues(t, link)
		require.NotContains(t, pairs, "postgres://")
		for _, dsn := range []string{link, pairs} {
			require.NoError(t, postgrestest.Open(t, dsn, f.Ring).Ping(t.Context()))
		}
	}
	for _, dsn := range []string{"postgres://u:s3cret/x@[::", "password=s3cret host", "postgres://u:s3cret@127.0.0.1:1/x?sslmode=disable"} {
		_, err := postgrestest.OpenLedger(t.Context(), dsn, f.Ring)
		require.Error(t, err)
		require.NotContains(t, err.Error(), "s3cret")
	}
}

// keyValues is the other form of a URL.
func keyValues(t *testing.T, dsn string) string {
	t.Helper()
	u, err := url.Parse(dsn)
	require.NoError(t, err)
	query := u.Query()
	if u.Hostname() != "" {
		query.Set("host", u.Hostname())
		query.Set("port", u.Port())
	}
	query.Set("dbname", strings.TrimPrefix(u.Path, "/"))
	query.Set("user", u.User.Username())
	if password, ok := u.User.Password(); ok {
		query.Set("password", password)
	}
	var pairs []string
	for key := range query {
		pairs = append(pairs, key+"='"+query.Get(key)+"'")
	}
	return strings.Join(pairs, " ")
}
