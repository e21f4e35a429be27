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

// close has the run end the conversation: its agent's, or any by a supervisor.
func (a *act) close() conversation.Refusal {
	switch {
	case a.mine():
		a.done.Closing = conversation.ClosedByAgent
	case a.supervises():
		a.done.Closing = conversation.ClosedByPerson
	default:
		return conversation.RefusedNotYours
	}
	return ""
}

// forceClose is a supervisor's (SUP-5), in any state.
func (a *act) forceClose() conversation.Refusal {
	if !a.supervises() {
		return conversation.RefusedNotAllowed
	}
	a.done.Closing = conversation.ClosedByForce
	return ""
}
