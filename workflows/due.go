package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"wxdesk/activities"
	"wxdesk/internal/conversation"
)

// dueAgain is the pause after the ledger found, by its own clock, that nothing is due yet.
const dueAgain = time.Second

// dueAt is when the first thing falls due that the conversation's standing brings: an offer ends, a wait is over; zero for
// never.
func (c *life) dueAt() time.Time {
	if len(c.st.Due) == 0 || c.closing != nil || c.st.Ending != "" {
		return time.Time{}
	}
	if at := c.st.Due[0].At; at.After(c.notDueBefore) {
		return at
	}
	return c.notDueBefore
}

// isDue reports whether something of the kind is due now.
func (c *life) isDue(ctx workflow.Context) bool {
	at := c.dueAt()
	return !at.IsZero() && !workflow.Now(ctx).Before(at)
}

// due has the ledger do what has fallen due. The ledger judges: the offer may have been taken meanwhile.
func (c *life) due(ctx workflow.Context) error {
	in := activities.DueInput{Where: c.where("")}
	var out conversation.Commanded
	err := workflow.ExecuteLocalActivity(localLedger(ctx), acts.Due, in).Get(ctx, &out)
	if err != nil {
		err = workflow.ExecuteActivity(ledgerWork(ctx, "do what is due"), acts.Due, in).Get(ctx, &out)
	}
	if err != nil {
		return err
	}
	if !out.Standing.Newer(c.st.Standing) {
		c.notDueBefore = workflow.Now(ctx).Add(dueAgain)
	}
	if out.Closing != "" {
		c.st.Ending = out.Closing // once the notice is out
	}
	return c.obey(ctx, out)
}
