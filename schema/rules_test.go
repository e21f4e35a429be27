package schema_test

import (
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/schema"
)

// firstRuled is the number of the first migration that has to follow the rules: those before it make the tables.
const firstRuled = "00006"

// example is a migration of a filled database, which internal/postgres makes in tests beside the work. It is not part of the schema.
const example = "../internal/postgres/testdata/migrations/99999_beside_the_work.sql"

// No migration holds a lock on a table that is in use for as long as it takes to read the table. CONTRIBUTING.md says what
// to write in its place.
func TestMigrations_lockNoTableForLong(t *testing.T) {
	t.Parallel()
	names, err := fs.Glob(schema.Files, "*.sql")
	require.NoError(t, err)
	require.NotEmpty(t, names)
	for _, name := range names {
		text, err := fs.ReadFile(schema.Files, name)
		require.NoError(t, err)
		if name >= firstRuled {
			require.Empty(t, broken(string(text)), name)
		}
	}
	text, err := os.ReadFile(example)
	require.NoError(t, err)
	require.Empty(t, broken(string(text)), example)
}

func TestMigrations_rulesFindWhatBreaksThem(t *testing.T) {
	t.Parallel()
	const made = "create table made (id int); create index made_id on made (id); alter table made add foreign key (id) references a;"
	const concurrent = "-- +goose NO TRANSACTION\ndrop index concurrently if exists i; create index concurrently i on a (b);"
	for _, text := range []string{
		made, concurrent,
		"alter table a add column b int not null default 1;",
		"alter table a add constraint c check (b > 0) not valid; alter table a validate constraint c;",
		"alter table a drop constraint c;",
		"-- create index i on a (b);",
		"-- +goose NO TRANSACTION\ndrop index concurrently if exists i;",
	} {
		require.Empty(t, broken(text), text)
	}
	for _, text := range []string{
		made + "create index i on a (b);",
		"create unique index i on a (b);",
		"create index concurrently i on a (b);",
		"-- +goose NO TRANSACTION\ncreate index concurrently i on a (b);",
		"drop index i;",
		"alter table a add constraint c check (b > 0);",
		"alter table a add foreign key (b) references c;",
		"alter table a add unique (b);",
		"alter table a add column b int check (b > 0);",
		"alter table a add column b int references c;",
		"alter table a add column b timestamptz not null default clock_timestamp();",
		"alter table a alter column b type bigint;",
		"alter table a alter column b set not null;",
		"update a set b = 1;",
		"delete from a;",
	} {
		require.Len(t, broken(text), 1, text)
	}
}

var (
	comment     = regexp.MustCompile(`--[^\n]*`)
	block       = regexp.MustCompile(`(?s)\$\$.*?\$\$`) // functions, and loops that commit
	createTable = regexp.MustCompile(`create table (?:if not exists )?(\w+)`)
	createIndex = regexp.MustCompile(`create (?:unique )?index (concurrently )?(?:if not exists )?(\w+) on (\w+)`)
	alterTable  = regexp.MustCompile(`^alter table (?:if exists )?(\w+)`)
	addReading  = regexp.MustCompile(`add (?:constraint \w+ )?(check|foreign key)`)
	addColumn   = regexp.MustCompile(`add column [^,;]*\b(check|references|unique|primary key|clock_timestamp|random|gen_random_uuid)\b`)
)

// broken lists the statements of a migration that keep others out of a table while they read it.
func broken(migration string) (all []string) {
	alone := strings.Contains(migration, "-- +goose NO TRANSACTION")
	text := strings.ToLower(block.ReplaceAllString(comment.ReplaceAllString(migration, ""), "''"))
	made, dropped := map[string]bool{}, map[string]bool{}
	for statement := range strings.SplitSeq(text, ";") {
		statement = strings.Join(strings.Fields(statement), " ")
		if m := createTable.FindStringSubmatch(statement); m != nil {
			made[m[1]] = true
		}
		if name, ok := strings.CutPrefix(statement, "drop index concurrently if exists "); ok {
			dropped[name] = true
		}
		if why := breaks(statement, alone, made, dropped); why != "" {
			all = append(all, fmt.Sprintf("%s: %s", why, statement))
		}
	}
	return all
}

func breaks(statement string, alone bool, made, dropped map[string]bool) string {
	if m := createIndex.FindStringSubmatch(statement); m != nil && !made[m[3]] {
		switch {
		case m[1] == "" || !alone:
			return "an index on a table in use is made concurrently, in a file without transaction"
		case !dropped[m[2]]:
			return "an index that a broken attempt has left must be dropped first"
		}
	}
	if strings.HasPrefix(statement, "drop index") && (!strings.Contains(statement, "concurrently if exists") || !alone) {
		return "an index is dropped concurrently if it exists, in a file without transaction"
	}
	if strings.HasPrefix(statement, "update ") || strings.HasPrefix(statement, "delete ") {
		return "rows are changed in a loop that commits"
	}
	m := alterTable.FindStringSubmatch(statement)
	if m == nil || made[m[1]] {
		return ""
	}
	switch {
	case addReading.MatchString(statement) && !strings.HasSuffix(statement, "not valid"):
		return "a constraint is added not valid, and validated then"
	case addColumn.MatchString(statement):
		return "a new column has no constraint and a constant default"
	case strings.Contains(statement, " type "), strings.Contains(statement, "set not null"), strings.Contains(statement, "add unique"):
		return "what a column holds is not changed in place"
	}
	return ""
}
