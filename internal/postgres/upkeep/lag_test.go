package upkeep_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/postgres/postgrestest"
)

func TestDistributionLag_isTheOldestDueTrigger(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewEmptyFixture(t)
	lag := func() time.Duration {
		t.Helper()
		lag, err := f.DistributionLag(t.Context())
		require.NoError(t, err)
		return lag
	}
	f.Exec(t, `delete from distribution_triggers`)
	require.Zero(t, lag())
	f.Exec(t, `insert into distribution_triggers (tenant, due_at) values ($1, now() + interval '1 hour')`, postgrestest.Tenant)
	require.Zero(t, lag(), "it is not due yet")
	f.Exec(t, `insert into distribution_triggers (tenant, due_at) values ($1, now() - interval '90 seconds')`, postgrestest.Tenant)
	require.InDelta(t, 90, lag().Seconds(), 5)
}
