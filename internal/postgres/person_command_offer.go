package postgres

import (
	"context"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// accept takes the offer. Whether it still stands is decided by its row alone, so of two who answer at the same time one
// comes too late.
func (a *act) accept(ctx context.Context) (conversation.Refusal, error) {
	if refused := a.offer(); refused != "" {
		return refused, nil
	}
	const update = `update assignments set state = 'accepted', accepted_at = now() where tenant = $1 and id = $2`
	if _, err := a.tx.ExecContext(ctx, update, a.ref.Tenant, a.live.ID); err != nil {
		return "", err
	}
	a.live.State = "accepted"
	if err := a.begins(ctx, a.me.ID); err != nil {
		return "", err
	}
	return "", settlePresence(ctx, a.tx, a.ref.Tenant, a.me.ID)
}

// reject declines the offer: the next one is asked.
func (a *act) reject(ctx context.Context) (conversation.Refusal, error) {
	if refused := a.offer(); refused != "" {
		return refused, nil
	}
	if a.RejectDND {
		if err := a.becomes(ctx, a.me.ID, routing.DND, true); err != nil {
			return "", err
		}
	}
	a.moved = true
	return "", a.declines(ctx, "rejected")
}

// offer says why there is no offer to answer, "" if there is.
func (a *act) offer() conversation.Refusal {
	switch {
	case a.me == nil:
		return conversation.RefusedNotAllowed
	case !a.live.offered(), a.live.Agent != a.me.ID, a.cmd.AssignmentID != "" && a.cmd.AssignmentID != a.live.ID:
		return conversation.RefusedOfferOver
	}
	return ""
}

// pick takes a conversation that waits, without having been asked.
func (a *act) pick(ctx context.Context) (conversation.Refusal, error) {
	switch {
	case a.me == nil:
		return conversation.RefusedNotAllowed, nil
	case a.Holder == conversation.HolderBot, a.Holder == conversation.HolderQueue && a.item == nil:
		return conversation.RefusedState, nil
	case a.State != conversation.StateOpen:
		return conversation.RefusedOfferOver, nil
	case a.item.Mode != routing.Pick && !a.PickFromPush:
		return conversation.RefusedState, nil
	}
	member, err := a.member(ctx)
	if err != nil || !member {
		return conversation.RefusedNotYours, err
	}
	if refused, err := a.takes(ctx, *a.me); err != nil || refused != "" {
		return refused, err
	}
	if full, err := a.atLimit(ctx, a.me.ID); err != nil || full {
		return conversation.RefusedCapacity, err
	}
	if err := a.assigns(ctx, a.me.ID, "pick", "accepted"); err != nil {
		return "", err
	}
	return "", a.begins(ctx, a.me.ID)
}

// member reports whether the one who acts works in the conversation's queue.
func (a *act) member(ctx context.Context) (member bool, err error) {
	const query = `select exists (select from queue_members where tenant = $1 and queue_id = $2 and agent_id = $3)`
	err = a.tx.GetContext(ctx, &member, query, a.ref.Tenant, a.item.Queue, a.me.ID)
	return member, err
}

// begins has an agent work on the conversation, who has accepted it.
func (a *act) begins(ctx context.Context, agent conversation.AgentID) error {
	a.moved = true
	const update = `update work_items set state = 'assigned', affinity_agent = null where tenant = $1 and id = $2`
	if _, err := a.tx.ExecContext(ctx, update, a.ref.Tenant, a.item.ID); err != nil {
		return err
	}
	return a.goes(ctx, spot{State: conversation.StateActive, Holder: conversation.HolderAgent, Agent: agent})
}

// becomes sets an agent's presence for what he did with an offer; chosen says that it stands until he changes it.
func (t *talk) becomes(ctx context.Context, agent conversation.AgentID, p routing.Presence, chosen bool) error {
	const update = `
		update agents set presence = $3, presence_manual = $4, custom_presence = null, presence_before = null, presence_at = now()
		where tenant = $1 and id = $2 and presence <> 'offline'`
	set, err := affected(t.tx.ExecContext(ctx, update, t.ref.Tenant, agent, p, chosen))
	if err != nil || set == 0 {
		return err
	}
	body := presenceBody{AgentID: agent, Presence: p, Manual: chosen}
	return publish(ctx, t.tx, t.ref.Tenant, feedRow{Kind: feedPresence, Agent: agent, Body: body})
}
