package postgres

import (
	"context"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// wait puts the conversation aside, until a time or until the customer writes. It takes no capacity meanwhile.
func (a *act) wait(ctx context.Context) (conversation.Refusal, error) {
	if refused := a.speaks(); refused != "" {
		return refused, nil
	}
	a.moved = true
	if err := a.goes(ctx, spot{
		State: conversation.StateWaiting, Holder: conversation.HolderAgent, Agent: a.Agent, Until: a.cmd.Until,
	}); err != nil {
		return "", err
	}
	return "", a.holds(ctx, new(int64))
}

// resume takes back what was put aside, where there is room for it.
func (a *act) resume(ctx context.Context) (conversation.Refusal, error) {
	switch {
	case !a.mine():
		return conversation.RefusedNotYours, nil
	case a.State != conversation.StateWaiting:
		return conversation.RefusedState, nil
	}
	if room, err := a.roomFor(ctx, *a.me); err != nil || !room {
		return conversation.RefusedCapacity, err
	}
	a.moved = true
	return "", a.returns(ctx)
}

// returns has the conversation's agent go on with it.
func (t *talk) returns(ctx context.Context) error {
	if err := t.goes(ctx, spot{State: conversation.StateActive, Holder: conversation.HolderAgent, Agent: t.Agent}); err != nil {
		return err
	}
	return t.holds(ctx, nil)
}

// wrapUp ends the talk; what is left is paperwork, which takes capacity as the workstream says (WS-8).
func (a *act) wrapUp(ctx context.Context) (conversation.Refusal, error) {
	if refused := a.speaks(); refused != "" {
		return refused, nil
	}
	a.moved = true
	if err := a.goes(ctx, spot{State: conversation.StateWrapUp, Holder: conversation.HolderAgent, Agent: a.Agent}); err != nil {
		return "", err
	}
	switch a.WrapUp {
	case routing.WrapUpNever:
		return "", a.holds(ctx, new(int64))
	case routing.WrapUpAfter:
		return "", a.holds(ctx, &a.WrapUpMS)
	case routing.WrapUpAlways:
	}
	return "", a.holds(ctx, nil)
}

// close ends the conversation: its agent's, or any by a supervisor. What is on its way to the customer is sent before.
func (a *act) close(ctx context.Context) (conversation.Refusal, error) {
	why := conversation.ClosedByPerson
	switch {
	case a.mine():
		why = conversation.ClosedByAgent
	case !a.supervises():
		return conversation.RefusedNotYours, nil
	}
	const query = `
		select exists (select from deliveries where tenant = $1 and conversation_id = $2 and status in ('queued', 'sending'))`
	var onItsWay bool
	if err := a.tx.GetContext(ctx, &onItsWay, query, a.ref.Tenant, a.ref.Conversation); err != nil {
		return "", err
	}
	if !onItsWay {
		return "", closeConversation(ctx, a.tx, a.ref, why)
	}
	if err := a.wishEnd(ctx, why); err != nil {
		return "", err
	}
	a.moved = true
	return "", endWork(ctx, a.tx, a.ref)
}

// wishEnd has the run end the conversation once nothing is on its way to the customer any more.
func (a *act) wishEnd(ctx context.Context, why conversation.CloseReason) error {
	const update = `update conversations set ending = $3, wished_at = now() where tenant = $1 and id = $2`
	_, err := a.tx.ExecContext(ctx, update, a.ref.Tenant, a.ref.Conversation, why)
	return err
}

// forceClose is a supervisor's (SUP-5), in any state. What is not sent yet fails.
func (a *act) forceClose(ctx context.Context) (conversation.Refusal, error) {
	if !a.supervises() {
		return conversation.RefusedNotAllowed, nil
	}
	if err := a.wishEnd(ctx, conversation.ClosedByForce); err != nil { // an earlier wish had another reason
		return "", err
	}
	return "", closeConversation(ctx, a.tx, a.ref, conversation.ClosedByForce)
}
