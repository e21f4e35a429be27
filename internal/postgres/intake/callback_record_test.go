package intake_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/callback"
	"wxdesk/internal/postgres/postgrestest"
)

func TestCallbackRecords_countForTheirVersion(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	note := func(version int64, records ...callback.Record) {
		require.NoError(t, f.RecordCallback(t.Context(), postgrestest.Tenant, f.TheAccount.ID, version, records))
	}
	seen := func(version int64) map[callback.Record]time.Time {
		got, err := f.CallbackRecords(t.Context(), postgrestest.Tenant, f.TheAccount.ID, version)
		require.NoError(t, err)
		return got
	}
	require.Empty(t, seen(1))
	note(1, callback.RecordTokenCurrent, callback.RecordReadable)
	require.Len(t, seen(1), 2)
	require.Empty(t, seen(2))

	first := seen(1)[callback.RecordTokenCurrent]
	note(1, callback.RecordTokenCurrent)
	require.True(t, seen(1)[callback.RecordTokenCurrent].After(first), "the last time counts")

	note(2, callback.RecordTokenCurrent)
	note(1, callback.RecordTokenCurrent) // from a process that has not heard of the change
	require.Contains(t, seen(2), callback.RecordTokenCurrent)
	require.NotContains(t, seen(1), callback.RecordTokenCurrent)
	require.Contains(t, seen(1), callback.RecordReadable)
}

func TestEventKept_findsWhatWasRecorded(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	kept := func() bool {
		found, err := f.EventKept(t.Context(), postgrestest.Tenant, f.TheAccount.ID, "key")
		require.NoError(t, err)
		return found
	}
	require.False(t, kept())
	require.NoError(t, f.RecordEvent(t.Context(), callback.Event{
		Tenant: postgrestest.Tenant, AccountID: f.TheAccount.ID, MessageKey: "key", Kind: "debug_demo", Body: []byte("<xml/>"), ReceivedAt: time.Now(),
	}))
	require.True(t, kept())
}
