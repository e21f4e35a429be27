package main

import (
	"context"
	stdsql "database/sql"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"slices"

	enumspb "go.temporal.io/api/enums/v1"
	persistencespb "go.temporal.io/server/api/persistence/v1"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/metrics"
	"go.temporal.io/server/common/persistence"
	"go.temporal.io/server/common/persistence/serialization"
	"go.temporal.io/server/common/persistence/sql"
	"go.temporal.io/server/common/persistence/sql/sqlplugin"
	"go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
	"go.temporal.io/server/common/resolver"
	"go.temporal.io/server/common/searchattribute/sadefs"
	sqliteschema "go.temporal.io/server/schema/sqlite"
	driver "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// prepare brings the database to the state that the services expect: schema, namespaces, search attributes. It can be
// repeated, and a process killed anywhere inside it leaves nothing that the next start cannot finish.
func prepare(o options) (*config.SQL, error) {
	cfg := database(o)
	if o.dbFile != "" { // the plugin itself gives an in-memory database its schema
		if err := createFile(o.dbFile); err != nil {
			return nil, err
		}
		if err := createSchema(cfg); err != nil {
			return nil, fmt.Errorf("database %s: %w", o.dbFile, err)
		}
	}
	for _, name := range o.namespaces {
		if err := ensureNamespace(cfg, name, o.attributes); err != nil {
			return nil, fmt.Errorf("namespace %s: %w", name, err)
		}
	}
	return cfg, nil
}

// database says how SQLite is opened. All four services share one connection: the server's plugin keeps one pool for
// each data source name and, with MaxConns unset, gives it one connection. So no transaction of this process can meet
// another one half way, which SQLite would answer with "database is locked" whatever the time-out.
//
// In WAL mode with synchronous=NORMAL a commit has reached the operating system: SIGKILL loses nothing, a power cut may
// lose the last moments. `--sqlite-pragma synchronous=FULL` closes that gap at the price of an fsync for each commit.
func database(o options) *config.SQL {
	cfg := &config.SQL{PluginName: sqlite.PluginName, ConnectAttributes: map[string]string{}}
	if o.dbFile == "" {
		cfg.DatabaseName = "temporal" // known to this process alone
		cfg.ConnectAttributes["mode"] = "memory"
		cfg.ConnectAttributes["cache"] = "shared"
	} else {
		cfg.DatabaseName = (&url.URL{Path: o.dbFile}).EscapedPath() // the plugin puts it into a file: URI as it is
		cfg.ConnectAttributes["mode"] = "rwc"
		cfg.ConnectAttributes["journal_mode"] = "wal"
		cfg.ConnectAttributes["synchronous"] = "normal"
		cfg.ConnectAttributes["locking_mode"] = "exclusive" // a second server on the same file must not get in
		cfg.ConnectAttributes["busy_timeout"] = "2000"      // ms; for a predecessor that is still closing the file
	}
	maps.Copy(cfg.ConnectAttributes, o.pragmas)
	return cfg
}

// createFile makes an empty database that only its owner may read; SQLite gives the files beside it the same mode.
func createFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

var errInUse = errors.New("another server has it open")

// createSchema fills an empty database in one transaction; a database that has its tables is left as it is.
func createSchema(cfg *config.SQL) (err error) {
	db, err := stdsql.Open(sqlite.PluginName, "file:"+cfg.DatabaseName+"?mode=rwc&_pragma=busy_timeout=2000&_txlock=immediate")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()

	tx, err := db.Begin()
	if err != nil {
		return explain(err)
	}
	defer tx.Rollback() //nolint:errcheck // after Commit there is nothing to roll back

	var tables int
	if err := tx.QueryRow(`select count(*) from sqlite_master where name = 'namespaces'`).Scan(&tables); err != nil {
		return err
	}
	if tables == 0 {
		if err := sqliteschema.SetupSchemaOnDB(schemaWriter{tx: tx}); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// schemaWriter is the one method of AdminDB that SetupSchemaOnDB calls.
type schemaWriter struct {
	sqlplugin.AdminDB
	tx *stdsql.Tx
}

func (w schemaWriter) Exec(statement string, args ...any) error {
	_, err := w.tx.Exec(statement, args...)
	return err
}

func explain(err error) error {
	if failure := (*driver.Error)(nil); errors.As(err, &failure) && failure.Code()&0xff == sqlite3.SQLITE_BUSY {
		return errInUse
	}
	return err
}

// ensureNamespace registers the namespace if it is missing (history kept for 24 h) and gives it the search attributes
// that it lacks. It writes rows, since the services are not running yet: whoever reaches the frontend finds all of it.
func ensureNamespace(cfg *config.SQL, name string, attributes map[string]enumspb.IndexedValueType) error {
	fresh, err := sqliteschema.NewNamespaceConfig(clusterName, name, false, nil)
	if err != nil {
		return err
	}
	if err := sqliteschema.CreateNamespaces(cfg, fresh); err != nil {
		return explain(err)
	}

	db, err := sql.NewSQLDB(sqlplugin.DbKindMain, cfg, resolver.NewNoopResolver(), log.NewNoopLogger(), metrics.NoopMetricsHandler)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // only gives back a reference to the shared connection
	rows, err := db.SelectFromNamespace(context.Background(), sqlplugin.NamespaceFilter{Name: &name})
	if err != nil {
		return err
	}
	row := rows[0]
	codec := serialization.NewSerializer()
	detail, err := codec.NamespaceDetailFromBlob(persistence.NewDataBlob(row.Data, row.DataEncoding))
	if err != nil {
		return err
	}
	changed, err := addAttributes(detail.GetConfig(), attributes)
	if err != nil || !changed {
		return err
	}
	blob, err := codec.NamespaceDetailToBlob(detail)
	if err != nil {
		return err
	}
	row.Data, row.DataEncoding = blob.GetData(), blob.GetEncodingType().String()
	_, err = db.UpdateNamespace(context.Background(), &row)
	return err
}

// addAttributes gives each missing attribute a free column of its type. SQL visibility has a fixed number of columns
// for each type (ten Keyword, three of most others) under names such as Keyword01; the namespace maps them to aliases.
func addAttributes(ns *persistencespb.NamespaceConfig, wanted map[string]enumspb.IndexedValueType) (changed bool, err error) {
	if ns.CustomSearchAttributeAliases == nil {
		ns.CustomSearchAttributeAliases = map[string]string{}
	}
	aliases := ns.CustomSearchAttributeAliases
	columns := sadefs.GetDBIndexSearchAttributes(nil).GetCustomSearchAttributes()
	ordered := slices.Sorted(maps.Keys(columns))

next:
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		kind := wanted[name]
		for column, alias := range aliases {
			if alias != name {
				continue
			}
			if columns[column] != kind {
				return false, fmt.Errorf("search attribute %s is a %s already and cannot become a %s", name, columns[column], kind)
			}
			continue next
		}
		for _, column := range ordered {
			if columns[column] == kind && aliases[column] == "" {
				aliases[column], changed = name, true
				continue next
			}
		}
		return false, fmt.Errorf("no room for search attribute %s: all columns of type %s are taken", name, kind)
	}
	return changed, nil
}
