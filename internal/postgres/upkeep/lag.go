package upkeep

import (
	"context"
	"time"

	"wxdesk/internal/postgres"
)

// DistributionLag returns the age of the oldest thing that a worker should have taken by now: a distribution trigger that is due, or
// a notice to a run. It returns zero if nothing waits.
func (db *DB) DistributionLag(ctx context.Context) (time.Duration, error) {
	const query = `
		select extract(epoch from now() - coalesce(least(
			(select min(due_at) from distribution_triggers where due_at <= now()), (select min(since) from outbox)), now()))::float8`
	var seconds float64
	if err := db.pool.GetContext(ctx, &seconds, query); err != nil {
		return 0, postgres.Explain(ctx, "measure the distribution's lag", err)
	}
	return max(0, time.Duration(seconds*float64(time.Second))), nil
}
