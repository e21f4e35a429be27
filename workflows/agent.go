package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"wxdesk/activities"
	"wxdesk/internal/conversation"
)

// Names under which the outside reaches the clock of an agent.
const (
	AgentName        = "Agent"
	SignalAgentEvent = "agent-event"
)

// agentContinueAt is the number of history events after which an agent's run continues as new.
const agentContinueAt = 500

// AgentID is the workflow id of an agent's clock.
func AgentID(t conversation.Tenant, id conversation.AgentID) string {
	return "agent/" + string(t) + "/" + string(id)
}

// AgentInput begins the clock of an agent.
type AgentInput struct {
	Tenant  conversation.Tenant
	AgentID conversation.AgentID
	Gone    time.Time `json:",omitzero"` // since when nobody is connected; zero while somebody is
	Until   time.Time `json:",omitzero"` // and how long his work waits for him
}

// AgentEvent tells that an agent's first desk was connected, or his last one lost.
type AgentEvent struct {
	Connected bool
	At        time.Time
	Until     time.Time `json:",omitzero"` // of a lost one: how long the agent's work waits for him
}

// Agent keeps an agent's time from the first sign-in until some time after his last desk was lost: his work waits for him
// for a while, and what he took for a day comes back when his day ends. It only keeps the time: presence changes in the
// API's own transactions, and the ledger decides what is due.
func Agent(ctx workflow.Context, in AgentInput) error {
	events := workflow.GetSignalChannel(ctx, SignalAgentEvent)
	nudges, nudged := workflow.GetSignalChannel(ctx, SignalNudge), false
	who := activities.AgentInput{Tenant: in.Tenant, AgentID: in.AgentID}
	for {
		for ev := (AgentEvent{}); events.ReceiveAsync(&ev); ev = (AgentEvent{}) {
			in.Gone, in.Until = time.Time{}, time.Time{}
			if !ev.Connected {
				in.Gone, in.Until = ev.At, ev.Until
			}
		}
		for nudges.ReceiveAsync(nil) {
			nudged = true
		}
		if workflow.GetInfo(ctx).GetCurrentHistoryLength() >= agentContinueAt || mayMoveOn(ctx, nudged) {
			return asNew(ctx, Agent, in)
		}
		next, err := agentDue(ctx, who, in)
		if err != nil {
			return err
		}
		rang, err := sleepUnless(ctx, func() bool { return events.Len() > 0 || nudges.Len() > 0 }, next)
		if err != nil {
			return err
		}
		if rang && !in.Gone.IsZero() {
			gone := activities.AgentGoneInput{AgentInput: who, Since: in.Gone}
			if err := workflow.ExecuteActivity(ledgerWork(ctx, "give back the work of an agent who is gone"), acts.AgentGone, gone).Get(ctx, nil); err != nil {
				return err
			}
			if events.Len() == 0 { // a nudge for an ended run concerns nobody
				return nil
			}
		}
	}
}

// agentDue is when the agent's grace ends; while he is there, when his day does.
func agentDue(ctx workflow.Context, who activities.AgentInput, in AgentInput) (at time.Time, err error) {
	if !in.Gone.IsZero() {
		return in.Until, nil
	}
	err = workflow.ExecuteActivity(ledgerWork(ctx, "when does the agent's day end"), acts.AgentDay, who).Get(ctx, &at)
	return at, err
}

// sleepUnless sleeps until a time and says so, unless a signal comes first.
func sleepUnless(ctx workflow.Context, signalled func() bool, until time.Time) (rang bool, err error) {
	timerCtx, cancel := workflow.WithCancel(ctx)
	defer cancel()
	timer := workflow.NewTimer(timerCtx, max(until.Sub(workflow.Now(ctx)), time.Millisecond))
	err = workflow.Await(ctx, func() bool { return timer.IsReady() || signalled() })
	return timer.IsReady(), err
}
