package postgres_test

import (
	"io/fs"
	"testing"

	"github.com/jmoiron/sqlx"
	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/devstack"
	"wxdesk/schema"
)

func TestQUE4_agentsThatThereWereBecomeMembersOfTheDefaultQueue(t *testing.T) {
	t.Parallel()
	files, err := fs.Glob(schema.Files, "*_people_of_their_own.sql")
	require.NoError(t, err)
	after, err := goose.NumericComponent(files[0])
	require.NoError(t, err)
	db, err := sqlx.Open("postgres", devstack.TestDatabase(t, "empty", nil))
	require.NoError(t, err)
	defer db.Close() //nolint:errcheck // a test's
	provider, err := goose.NewProvider(goose.DialectPostgres, db.DB, schema.Files, goose.WithDisableGlobalRegistry(true))
	require.NoError(t, err)
	_, err = provider.UpTo(t.Context(), after-1)
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), `
		insert into agents (tenant, id, name, deleted_at) values
			('default', '00000000-0000-7000-8000-0000000000a1', 'Ann', null), ('default', '00000000-0000-7000-8000-0000000000a2', 'Bob', null),
			('default', '00000000-0000-7000-8000-0000000000a3', 'Gone', now());
		insert into queue_members (tenant, queue_id, agent_id, joined_at) values ('default', '`+defaultQueue+`', '00000000-0000-7000-8000-0000000000a1', '2020-01-01')`)
	require.NoError(t, err)
	_, err = provider.UpTo(t.Context(), after)
	require.NoError(t, err)
	var members []string
	require.NoError(t, db.Select(&members, `select name || case when joined_at = '2020-01-01' then ' of old' else '' end
		from queue_members m join agents a on a.id = m.agent_id where queue_id = '`+defaultQueue+`' order by 1`))
	require.Equal(t, []string{"Ann of old", "Bob"}, members)
}
