package audit_test

import (
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/access"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/postgrestest"
	"wxdesk/internal/secret"
)

// S14, M12
func TestAudit_onlyGrows(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewEmptyFixture(t)
	require.NoError(t, f.RecordRefusals(t.Context(), []access.Denials{{Count: 3, Denial: access.Denial{
		Tenant: postgrestest.Tenant, Actor: "unknown", Kind: access.DeniedToken, Network: "192.0.2.0/24",
	}}}))
	require.Equal(t, 1, f.Count(t, "audit", `action = 'access.refused' and subject = '192.0.2.0/24' and detail = '{"kind":"token","count":3}'`))
	for _, change := range []string{`update audit set actor = 'nobody'`, `delete from audit`, `truncate audit`} {
		_, err := f.Raw.Exec(change)
		require.ErrorContains(t, err, "the audit only grows", change)
	}
	f.Exec(t, `insert into audit (tenant, at, actor, action, subject) values ($1, now() - interval '181 days', 'x', 'x', 'old')`, postgrestest.Tenant)
	_, err := f.Raw.Exec(`delete from audit`)
	require.ErrorContains(t, err, "the audit only grows", "what is old is no excuse")
	f.Exec(t, `delete from audit where subject = 'old'`)
}

// S14
// The roles and the database that deploy/postgres/databases.sh makes for compose: the owner migrates, and the programs' role may only
// add to the audit.
func TestAudit_programsRoleMayOnlyAdd(t *testing.T) {
	t.Parallel()
	owner, program := deployed(t)
	_, err := postgres.Migrate(t.Context(), owner)
	require.NoError(t, err)
	admin, err := sqlx.Open("postgres", owner)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, admin.Close()) })

	db := postgrestest.Open(t, program, postgrestest.RingOf(t, secret.NewMasterKey("test").Reveal()))
	current, err := db.UpToDate(t.Context())
	require.NoError(t, err)
	require.True(t, current)
	_, created, err := db.CreateToken(t.Context(), postgrestest.CLI, "desk", access.RoleAdmin, "", time.Hour)
	require.NoError(t, err, "it writes rows, and to the audit")
	require.NoError(t, db.RevokeToken(t.Context(), postgrestest.CLI, created.TokenID))
	_, err = admin.Exec(`insert into audit (tenant, at, actor, action, subject) values ($1, now() - interval '1096 days', 'x', 'x', 'old')`, postgrestest.Tenant)
	require.NoError(t, err)
	gone, err := db.Forget(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 1, gone["audit"], "it may forget what is old")

	as, err := sqlx.Open("postgres", program)
	require.NoError(t, err)
	defer as.Close() //nolint:errcheck // a test's
	for _, change := range []string{
		`update audit set actor = 'nobody'`, `delete from audit`, `truncate audit`, `alter table audit disable trigger all`, `drop table audit`,
	} {
		_, err := as.Exec(change)
		require.Error(t, err, change)
		require.Regexp(t, `permission denied for table audit|must be owner of`, err.Error(), change)
	}
}
