package devstack_test

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	_ "github.com/lib/pq"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/devstack"
	"wxdesk/internal/secret"
)

func TestPostgres_keepsItsDataOverKillStopAndStart(t *testing.T) {
	t.Parallel()
	opts := devstack.PostgresOptions{Dir: filepath.Join(t.TempDir(), "postgres"), Password: secret.New("p/w d"), Durable: true}
	p := startPostgres(t, opts)
	db := open(t, p.DSN().Reveal())
	query(t, db, `create table kept (n int); insert into kept values (1)`)

	p.Kill()
	require.NoError(t, p.Start(t.Context()))
	query(t, db, `insert into kept values (2)`)
	require.NoError(t, p.Stop())

	somebody := handOver(t, opts.Dir)
	again := startPostgres(t, opts)
	require.Equal(t, "2", query(t, open(t, again.DSN().Reveal()), `select count(*) from kept`))
	require.Equal(t, somebody, owner(t, opts.Dir), "root leaves the folder with its owner")
}

func TestPostgres_isDurableAndPrivate(t *testing.T) {
	t.Parallel()
	log := &notes{}
	opts := devstack.PostgresOptions{Dir: filepath.Join(t.TempDir(), "postgres"), Password: secret.New("x"), Durable: true, Log: log}
	db := open(t, startPostgres(t, opts).DSN().Reveal())

	t.Run("durable, UTF-8, loopback only", func(t *testing.T) {
		for setting, want := range map[string]string{
			"server_encoding": "UTF8", "fsync": "on", "synchronous_commit": "on", "full_page_writes": "on",
			"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "timezone": "UTC",
		} {
			require.Equal(t, want, query(t, db, "show "+setting), setting)
		}
		require.Equal(t, "ÄÖ漢字", query(t, db, `select upper('äö漢字')`))
	})
	t.Run("its log quotes no row", func(t *testing.T) {
		query(t, db, `create table once (said text unique)`)
		for range 2 {
			_, _ = db.ExecContext(t.Context(), `insert into once values ($1)`, "canary")
		}
		eventually(t, "the refusal is logged", func() bool { return strings.Contains(log.String(), "duplicate key") })
		require.NotContains(t, log.String(), "canary")
	})
	t.Run("no second server on the same folder", func(t *testing.T) {
		_, err := devstack.StartPostgres(t.Context(), opts)
		require.ErrorContains(t, err, "another server uses")
		require.Equal(t, "1", query(t, db, `select 1`))
	})
}

func TestPostgres_saysSoWhenThePasswordIsAnother(t *testing.T) {
	t.Parallel()
	opts := devstack.PostgresOptions{Dir: filepath.Join(t.TempDir(), "postgres"), Password: secret.New("first")}
	require.NoError(t, startPostgres(t, opts).Stop())

	opts.Password = secret.New("second")
	_, err := devstack.StartPostgres(t.Context(), opts)

	require.ErrorIs(t, err, devstack.ErrGiveUp)
	require.ErrorContains(t, err, "another password")
	require.NotContains(t, err.Error(), "second")
}

func TestPostgres_needsAPasswordOverTCP(t *testing.T) {
	t.Parallel()
	_, err := devstack.StartPostgres(t.Context(), devstack.PostgresOptions{Dir: t.TempDir()})
	require.ErrorContains(t, err, "needs a password")
}

func TestPostgres_runsBelowAPrivateFolder(t *testing.T) {
	t.Parallel()
	closed := filepath.Join(t.TempDir(), "closed")
	require.NoError(t, os.Mkdir(closed, 0o700))
	dir := filepath.Join(closed, "clone", "postgres")

	p := startPostgres(t, devstack.PostgresOptions{Dir: dir, Password: secret.New("x")})

	require.Equal(t, "1", query(t, open(t, p.DSN().Reveal()), `select 1`))
	require.NotZero(t, owner(t, dir), "the data folder belongs to an ordinary user")
	parent, err := os.Stat(closed)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), parent.Mode().Perm(), "the folder stays closed")
}

func TestPostgres_socketFitsADeepTempFolder(t *testing.T) {
	deep := filepath.Join(t.TempDir(), strings.Repeat("d", 100))
	require.NoError(t, os.Mkdir(deep, 0o700))
	t.Setenv("TMPDIR", deep)
	startPostgres(t, devstack.PostgresOptions{Dir: filepath.Join(deep, "postgres"), SocketOnly: true})
}

func TestPostgres_endsWithItsKilledParent(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "postgres")
	parent := as("postgres", dir)
	parent.Env = append(parent.Env, "TMPDIR="+t.TempDir())
	out, err := parent.StdoutPipe()
	require.NoError(t, err)
	parent.Stderr = os.Stderr
	startParent(t, parent)
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "ready\n", line)
	server := postmaster(t, dir)
	require.True(t, alive(server))

	require.NoError(t, parent.Process.Kill())
	_ = parent.Wait()

	eventually(t, "the server ends", func() bool { return !alive(server) })
	startPostgres(t, devstack.PostgresOptions{Dir: dir, SocketOnly: true})
}

func TestPostgres_startsOverAStalePidFile(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "postgres")
	require.NoError(t, os.MkdirAll(filepath.Join(dir+".new", "base"), 0o700))
	opts := devstack.PostgresOptions{Dir: dir, SocketOnly: true}
	require.NoError(t, startPostgres(t, opts).Stop())

	// The number belongs to a living process, as it may after a restart of the machine.
	stale := fmt.Sprintf("%d\n%s\n1700000000\n5432\n/nowhere\n\n  1 1\nready\n", os.Getpid(), dir)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "postmaster.pid"), []byte(stale), 0o644))
	startPostgres(t, opts)
}

func startPostgres(t *testing.T, opts devstack.PostgresOptions) *devstack.Postgres {
	t.Helper()
	p, err := devstack.StartPostgres(t.Context(), opts)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Stop()) })
	return p
}

func open(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open("postgres", dsn)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

// query returns the first column of the last row as text.
func query(t *testing.T, db *sql.DB, statement string) (value string) {
	t.Helper()
	rows, err := db.QueryContext(context.Background(), statement)
	require.NoError(t, err, statement)
	defer rows.Close()
	for rows.Next() {
		require.NoError(t, rows.Scan(&value))
	}
	require.NoError(t, rows.Err())
	return value
}

// handOver gives the data folder to somebody else where only root can, and to ourselves otherwise.
func handOver(t *testing.T, dir string) (uid int) {
	t.Helper()
	if uid = os.Geteuid(); uid == 0 {
		uid = 12345
	}
	require.NoError(t, filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		return errors.Join(err, os.Lchown(path, uid, -1))
	}))
	return uid
}

func owner(t *testing.T, dir string) int {
	t.Helper()
	info, err := os.Stat(filepath.Join(dir, "PG_VERSION"))
	require.NoError(t, err)
	return int(info.Sys().(*syscall.Stat_t).Uid)
}

// postmaster is the server's process number as it stands in the data folder; 0 if it is gone.
func postmaster(t *testing.T, dir string) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "postmaster.pid"))
	if os.IsNotExist(err) {
		return 0
	}
	require.NoError(t, err)
	line, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(line)
	require.NoError(t, err)
	return pid
}
