package activities

import (
	"context"

	"wxdesk/internal/conversation"
)

// MaxTurns is how many turns a run takes from the ledger at once, and takes along when it continues as new.
const MaxTurns = 500

// TurnsInput asks which messages of the customer a bot is to answer next.
type TurnsInput struct {
	Where
	After conversation.MessageID // the last that the run knows
}

// Turns lists the messages after one that a bot is to be asked about, oldest first, at most MaxTurns.
//
// Promise: repeatable. It only reads.
func (a *Activities) Turns(ctx context.Context, in TurnsInput) ([]conversation.MessageID, error) {
	turns, err := a.Ledger.Turns(ctx, in.ref(), in.After, MaxTurns)
	if err != nil {
		return nil, failure("list the next turns", err)
	}
	return turns, nil
}
