package act

import (
	"context"

	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/postgres"
)

// Seen notes that the desk of an agent shows an offer, in one transaction. A repeat changes nothing, so it needs no key. If the offer
// is over, it returns the refusal. It returns ErrNotFound if the agent may not see the conversation, and ErrBusy if another
// transaction holds it for too long.
func (db *DB) Seen(ctx context.Context, c command.Command) (command.Refusal, error) {
	want := lifecycle.Act{Kind: command.Seen, Assignment: c.AssignmentID}
	ref := conversation.Ref{Tenant: c.By.Tenant, Conversation: c.Conversation}
	return postgres.Transact(ctx, db.pool, "note that an offer of conversation "+string(c.Conversation)+" is shown",
		func(tx *postgres.Tx) (command.Refusal, error) {
			l, change, refused, err := db.standing.Decide(ctx, tx, ref, c.By, want)
			switch {
			case err != nil:
				return "", err
			case refused == lifecycle.Unseen:
				return "", conversation.ErrNotFound
			case refused != "":
				return refused, nil
			}
			_, err = l.Apply(ctx, change)
			return "", err
		})
}
