package postgres_test

import (
	"testing"
	"time"

	"github.com/lib/pq"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/access"
	"wxdesk/internal/postgres/postgrestest"
	"wxdesk/internal/routing"
)

// Who commits much notifies seldom, and not inside the transactions, where each commit would wait for the others.
func TestNotify_fewForManyCommits(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	mei := f.NewAgent(t, "Mei")
	who := access.Principal{Tenant: postgrestest.Tenant, AgentID: mei}
	listener := pq.NewListener(f.DSN, time.Second, time.Second, nil)
	t.Cleanup(func() { require.NoError(t, listener.Close()) })
	require.NoError(t, listener.Listen("wxdesk_feed"))
	require.NoError(t, listener.Listen("wxdesk_distribution"))

	began := time.Now()
	for range 100 {
		for _, p := range []routing.Presence{routing.Available, routing.DND} {
			_, err := f.SetPresence(t.Context(), who, mei, p, "")
			require.NoError(t, err)
		}
	}
	require.NoError(t, f.Close()) // tells what is left
	statements := int(time.Since(began)/(50*time.Millisecond)) + 2
	require.GreaterOrEqual(t, f.Count(t, "feed", "kind = 'presence'"), 200)
	f.Exec(t, `select pg_notify('wxdesk_feed', 'the end')`)
	heard := map[string]int{}
	for n := range listener.Notify {
		if n.Extra == "the end" {
			break
		}
		heard[n.Channel]++
	}
	for _, channel := range []string{"wxdesk_feed", "wxdesk_distribution"} {
		require.Positive(t, heard[channel], channel)
		require.LessOrEqual(t, heard[channel], statements, channel)
	}
}
