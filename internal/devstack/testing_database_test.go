package devstack_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/devstack"
)

func TestDatabase_isTheTestsOwnAndFilledOnce(t *testing.T) {
	t.Parallel()
	var filled atomic.Int32
	migrate := func(ctx context.Context, dsn string) error {
		filled.Add(1)
		db := open(t, dsn)
		defer db.Close()
		_, err := db.ExecContext(ctx, `create table letters (l text); insert into letters values ('a')`)
		return err
	}
	t.Run("copies", func(t *testing.T) {
		for i := range 4 {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Parallel()
				db := open(t, devstack.TestDatabase(t, "letters", migrate))
				query(t, db, `insert into letters values ('b')`)
				require.Equal(t, "2", query(t, db, `select count(*) from letters`))
			})
		}
	})
	require.EqualValues(t, 1, filled.Load())
}

func TestDatabase_isGoneWhenTheTestIsOver(t *testing.T) {
	t.Parallel()
	var dsn string
	t.Run("a test", func(t *testing.T) {
		dsn = devstack.TestDatabase(t, "empty", nil)
		query(t, open(t, dsn), `select 1`)
	})
	var one string
	err := open(t, dsn).QueryRowContext(t.Context(), `select 1`).Scan(&one)
	require.ErrorContains(t, err, "does not exist")
}

func TestDatabase_brokenTemplateFailsTheTest(t *testing.T) {
	t.Parallel()
	said := complaint(t, func(tb devstack.TB) {
		devstack.TestDatabase(tb, "broken", func(context.Context, string) error { return errors.New("no such column") })
	})
	require.Contains(t, said, "make the template database broken: no such column")
}

// With WXDESK_TEST_DATABASE_URL the databases are made there, and nothing stays behind. DATABASE_URL is not looked at.
func TestDatabase_leavesTheGivenServerClean(t *testing.T) {
	t.Parallel()
	p := startPostgres(t, devstack.PostgresOptions{Dir: filepath.Join(t.TempDir(), "postgres"), SocketOnly: true})
	given := p.DSN().Reveal()
	tests := as("tests", "-test.run=^TestDatabase_isTheTestsOwnAndFilledOnce$", "-test.v")
	tests.Env = append(tests.Env, devstack.TestDatabaseVariable+"="+given, "DATABASE_URL=postgres://nobody@127.0.0.1:1/none",
		devstack.PostgresBinVariable+"=/nonexistent") // it could not start one of its own

	out, err := tests.CombinedOutput()

	require.NoError(t, err, string(out))
	require.Contains(t, string(out), "--- PASS: TestDatabase_isTheTestsOwnAndFilledOnce")
	left := query(t, open(t, given), `select string_agg(datname, ' ' order by datname) from pg_database`)
	require.Equal(t, "postgres template0 template1 wxdesk", left)
}

func TestDatabase_liesInAServerWithoutTCP(t *testing.T) {
	t.Parallel()
	dsn := devstack.TestDatabase(t, "empty", nil)
	u, err := url.Parse(dsn)
	require.NoError(t, err)
	if os.Getenv(devstack.TestDatabaseVariable) == "" {
		require.Empty(t, u.Host)
		require.Equal(t, "off", query(t, open(t, dsn), `show fsync`))
	}
}

// A binary that panics leaves no server running, and the next one removes its folder.
func TestMain_leavesNothingEvenAfterAPanic(t *testing.T) {
	t.Parallel()
	temp, err := os.MkdirTemp("/tmp", "t") // short enough for a socket
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(temp)) })
	require.NoError(t, os.Chmod(temp, 0o711))

	panics := as("panic")
	panics.Env = append(panics.Env, "TMPDIR="+temp, devstack.TestDatabaseVariable+"=")
	out, err := panics.CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), "panic: in a test")
	left, err := filepath.Glob(filepath.Join(temp, "wxdesk-test-*", "postgres"))
	require.NoError(t, err)
	require.Len(t, left, 1)
	eventually(t, "its server ends", func() bool { return postmaster(t, left[0]) == 0 })

	next := as("tests", "-test.run=^TestDatabase_isGoneWhenTheTestIsOver$")
	next.Env = append(next.Env, "TMPDIR="+temp, devstack.TestDatabaseVariable+"=")
	out, err = next.CombinedOutput()
	require.NoError(t, err, string(out))
	files, err := os.ReadDir(temp)
	require.NoError(t, err)
	for _, f := range files {
		require.False(t, strings.HasPrefix(f.Name(), "wxdesk-test-"), f.Name())
	}
}

// complaint runs f with a test of its own and gives what that one failed with.
func complaint(t *testing.T, f func(devstack.TB)) string {
	t.Helper()
	fake := &fakeTB{}
	func() {
		defer func() {
			if r := recover(); r != nil && r != fake {
				panic(r)
			}
		}()
		f(fake)
	}()
	return fake.said
}

type fakeTB struct{ said string }

func (*fakeTB) Helper()        {}
func (*fakeTB) Cleanup(func()) {}
func (f *fakeTB) Fatalf(format string, args ...any) {
	f.said = fmt.Sprintf(format, args...)
	panic(f)
}
