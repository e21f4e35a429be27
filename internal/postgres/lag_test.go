package postgres_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestDistributionLag_isTheAgeOfTheOldestThingLeftLying(t *testing.T) {
	t.Parallel()
	f := newEmptyFixture(t)
	lag := func() time.Duration {
		t.Helper()
		lag, err := f.DistributionLag(t.Context())
		require.NoError(t, err)
		return lag
	}
	f.exec(t, `delete from distribution_triggers`)
	require.Zero(t, lag())
	f.exec(t, `insert into distribution_triggers (tenant, due_at) values ($1, now() + interval '1 hour')`, tenant)
	require.Zero(t, lag(), "it is not due yet")
	f.exec(t, `insert into distribution_triggers (tenant, due_at) values ($1, now() - interval '90 seconds')`, tenant)
	require.InDelta(t, 90, lag().Seconds(), 5)
}
