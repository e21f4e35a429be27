package postgres

import (
	"context"

	"wxdesk/internal/conversation"
)

// What a customer's words do to the standing of a conversation that is a person's, or is to be one's.

// moveStanding does what new messages do: what was put aside waits again, for the agent who had it; what was being wrapped
// up goes on with the same agent (D3); what waits in a queue waits by its last word (QUE-3). The desks are told of the
// lines. Of a bot's conversation they are told only that it has begun.
func (r *reception) moveStanding(ctx context.Context) error {
	switch {
	case len(r.fresh) == 0:
		return nil
	case r.begun:
		return r.tellOfBeginning(ctx)
	case r.conversation.Holder == conversation.HolderBot:
		return nil
	}
	t, err := r.db.lockTalk(ctx, r.tx, r.in.Ref)
	if err != nil {
		return err
	}
	before, moved := t.Agent, true
	switch {
	case t.State == conversation.StateWaiting:
		err = t.opensAgain(ctx)
	case t.State == conversation.StateWrapUp:
		err = t.returns(ctx)
	default:
		moved = false
	}
	if err != nil {
		return err
	}
	if t.item != nil {
		const last = `update work_items set since = now() where tenant = $1 and id = $2`
		if _, err := r.tx.ExecContext(ctx, last, r.in.Tenant, t.item.ID); err != nil {
			return err
		}
	}
	if err := r.tellLines(ctx, t); err != nil || !moved {
		return err
	}
	_, err = changed(ctx, r.tx, r.in.Ref, before)
	return err
}

func (r *reception) tellLines(ctx context.Context, t *talk) error {
	rows := make([]feedRow, len(r.fresh))
	for n, i := range r.fresh {
		receipt := r.verdicts[i].receipt
		rows[n] = t.row(feedMessage, lineBody{*receipt.MessageID, *receipt.Seq, conversation.AuthorCustomer})
	}
	return publish(ctx, r.tx, r.in.Tenant, rows...)
}

// tellOfBeginning tells the desks that there is a conversation.
func (r *reception) tellOfBeginning(ctx context.Context) error {
	c := r.conversation
	s := conversation.Standing{Revision: c.Revision, State: c.State, Holder: c.Holder}
	return publish(ctx, r.tx, r.in.Tenant, feedRow{Kind: feedConversation, Conversation: r.in.Conversation, Body: standingBody(s)})
}
