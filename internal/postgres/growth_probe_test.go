package postgres_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"maps"
	"sync"
	"time"
)

// probe counts what each statement reads, or measures how long it takes, apart for each method of the ledger that runs it.
type probe struct {
	mu      sync.Mutex
	reads   map[statement]reading
	counted bool // otherwise what runs is measured by the clock
}

// statement is a statement, as a method runs it.
type statement struct{ method, text string }

// reading is what so many runs of a statement have read: blocks of tables and indexes, by going down so many times into an index, to
// look something up or to write an entry. If that is not counted, longest is how long the longest run took.
type reading struct {
	runs, blocks, descents int64
	longest                time.Duration
}

type methodKey struct{}

// within says whose statements run with this context. Those that run with another are the ledger's own, beside all methods.
func within(ctx context.Context, method string) context.Context {
	return context.WithValue(ctx, methodKey{}, method)
}

// count begins to count.
func (p *probe) count() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.counted, p.reads = true, map[statement]reading{}
}

func (p *probe) note(ctx context.Context, text string, read reading) {
	s := statement{method: beside, text: text}
	if method, ok := ctx.Value(methodKey{}).(string); ok {
		s.method = method
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.reads[s]
	p.reads[s] = reading{
		runs: r.runs + 1, blocks: r.blocks + read.blocks, descents: r.descents + read.descents, longest: max(r.longest, read.longest),
	}
}

// slowest is the statement of the run that took longest, and how long that was.
func (p *probe) slowest() (slowest statement, took time.Duration) {
	for s, read := range p.noted() {
		if read.longest > took {
			slowest, took = s, read.longest
		}
	}
	return slowest, took
}

func (p *probe) counts() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.counted
}

// noted is what has been noted so far.
func (p *probe) noted() map[statement]reading {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.reads)
}

// open makes a pool whose statements the probe sees.
func (p *probe) open(c driver.Connector) *sql.DB {
	return sql.OpenDB(probedConnector{Connector: c, probe: p})
}

type probedConnector struct {
	driver.Connector
	probe *probe
}

func (c probedConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &probedConn{ledgerConn: conn.(ledgerConn), probe: c.probe}, nil //nolint:forcetypeassert // a test's
}

// ledgerConn is what the ledger's sessions can do.
type ledgerConn interface {
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

type probedConn struct {
	ledgerConn
	probe *probe
	in    bool // a transaction
}

func (c *probedConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	tx, err := c.ledgerConn.BeginTx(ctx, o)
	c.in = err == nil
	return probedTx{Tx: tx, conn: c}, err
}

type probedTx struct {
	driver.Tx
	conn *probedConn
}

func (t probedTx) Commit() error {
	t.conn.in = false
	return t.Tx.Commit()
}

func (t probedTx) Rollback() error {
	t.conn.in = false
	return t.Tx.Rollback()
}

func (c *probedConn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (result driver.Result, err error) {
	err = c.counting(ctx, text, func() error {
		result, err = c.ledgerConn.ExecContext(ctx, text, args)
		return err
	})
	return result, err
}

// QueryContext reads all rows at once, so that what they cost is counted.
func (c *probedConn) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (rows driver.Rows, err error) {
	err = c.counting(ctx, text, func() error {
		lazy, err := c.ledgerConn.QueryContext(ctx, text, args)
		if err != nil {
			return err
		}
		rows, err = readAll(lazy)
		return err
	})
	return rows, err
}

// counting runs a statement and notes what it has read. The counters are those of this session's transaction, so what runs in
// none is given one.
func (c *probedConn) counting(ctx context.Context, text string, run func() error) (err error) {
	if !c.probe.counts() {
		began := time.Now()
		err := run()
		c.probe.note(ctx, text, reading{longest: time.Since(began)})
		return err
	}
	if !c.in {
		tx, err := c.BeginTx(ctx, driver.TxOptions{})
		if err != nil {
			return err
		}
		defer func() {
			if committed := tx.Commit(); err == nil {
				err = committed
			}
		}()
	}
	before, err := c.fetched(ctx)
	if err != nil {
		return err
	}
	if err := run(); err != nil {
		return err
	}
	after, err := c.fetched(ctx)
	c.probe.note(ctx, text, reading{blocks: after.blocks - before.blocks, descents: after.descents - before.descents})
	return err
}

// fetched is what the transaction has read so far.
func (c *probedConn) fetched(ctx context.Context) (r reading, err error) {
	const query = `
		select coalesce(sum(pg_stat_get_xact_blocks_fetched(c.oid)), 0)::bigint,
			coalesce(sum(case c.relkind when 'i' then pg_stat_get_xact_numscans(c.oid) else c.written * (
				pg_stat_get_xact_tuples_inserted(c.oid) + pg_stat_get_xact_tuples_updated(c.oid) - pg_stat_get_xact_tuples_hot_updated(c.oid))
			end), 0)::bigint
		from (select oid, relkind, (select count(*) from pg_index where indrelid = oid) as written from pg_class
			where relnamespace = 'public'::regnamespace and relkind in ('r', 'i')) c`
	lazy, err := c.ledgerConn.QueryContext(ctx, query, nil)
	if err != nil {
		return r, err
	}
	all, err := readAll(lazy)
	if err != nil {
		return r, err
	}
	r.blocks, _ = all.values[0][0].(int64)
	r.descents, _ = all.values[0][1].(int64)
	return r, nil
}

// rowsRead are rows that have been read.
type rowsRead struct {
	columns []string
	values  [][]driver.Value
}

func readAll(lazy driver.Rows) (*rowsRead, error) {
	all := &rowsRead{columns: lazy.Columns()}
	for {
		row := make([]driver.Value, len(all.columns))
		err := lazy.Next(row)
		if errors.Is(err, io.EOF) {
			return all, lazy.Close()
		}
		if err != nil {
			_ = lazy.Close() // the first error says more
			return nil, err
		}
		for i, v := range row {
			if b, ok := v.([]byte); ok {
				row[i] = append([]byte{}, b...)
			}
		}
		all.values = append(all.values, row)
	}
}

func (r *rowsRead) Columns() []string { return r.columns }

func (r *rowsRead) Close() error { return nil }

func (r *rowsRead) Next(row []driver.Value) error {
	if len(r.values) == 0 {
		return io.EOF
	}
	copy(row, r.values[0])
	r.values = r.values[1:]
	return nil
}
