package cli

import (
	"context"
	"errors"
	"slices"
	"time"

	"wxdesk/internal/config"
	"wxdesk/internal/reconcile"
	"wxdesk/internal/temporalclient"
)

// reconcileCmd compares what the ledger, the open runs and the assignments say (R25). It looks and changes nothing: what a
// crash leaves repairs itself, so a difference that stays is for a person.
type reconcileCmd struct {
	Check    bool          `help:"Only look, and exit with 1 where there are differences. There is no other way yet."`
	Patience time.Duration `help:"How long a difference may last before it counts: the system is at work meanwhile." default:"15s"`
}

// retryEvery is the pause between two comparisons.
const retryEvery = time.Second

// askPatience is how long a run may take to answer.
const askPatience = 5 * time.Second

// Run prints the differences that lasted.
func (c reconcileCmd) Run(ctx context.Context, p Process) error {
	if !c.Check {
		return errors.New("say --check: reconcile looks and repairs nothing")
	}
	cfg, err := settings(p, config.DatabaseURL, config.MasterKeys)
	if err != nil {
		return err
	}
	db, _, err := openLedger(ctx, cfg, nil)
	if err != nil {
		return err
	}
	defer db.close() //nolint:errcheck // nothing is left to be lost
	temporal, _, err := temporalOf(cfg)
	if err != nil {
		return err
	}
	defer temporal.Close()

	found, err := lasting(ctx, c.Patience, func() ([]reconcile.Difference, error) {
		return differences(ctx, db, &temporalclient.Conversations{Client: temporal})
	})
	if err != nil {
		return err
	}
	for _, d := range found {
		say(p, "%s  %s", d.About, d.What)
	}
	say(p, "%d differences", len(found))
	if len(found) > 0 {
		return errReported
	}
	return nil
}

// lasting compares repeatedly, until no difference is left that was there every time, or patience is over.
func lasting(ctx context.Context, patience time.Duration, look func() ([]reconcile.Difference, error)) ([]reconcile.Difference, error) {
	found, err := look()
	for end := time.Now().Add(patience); err == nil && len(found) > 0 && time.Now().Before(end); {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(retryEvery):
		}
		var now []reconcile.Difference
		now, err = look()
		found = slices.DeleteFunc(found, func(d reconcile.Difference) bool { return !slices.Contains(now, d) })
	}
	return found, err
}

// differences compares once. A run's search attributes change a moment after the run hears of a change, such as an offer. So
// differences asks each run that seems to differ.
func differences(ctx context.Context, db *ledger, runs *temporalclient.Conversations) ([]reconcile.Difference, error) {
	open, err := runs.StandingReports(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := db.upkeep.StandingReports(ctx, operator.Tenant)
	if err != nil {
		return nil, err
	}
	among, err := db.upkeep.Disagreements(ctx, operator.Tenant)
	ask := func(workflowID string) (reconcile.Report, error) {
		ctx, cancel := context.WithTimeout(ctx, askPatience)
		defer cancel()
		return runs.Overview(ctx, workflowID)
	}
	return append(reconcile.Compare(rows, open, ask), among...), err
}
