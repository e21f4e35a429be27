package devstack

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/lib/pq"
)

// TestDatabaseVariable may name a Postgres for the tests to use, as a URL, whose user may create databases. Without it
// they start one. DATABASE_URL is never looked at.
const TestDatabaseVariable = "WXDESK_TEST_DATABASE_URL"

// testDatabaseTimeout is how long making or dropping a test's database may take, migrations included.
const testDatabaseTimeout = 2 * time.Minute

// TestDatabase gives the test a database of its own and drops it when the test is over. The binary's tests share one
// cluster, and for each template one database that migrate has filled once; the test gets a copy, which takes a tenth of a second or two.
// Template names what migrate does; a nil migrate makes empty databases. Migrate must close its connections.
//
// The cluster listens on a unix socket only and forgoes crash safety. Tests may run in parallel.
func TestDatabase(t TB, template string, migrate func(ctx context.Context, dsn string) error) (dsn string) {
	t.Helper()
	parts := testsOf(t)
	cluster, err := parts.cluster.get(parts.newTestCluster)
	if err != nil {
		t.Fatalf("devstack: %v", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), testDatabaseTimeout)
	defer cancel()
	name, err := cluster.create(ctx, template, migrate)
	if err != nil {
		t.Fatalf("devstack: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), testDatabaseTimeout)
		defer cancel()
		if err := cluster.drop(ctx, name); err != nil {
			t.Fatalf("devstack: %v", err)
		}
	})
	return cluster.dsn(name)
}

// testCluster is the Postgres of one test binary.
type testCluster struct {
	server *Postgres // nil if the server was given
	url    *url.URL  // of any of its databases
	admin  *sql.DB
	run    string // part of each name, so that several binaries can share a server

	mu        sync.Mutex
	count     int
	templates map[string]*once[string]
}

func (p *testParts) newTestCluster() (*testCluster, error) {
	c := &testCluster{run: unique(), templates: map[string]*once[string]{}}
	dsn := os.Getenv(TestDatabaseVariable)
	if dsn == "" {
		folder, err := p.sharedFolder()
		if err != nil {
			return nil, err
		}
		opts := PostgresOptions{Dir: filepath.Join(folder, "postgres"), SocketOnly: true}
		if c.server, err = StartPostgres(context.Background(), opts); err != nil {
			return nil, err
		}
		dsn = c.server.DSN().Reveal()
	}
	var err error
	if c.url, err = url.Parse(dsn); err != nil || c.url.Scheme != "postgres" && c.url.Scheme != "postgresql" {
		return nil, fmt.Errorf("%s must be a URL such as postgres://user:password@host:5432/database", TestDatabaseVariable)
	}
	connector, err := pq.NewConnector(dsn)
	if err != nil {
		return nil, err
	}
	c.admin = sql.OpenDB(connector)
	c.admin.SetMaxOpenConns(4)
	return c, nil
}

// dsn is the URL of one of the cluster's databases.
func (c *testCluster) dsn(name string) string {
	u := *c.url
	u.Path = "/" + name
	return u.String()
}

// create copies the template, which it makes first if this is the first copy.
func (c *testCluster) create(ctx context.Context, template string, migrate func(context.Context, string) error) (string, error) {
	source, err := c.template(template).get(func() (string, error) { return c.fill(ctx, migrate) })
	if err != nil {
		return "", fmt.Errorf("make the template database %s: %w", template, err)
	}
	return c.copyOf(ctx, source)
}

func (c *testCluster) template(name string) *once[string] {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.templates[name] == nil {
		c.templates[name] = &once[string]{}
	}
	return c.templates[name]
}

// fill makes a template database.
func (c *testCluster) fill(ctx context.Context, migrate func(context.Context, string) error) (string, error) {
	name, err := c.copyOf(ctx, "template0")
	if err != nil || migrate == nil {
		return name, err
	}
	return name, migrate(ctx, c.dsn(name))
}

// copyOf makes a database out of another one, which nobody may be connected to; Postgres waits up to 5 s for that.
func (c *testCluster) copyOf(ctx context.Context, source string) (string, error) {
	c.mu.Lock()
	c.count++
	name := fmt.Sprintf("wxdesk_test_%s_%d", c.run, c.count)
	c.mu.Unlock()
	if _, err := c.admin.ExecContext(ctx, fmt.Sprintf("create database %s template %s", name, source)); err != nil {
		return "", fmt.Errorf("create a database for a test: %w", err)
	}
	return name, nil
}

func (c *testCluster) drop(ctx context.Context, name string) error {
	if _, err := c.admin.ExecContext(ctx, fmt.Sprintf("drop database if exists %s with (force)", name)); err != nil {
		return fmt.Errorf("drop a test's database: %w", err)
	}
	return nil
}

// stop ends our own server, or leaves the given one as it was found.
func (c *testCluster) stop() error {
	if c.server != nil {
		return errors.Join(c.admin.Close(), c.server.Stop())
	}
	ctx, cancel := context.WithTimeout(context.Background(), testDatabaseTimeout)
	defer cancel()
	var err error
	for _, template := range c.templates {
		err = errors.Join(err, template.end(func(name string) error { return c.drop(ctx, name) }))
	}
	return errors.Join(err, c.admin.Close())
}
