package workflows

import (
	"go.temporal.io/sdk/workflow"

	"wxdesk/activities"
	"wxdesk/internal/conversation"
)

// maxSends is how many messages wait for WeChat before the bot is asked again.
const maxSends = 200

// What a customer writes faster than a bot answers and WeChat takes may be any amount; what a run takes along may not: Temporal
// refuses an input of more than 2 MiB (BlobSizeLimitError). So it takes along the first turns, and finds the rest in the ledger.

// leaveTurns leaves the turns that are too many to carry to the ledger.
func (st *State) leaveTurns() {
	if len(st.Turns) > activities.MaxTurns {
		st.Turns = st.Turns[:activities.MaxTurns]
		st.TurnsAfter = st.Turns[activities.MaxTurns-1].MessageID
	}
}

// fetchTurns takes the next turns from the ledger. Their traces end with their receipt.
func (c *life) fetchTurns(ctx workflow.Context) error {
	in := activities.TurnsInput{Where: c.where(""), After: c.st.TurnsAfter}
	var ids []conversation.MessageID
	err := workflow.ExecuteLocalActivity(localLedger(ctx), acts.Turns, in).Get(ctx, &ids)
	if err != nil {
		err = workflow.ExecuteActivity(ledgerWork(ctx, "list the next turns"), acts.Turns, in).Get(ctx, &ids)
	}
	if err != nil {
		return err
	}
	c.st.TurnsAfter = ""
	for _, id := range ids {
		c.st.Turns = append(c.st.Turns, Turn{MessageID: id})
	}
	if len(ids) == activities.MaxTurns {
		c.st.TurnsAfter = ids[len(ids)-1]
	}
	return nil
}

// forgetTurns leaves what the bot was still to answer to whoever reads the transcript.
func (st *State) forgetTurns() { st.Turns, st.TurnsAfter = nil, "" }

// backedUp reports whether enough waits for WeChat, so that the bot need not be asked yet.
func (c *life) backedUp(ctx workflow.Context) bool {
	return len(c.st.Sends) >= maxSends && workflow.GetVersion(ctx, "bounded-sends", workflow.DefaultVersion, 1) == 1
}
