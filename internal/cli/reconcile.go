package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"wxdesk/internal/config"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
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
	db, _, err := openLedger(ctx, cfg)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // nothing is left to be lost
	temporal, _, err := temporalOf(cfg)
	if err != nil {
		return err
	}
	defer temporal.Close()

	found, err := lasting(ctx, c.Patience, func() ([]conversation.Difference, error) {
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

// lasting looks until there is no difference left that was there at every look, or patience is over.
func lasting(ctx context.Context, patience time.Duration, look func() ([]conversation.Difference, error)) ([]conversation.Difference, error) {
	found, err := look()
	for end := time.Now().Add(patience); err == nil && len(found) > 0 && time.Now().Before(end); {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(retryEvery):
		}
		var now []conversation.Difference
		now, err = look()
		found = slices.DeleteFunc(found, func(d conversation.Difference) bool { return !slices.Contains(now, d) })
	}
	return found, err
}

// differences compares once. A run's search attributes are behind what it knows after a word that told it of a change, such as
// an offer; so a run that seems to differ is asked itself.
func differences(ctx context.Context, db *postgres.DB, runs *temporalclient.Conversations) ([]conversation.Difference, error) {
	open, err := runs.StandingReports(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := db.StandingReports(ctx, operator.Tenant)
	if err != nil {
		return nil, err
	}
	among, err := db.Disagreements(ctx, operator.Tenant)
	ask := func(workflowID string) (conversation.StandingReport, error) {
		ctx, cancel := context.WithTimeout(ctx, askPatience)
		defer cancel()
		return runs.Overview(ctx, workflowID)
	}
	return append(Compare(rows, open, ask), among...), err
}

// Compare finds where rows and open runs differ. Of each conversation there is one of both. A run that is still to be told of an
// act may differ until then.
func Compare(rows, open []conversation.StandingReport, ask func(string) (conversation.StandingReport, error)) (all []conversation.Difference) {
	find := func(about, format string, args ...any) {
		all = append(all, conversation.Difference{About: about, What: fmt.Sprintf(format, args...)})
	}
	pending := map[string]bool{}
	for _, row := range rows {
		pending[row.WorkflowID] = pending[row.WorkflowID] || row.NoticePending
	}
	of := func(w conversation.StandingReport) bool { return pending[w.WorkflowID] }
	rows, open = slices.DeleteFunc(slices.Clone(rows), of), slices.DeleteFunc(slices.Clone(open), of)
	runs := map[string]conversation.StandingReport{}
	for _, run := range open {
		if _, twice := runs[run.WorkflowID]; twice {
			find(run.WorkflowID, "two runs are open")
		}
		runs[run.WorkflowID] = run
	}
	for _, row := range rows {
		about := string(row.Conversation)
		run, ok := runs[row.WorkflowID]
		delete(runs, row.WorkflowID)
		if !ok {
			find(about, "it is open, and no run of it is")
			continue
		}
		run.Conversation = row.Conversation
		if run == row {
			continue
		}
		switch asked, err := ask(row.WorkflowID); {
		case err != nil:
			find(about, "the ledger says %s, the run's attributes say %s, and the run does not answer", stand(row), stand(run))
		case asked.Conversation != row.Conversation:
			find(about, "it is open, and the run is of conversation %s", asked.Conversation)
		case asked != row:
			find(about, "the ledger says %s, the run says %s", stand(row), stand(asked))
		}
	}
	for id := range runs {
		find(id, "a run is open, and no conversation of it is")
	}
	return all
}

func stand(w conversation.StandingReport) string {
	return fmt.Sprintf("%s/%s/%s/%s", w.State, w.Holder, w.QueueID, w.AgentID)
}
