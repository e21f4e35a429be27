package upkeep_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/postgres/postgrestest"
)

// R26
// What was told before a restore cannot be followed after it, and runs hear how their conversations stand.
func TestRestored_newFeedAndNoticeToTheRuns(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	id := postgrestest.NewConversation()
	f.MustReceive(t, f.Batch(id, "ann", postgrestest.Says("1", "hello")))
	before, err := f.FeedEnd(t.Context())
	require.NoError(t, err)
	restored, err := f.LooksRestored(t.Context())
	require.NoError(t, err)
	require.False(t, restored)

	f.Exec(t, `insert into feed (tenant, kind, xid) values ($1, 'conversation', '9000000000')`, postgrestest.Tenant) // of another cluster
	restored, err = f.LooksRestored(t.Context())
	require.NoError(t, err)
	require.True(t, restored)

	open, err := f.Restored(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 1, open)
	after, err := f.FeedEnd(t.Context())
	require.NoError(t, err)
	require.Greater(t, after.Generation, before.Generation)
	restored, err = f.LooksRestored(t.Context())
	require.NoError(t, err)
	require.False(t, restored, "said once")
	require.Equal(t, 1, f.Count(t, "outbox", "conversation_id = $1 and act = 'restored'", id))
	require.Equal(t, 1, f.Count(t, "conversations", "revision > 1000"), "newer than what any run remembers")

	again, err := f.Restored(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 1, again)
	last, err := f.FeedEnd(t.Context())
	require.NoError(t, err)
	require.Greater(t, last.Generation, after.Generation, "and again after the next restore")
}

// A large database is made good in pieces.
func TestRestored_inPieces(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	f.WaitMany(t, 3000)
	most := f.Written(t, "conversations")
	open, err := f.Restored(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 3000, open)
	require.Equal(t, 3000, f.Count(t, "outbox", "act = 'restored'"))
	require.Equal(t, 3000, f.Count(t, "conversations", "revision > 1000"))
	require.LessOrEqual(t, most(), 500)
}
