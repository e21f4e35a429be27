package audit_test

import (
	"fmt"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/devstack"
)

// ofDeployment are the names of roles and databases in deploy/postgres/databases.sh.
var ofDeployment = regexp.MustCompile(`\b(wxdesk_owner|wxdesk|temporal_visibility|temporal)\b`)

// deployed runs the statements of deploy/postgres/databases.sh, with names of the test's own. It returns how the owner of the tables and
// the programs reach their database.
func deployed(t *testing.T) (owner, program string) {
	t.Helper()
	text, err := os.ReadFile("../../../deploy/postgres/databases.sh")
	require.NoError(t, err)
	_, script, _ := strings.Cut(string(text), "<<'SQL'\n")
	script, _, found := strings.Cut(script, "SQL\n")
	require.True(t, found)
	suffix := "_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	script = regexp.MustCompile(`:'\w+'`).ReplaceAllString(script, "'x'") // the passwords
	script = ofDeployment.ReplaceAllString(script, "${1}"+suffix)

	server := devstack.TestDatabase(t, "empty", nil)
	inServer, inDatabase, found := strings.Cut(script, "\\connect wxdesk"+suffix+"\n")
	require.True(t, found)
	execEach(t, server, inServer)
	t.Cleanup(func() {
		var drops strings.Builder
		for _, kind := range []string{"database", "role"} {
			for _, words := range regexp.MustCompile(`create `+kind+` (\w+)`).FindAllStringSubmatch(script, -1) {
				fmt.Fprintf(&drops, "drop %s %s;\n", kind, words[1])
			}
		}
		execEach(t, server, drops.String())
	})
	database := in(t, server, "wxdesk"+suffix, "")
	execEach(t, database, inDatabase)
	return in(t, database, "wxdesk"+suffix, "wxdesk_owner"+suffix), in(t, database, "wxdesk"+suffix, "wxdesk"+suffix)
}

// in is the address of a database on the same server, under a role; "" for that of the address.
func in(t *testing.T, dsn, database, role string) string {
	t.Helper()
	at, err := url.Parse(dsn)
	require.NoError(t, err)
	at.Path = "/" + database
	if role != "" {
		query := at.Query()
		query.Set("options", "-c role="+role)
		at.RawQuery = query.Encode()
	}
	return at.String()
}

// execEach runs statements one by one, each of which ends with a semicolon at the end of its line.
func execEach(t *testing.T, dsn, statements string) {
	t.Helper()
	db, err := sqlx.Open("postgres", dsn)
	require.NoError(t, err)
	defer db.Close() //nolint:errcheck // a test's
	for statement := range strings.SplitSeq(statements, ";\n") {
		if statement == "" {
			continue
		}
		_, err := db.Exec(statement)
		require.NoError(t, err, statement)
	}
}
