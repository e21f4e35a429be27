package view_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/feed"
	"wxdesk/internal/postgres/postgrestest"
	"wxdesk/internal/routing"
)

func TestDirectory_namesThatDesksShow(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	q, err := f.CreateQueue(t.Context(), postgrestest.CLI, routing.Queue{Name: "Returns", Method: routing.RoundRobin, DeclineLimit: 3})
	require.NoError(t, err)
	s, err := f.CreateSkill(t.Context(), postgrestest.CLI, routing.Skill{Name: "English"})
	require.NoError(t, err)
	require.NoError(t, f.DeleteQueue(t.Context(), postgrestest.CLI, q.ID))

	found, err := f.Directory(t.Context(), postgrestest.Tenant)
	require.NoError(t, err)
	require.Contains(t, found, routing.Named{Kind: routing.NamedAccount, ID: string(f.TheAccount.ID), Name: f.TheAccount.Name})
	require.Contains(t, found, routing.Named{Kind: routing.NamedQueue, ID: string(q.ID), Name: "Returns", Removed: true})
	require.Contains(t, found, routing.Named{Kind: routing.NamedQueue, ID: postgrestest.FirstQueue, Name: "Default queue"})
	require.Contains(t, found, routing.Named{Kind: routing.NamedSkill, ID: string(s.ID), Name: "English"})
	others, err := f.Directory(t.Context(), "another")
	require.NoError(t, err)
	require.Empty(t, others)
}

func TestSettings_changesAreInTheFeed(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	from, err := f.FeedEnd(t.Context())
	require.NoError(t, err)
	q, err := f.CreateQueue(t.Context(), postgrestest.CLI, routing.Queue{Name: "Returns", Method: routing.RoundRobin, DeclineLimit: 3})
	require.NoError(t, err)
	q.Name = "Refunds"
	q, err = f.UpdateQueue(t.Context(), postgrestest.CLI, q)
	require.NoError(t, err)
	require.NoError(t, f.DeleteQueue(t.Context(), postgrestest.CLI, q.ID))
	ofQueue := 0
	for at := from; ofQueue < 3; { // a transaction of another test may delay what can be read
		require.NoError(t, t.Context().Err())
		page, err := f.Feed(t.Context(), at, 10)
		require.NoError(t, err)
		for _, e := range page.Events {
			require.Equal(t, feed.KindSettings, e.Kind)
			if strings.Contains(string(e.Body), string(q.ID)) {
				require.JSONEq(t, `{"kind":"queue","id":"`+string(q.ID)+`"}`, string(e.Body))
				ofQueue++
			}
		}
		at = page.UpTo
	}
	require.Equal(t, 3, ofQueue)
}
