package lifecycle

import (
	"slices"
	"time"

	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// transfer moves the conversation to a queue, where it waits for any agent (TRF-1), or to an agent, who is asked (TRF-2). Its agent
// may do so, and a supervisor, also while it is put aside (SUP-4).
func (d *decision) transfer() command.Refusal {
	active := d.State == conversation.StateActive && d.Holder == conversation.HolderAgent
	switch {
	case !d.mine() && !d.supervises():
		return command.RefusedNotYours
	case !active && (d.State != conversation.StateWaiting || !d.supervises()), d.Item == nil:
		return command.RefusedState
	case (d.want.Queue == "") == (d.want.Agent == ""):
		return command.RefusedTarget
	case d.want.Queue != "":
		return d.transferToQueue()
	}
	return d.transferToAgent()
}

func (d *decision) transferToQueue() command.Refusal {
	if d.Target == nil || d.Target.Others == 0 || !d.Target.open(d.now) {
		return command.RefusedTarget
	}
	d.endAssignment(Ended)
	d.waitAgain(d.Target.ID, "", true)
	d.step(Step{What: StepTransferred, Queue: d.Target.ID})
	return ""
}

func (d *decision) transferToAgent() command.Refusal {
	to, known := d.Agents[d.want.Agent]
	switch {
	case !d.Workstream.TransferToAgents && !d.supervises():
		return command.RefusedNotAllowed
	case !known, to.Disabled, to.Lost, !to.Presence.CanBeAsked(), to.ID == d.Agent:
		return command.RefusedTarget
	}
	from := d.Agent
	d.endAssignment(Ended)
	// It is kept for the agent who had it, so that it comes back to them if the other one declines.
	d.changeItem(func(i *Item) {
		i.State, i.KeptFor, i.QueuedAt, i.Declined, i.Paused = ItemOffered, from, d.now, nil, nil
	})
	d.move(conversation.StateActive, conversation.HolderQueue, d.Queue, "")
	d.assign(to.ID, ByTransfer, Offered)
	d.step(Step{What: StepTransferred, Agent: to.ID})
	return ""
}

// assignAnew is a supervisor's command. It gives the conversation to an agent, who has it at once and may then have more than their
// capacity, or to another queue (SUP-3). An open offer is withdrawn. An agent who has the conversation, or has put it aside, loses it
// (SUP-4).
func (d *decision) assignAnew() command.Refusal {
	switch {
	case !d.supervises():
		return command.RefusedNotAllowed
	case d.Holder == conversation.HolderBot, d.State == conversation.StateWrapUp, d.Item == nil:
		return command.RefusedState
	case (d.want.Queue == "") == (d.want.Agent == ""):
		return command.RefusedTarget
	case d.want.Queue != "":
		return d.assignToQueue()
	}
	to, known := d.Agents[d.want.Agent]
	switch {
	case !known, to.Disabled, to.ID == d.Agent:
		return command.RefusedTarget
	case !slices.Contains(d.Item.Presences, to.Presence):
		return command.RefusedPresence
	}
	d.release()
	d.assign(to.ID, BySupervisor, Accepted)
	d.begin(to.ID)
	d.step(Step{What: StepAssigned, Agent: to.ID})
	return ""
}

func (d *decision) assignToQueue() command.Refusal {
	if d.Target == nil || d.Target.ID == d.Queue {
		return command.RefusedTarget
	}
	d.release()
	d.waitAgain(d.Target.ID, "", true)
	d.step(Step{What: StepAssigned, Queue: d.Target.ID})
	return ""
}

// wait puts the conversation aside, until a time or until the customer writes. It takes no capacity meanwhile.
func (d *decision) wait() command.Refusal {
	if refused := d.speaks(); refused != "" {
		return refused
	}
	d.move(conversation.StateWaiting, conversation.HolderAgent, d.Queue, d.Agent)
	d.Until = d.want.Until
	d.stand(d.Standing)
	d.hold(new(time.Duration))
	d.step(Step{What: StepPutAside, Until: d.want.Until})
	return ""
}

// resume takes back what was put aside, if there is room for it.
func (d *decision) resume() command.Refusal {
	switch {
	case !d.mine():
		return command.RefusedNotYours
	case d.State != conversation.StateWaiting, d.Item == nil:
		return command.RefusedState
	case !d.fits(*d.me):
		return command.RefusedCapacity
	}
	d.goOn()
	d.step(Step{What: StepResumed})
	return ""
}

// wrapUp ends the conversation with the customer. The paperwork that is left takes capacity as the workstream says (WS-8).
func (d *decision) wrapUp() command.Refusal {
	if refused := d.speaks(); refused != "" {
		return refused
	}
	d.move(conversation.StateWrapUp, conversation.HolderAgent, d.Queue, d.Agent)
	switch d.Workstream.WrapUp {
	case routing.WrapUpNever:
		d.hold(new(time.Duration))
	case routing.WrapUpAfter:
		d.hold(&d.Workstream.WrapUpFor)
	case routing.WrapUpAlways:
		d.hold(nil)
	}
	d.step(Step{What: StepEnded})
	return ""
}

// close ends the conversation. Its agent may do so, and any supervisor. While messages are on their way to the customer, the end
// waits for them.
func (d *decision) close() command.Refusal {
	why := conversation.ClosedByPerson
	switch {
	case d.mine():
		why = conversation.ClosedByAgent
	case !d.supervises():
		return command.RefusedNotYours
	}
	if d.Unsent.Any() {
		d.wishEnd(why)
		return ""
	}
	d.end(why)
	return ""
}

// forceClose is a supervisor's command (SUP-5), in any state. It waits for nothing.
func (d *decision) forceClose() command.Refusal {
	if !d.supervises() {
		return command.RefusedNotAllowed
	}
	d.end(conversation.ClosedByForce)
	return ""
}

// open reports whether the queue is open now.
func (t *Target) open(now time.Time) bool { return t.Hours == nil || t.Hours.Open(now) }
