package devstack

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/lib/pq"

	"wxdesk/internal/secret"
)

// PostgresStartTimeout is how long a Postgres may take from its start until it accepts connections; recovery after a
// crash is part of that.
const PostgresStartTimeout = 60 * time.Second

// postgresUser is the role that owns everything; initdb makes it a superuser. It is also the database's name.
const postgresUser = "wxdesk"

// postgresStopTimeout is how long a fast shutdown (SIGINT) may take before the process is killed.
const postgresStopTimeout = 10 * time.Second

// PostgresOptions say what kind of Postgres to run.
type PostgresOptions struct {
	Dir        string       // data folder; made and filled on first use, kept afterwards
	Bin        string       // folder with initdb and postgres, see FindPostgres; empty: found
	Port       int          // on 127.0.0.1; 0 picks a free one
	Password   secret.Value // needed over TCP (scram-sha-256)
	SocketOnly bool         // no TCP: a unix socket in a folder that only Postgres's user and root may enter
	Durable    bool         // false trades safety for speed: Kill may lose the last commits, a power cut everything
	Log        io.Writer    // server log and progress; nil drops it
}

// Postgres is one database cluster: a data folder, and the server process while it runs. One goroutine at a time may
// start, kill or stop it.
type Postgres struct {
	opts    PostgresOptions
	account account
	sockets string // folder of the unix socket; empty where TCP is used
	extra   string // the same if it is not the data folder, to be removed
	log     *tail
	child   *child
}

// StartPostgres prepares the data folder, starts the server and waits until it accepts connections. The server ends
// with Stop, and in any case with this process.
func StartPostgres(ctx context.Context, opts PostgresOptions) (*Postgres, error) {
	p, err := PreparePostgres(ctx, opts)
	if err != nil {
		return nil, err
	}
	if err := p.Start(ctx); err != nil {
		return nil, errors.Join(err, p.Stop())
	}
	return p, nil
}

// PreparePostgres finds the programs and makes the data folder ready, but starts no server: for a Supervisor, which
// runs the process itself. A folder that another server still uses is an error.
func PreparePostgres(ctx context.Context, opts PostgresOptions) (*Postgres, error) {
	if err := opts.complete(ctx); err != nil {
		return nil, err
	}
	p := &Postgres{opts: opts, log: &tail{next: opts.Log}}
	var err error
	if p.account, err = accountFor(opts.Dir); err != nil {
		return nil, err
	}
	if err := p.prepareFolder(ctx); err != nil {
		return nil, err
	}
	if opts.SocketOnly {
		return p, p.chooseSocket()
	}
	return p, nil
}

// complete checks the options and fills in what was left open.
func (o *PostgresOptions) complete(ctx context.Context) (err error) {
	if !o.SocketOnly && o.Password.Empty() {
		return errors.New("postgres: a server that listens on TCP needs a password")
	}
	if o.Dir, err = filepath.Abs(o.Dir); err != nil {
		return err
	}
	if o.Log == nil {
		o.Log = io.Discard
	}
	if o.Bin == "" {
		if o.Bin, err = FindPostgres(ctx, o.Log); err != nil {
			return err
		}
	}
	if o.Port == 0 && !o.SocketOnly {
		o.Port, err = FreePort("127.0.0.1")
	}
	return err
}

// Start starts the server, again after Kill if need be, and waits until it accepts connections.
func (p *Postgres) Start(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, PostgresStartTimeout)
	defer cancel()
	cmd, err := p.Command()
	if err != nil {
		return err
	}
	cmd.Stdout, cmd.Stderr = p.log, p.log
	if p.child, err = launch(cmd); err != nil {
		return fmt.Errorf("postgres: start %s: %w", cmd.Path, err)
	}
	if err := p.child.await(ctx, p.Ready); err != nil {
		p.child.kill()
		return fmt.Errorf("postgres: %w%s", err, p.log)
	}
	return nil
}

