package lifecycle

import (
	"cmp"
	"time"

	"wxdesk/internal/conversation"
)

// Step is something that was done with a conversation, as its timeline shows it. Steps, messages and notes share one counter.
type Step struct {
	Seq    int64
	At     time.Time
	What   StepKind
	By     conversation.Writer
	Queue  conversation.QueueID // the queue that it moved to; "" if it did not move
	Agent  conversation.AgentID // who was asked, or has it now; "" if that is By, or nobody
	Reason string               // a stable word, or empty
	Until  time.Time            // of what was put aside; zero: until the customer writes
}

// StepKind says what happened.
type StepKind string

// The kinds of steps. That a conversation was opened is none of them, because its row says so.
const (
	StepHandedOver  StepKind = "handed-over" // by a bot, or because there is none, to people
	StepOffered     StepKind = "offered"
	StepAccepted    StepKind = "accepted"
	StepDeclined    StepKind = "declined"
	StepOfferOver   StepKind = "offer-over" // not answered, or taken back
	StepPicked      StepKind = "picked"
	StepAssigned    StepKind = "assigned"
	StepTransferred StepKind = "transferred"
	StepPutAside    StepKind = "put-aside"
	StepResumed     StepKind = "resumed"
	StepEnded       StepKind = "ended" // with the customer; its agent wraps up
	StepClosed      StepKind = "closed"
)

// StepBody is a new step in the timeline.
type StepBody struct {
	Seq int64 `json:"seq"`
}

// step adds a step to the timeline, now. If it does not say by whom, it is by who acts in the draft.
func (d *draft) step(s Step) {
	d.LastSeq++
	s.Seq, s.At = d.LastSeq, d.now
	s.By.Kind = cmp.Or(s.By.Kind, d.by.Kind)
	if s.By.ID == "" && s.By.Kind == d.by.Kind {
		s.By.ID = d.by.ID
	}
	d.change.Steps = append(d.change.Steps, s)
}

// offerEnded adds the step of an offer that is over.
func (d *draft) offerEnded(over Assignment) {
	if over.State == Rejected {
		d.step(Step{What: StepDeclined})
		return
	}
	d.step(Step{What: StepOfferOver, Agent: over.Agent, Reason: string(over.State)})
}

// closer returns who ends a conversation for a reason; the zero value stands for who acts in the draft.
func (d *draft) closer(why conversation.CloseReason) conversation.Writer {
	if d.by.Kind != conversation.WriterSystem {
		return conversation.Writer{} // it ends by an act
	}
	switch why {
	case conversation.ClosedByAgent:
		return conversation.Writer{Kind: conversation.WriterAgent, ID: string(d.was.Agent)}
	case conversation.ClosedByBot:
		return conversation.Writer{Kind: conversation.WriterBot}
	case conversation.ClosedUnfollowed:
		return conversation.Writer{Kind: conversation.WriterCustomer}
	}
	return conversation.Writer{}
}
