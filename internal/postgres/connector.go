package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// limits say how long things may take in a session.
type limits struct {
	lock, statement, idle time.Duration // Postgres's own timeouts; 0 leaves the server's settings
	io                    time.Duration // one read or write of the socket: longer than any statement
}

// servingLimits keep what serves people from waiting for ever.
var servingLimits = limits{lock: 4 * time.Second, statement: 5 * time.Second, idle: 5 * time.Second, io: 6 * time.Second}

const connectTimeout = 5 * time.Second

// errDSN replaces the parser's own error, which quotes the connection string and so the password.
var errDSN = errors.New("the connection string of the database cannot be read: want a postgres:// URL or key=value pairs")

// openPool makes a pool whose connections obey the limits; open, if not nil, does so in place of sql.OpenDB.
func openPool(dsn string, l limits, open func(driver.Connector) *sql.DB) (*sqlx.DB, error) {
	cfg, err := pq.NewConfig(dsn)
	if err != nil {
		return nil, errDSN
	}
	if cfg.ApplicationName == "" {
		cfg.ApplicationName = "wxdesk"
	}
	cfg.BinaryParameters = true // one round trip for a statement with arguments instead of two
	if cfg.Runtime == nil {
		cfg.Runtime = map[string]string{}
	}
	for name, limit := range map[string]time.Duration{
		"lock_timeout":                        l.lock,
		"statement_timeout":                   l.statement,
		"idle_in_transaction_session_timeout": l.idle,
	} {
		if limit > 0 {
			cfg.Runtime[name] = strconv.FormatInt(limit.Milliseconds(), 10)
		}
	}
	inner, err := pq.NewConnectorConfig(cfg)
	if err != nil {
		return nil, errDSN
	}
	inner.Dialer(dialer{io: l.io})
	if open == nil {
		open = sql.OpenDB
	}
	return sqlx.NewDb(open(connector{inner}), "postgres"), nil
}

// connector makes sessions whose socket ends with the context of the call. The driver alone does not do that: it asks Postgres to
// cancel, and waits for the answer however long a stalled Postgres takes.
type connector struct{ inner *pq.Connector }

// Connect implements driver.Connector.
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	var dialled *socket
	conn, err := c.inner.Connect(context.WithValue(ctx, dialledKey{}, &dialled))
	if err != nil {
		return nil, err
	}
	inner, ok := conn.(pqConn)
	if !ok || dialled == nil {
		return nil, fmt.Errorf("the driver's connection is a %T without the expected methods", conn)
	}
	return &session{pqConn: inner, socket: dialled, statements: map[string]preparedStatement{}}, nil
}

// Driver implements driver.Connector.
func (c connector) Driver() driver.Driver { return c.inner.Driver() }

// pqConn is what the driver's connection can do.
type pqConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.NamedValueChecker
	driver.Pinger
	driver.QueryerContext
	driver.SessionResetter
	driver.Validator
}

// session is a connection whose every call puts the socket under that call's context. Rows are read, and a transaction
// is ended, under the context of the call before.
type session struct {
	pqConn
	socket     *socket
	statements map[string]preparedStatement // by their texts
	overtaken  bool                         // a migration has changed what they give
}

func (s *session) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	s.socket.obey(ctx)
	return s.pqConn.BeginTx(ctx, opts)
}

func (s *session) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	s.socket.obey(ctx)
	statement, err := s.prepared(ctx, query, args)
	if err != nil {
		return nil, err
	}
	if statement == nil {
		return s.pqConn.ExecContext(ctx, query, args)
	}
	result, err := statement.ExecContext(ctx, args)
	return result, s.stale(err)
}

func (s *session) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	s.socket.obey(ctx)
	statement, err := s.prepared(ctx, query, args)
	if err != nil {
		return nil, err
	}
	if statement == nil {
		return s.pqConn.QueryContext(ctx, query, args)
	}
	rows, err := statement.QueryContext(ctx, args)
	return rows, s.stale(err)
}

func (s *session) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	s.socket.obey(ctx)
	return s.pqConn.PrepareContext(ctx, query)
}

func (s *session) Ping(ctx context.Context) error {
	s.socket.obey(ctx)
	return s.pqConn.Ping(ctx)
}

// Close ends the session without a context, because that of the last call may have ended long ago.
func (s *session) Close() error {
	s.socket.obey(context.Background())
	return s.pqConn.Close()
}

// dialledKey is where Connect waits for the socket.
type dialledKey struct{}

// cancelTimeout is for the sockets over which the driver asks Postgres to cancel a statement; nobody waits for them.
const cancelTimeout = time.Second

// dialer makes sockets, for the driver.
type dialer struct{ io time.Duration }

// DialContext implements pq.DialerContext, for TCP and unix sockets.
func (d dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	s := &socket{Conn: conn, io: cancelTimeout}
	if wanted, ok := ctx.Value(dialledKey{}).(**socket); ok {
		s.io = d.io
		*wanted = s
	}
	s.obey(ctx)
	return s, nil
}

// Dial implements pq.Dialer.
func (d dialer) Dial(network, address string) (net.Conn, error) {
	return d.DialContext(context.Background(), network, address)
}

// DialTimeout implements pq.Dialer.
func (d dialer) DialTimeout(network, address string, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return d.DialContext(ctx, network, address)
}