// Command is the server process, ready to be started: after a crash too, whose remains it clears first.
func (p *Postgres) Command() (*exec.Cmd, error) {
	if err := p.clearLeftovers(); err != nil {
		return nil, err
	}
	args := []string{"-D", p.opts.Dir}
	for _, setting := range p.settings() {
		args = append(args, "-c", setting)
	}
	cmd, err := p.account.command(context.Background(), p.opts.Dir, filepath.Join(p.opts.Bin, "postgres"), args...)
	if err != nil {
		return nil, err
	}
	// SIGQUIT is Postgres's immediate shutdown: it takes its own children along, where SIGKILL would orphan them.
	dieWithParent(sysProcAttr(cmd), syscall.SIGQUIT)
	return cmd, nil
}

// settings override postgresql.conf.
func (p *Postgres) settings() []string {
	s := []string{
		"timezone=UTC", "log_timezone=UTC", "max_connections=200",
		"log_error_verbosity=terse", // without DETAIL, which quotes values of rows
	}
	if p.opts.SocketOnly {
		s = append(s, "listen_addresses=", "unix_socket_directories="+p.sockets, "unix_socket_permissions=0700")
	} else {
		s = append(s, "listen_addresses=127.0.0.1", "unix_socket_directories=", "port="+strconv.Itoa(p.opts.Port))
	}
	if !p.opts.Durable {
		s = append(s, "fsync=off", "synchronous_commit=off", "full_page_writes=off", "wal_level=minimal", "max_wal_senders=0", "shared_buffers=64MB")
	}
	return s
}

// DSN is the URL of the database, as lib/pq reads it. It holds the password.
func (p *Postgres) DSN() secret.Value { return p.dsn(postgresUser) }

func (p *Postgres) dsn(database string) secret.Value {
	u := url.URL{Scheme: "postgres", User: url.User(postgresUser), Path: "/" + database}
	q := url.Values{"sslmode": {"disable"}}
	if p.opts.SocketOnly {
		q.Set("host", p.sockets)
		q.Set("port", "5432") // part of the socket's name
	} else {
		u.User = url.UserPassword(postgresUser, p.opts.Password.Reveal())
		u.Host = net.JoinHostPort("127.0.0.1", strconv.Itoa(p.opts.Port))
	}
	u.RawQuery = q.Encode()
	return secret.New(u.String())
}

// Ready says nil once the server accepts connections and the database exists; it makes the database on first use. A
// refused password wraps ErrGiveUp.
func (p *Postgres) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return withDB(p.dsn("postgres").Reveal(), func(db *sql.DB) error {
		var exists bool
		err := db.QueryRowContext(ctx, `select exists (select from pg_database where datname = $1)`, postgresUser).Scan(&exists)
		if refused, ok := errors.AsType[*pq.Error](err); ok && refused.Code == "28P01" { // invalid_password
			return fmt.Errorf("postgres: the data folder %s was made with another password: give that one, or remove the folder (its data is lost): %w", p.opts.Dir, ErrGiveUp)
		}
		if err != nil || exists {
			return err
		}
		_, err = db.ExecContext(ctx, `create database `+pq.QuoteIdentifier(postgresUser))
		return err
	})
}

// withDB runs use on a connection of its own and closes it.
func withDB(dsn string, use func(*sql.DB) error) error {
	connector, err := pq.NewConnector(dsn)
	if err != nil {
		return err
	}
	db := sql.OpenDB(connector)
	return errors.Join(use(db), db.Close())
}

// Process is the server as a Supervisor runs it, under the name "postgres".
func (p *Postgres) Process() Process {
	return Process{
		Name: "postgres", Command: p.Command, Ready: p.Ready, ReadyTimeout: PostgresStartTimeout,
		StopSignal: syscall.SIGINT, StopTimeout: postgresStopTimeout,
	}
}

// Kill ends the server with SIGKILL, as a crash would. Start brings it back with the same data and address.
func (p *Postgres) Kill() {
	if p.child != nil {
		p.child.kill()
	}
}

// Stop shuts the server down: clients are disconnected, what they committed is kept. The data folder stays.
func (p *Postgres) Stop() error {
	if p.child != nil {
		p.child.stop(syscall.SIGINT, postgresStopTimeout)
	}
	if p.extra == "" {
		return nil
	}
	return os.RemoveAll(p.extra)
}
