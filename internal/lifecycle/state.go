package lifecycle

// AssignmentState is the state of an assignment of a conversation to an agent.
type AssignmentState string

// An assignment is live while it is offered or accepted. The other states are final.
const (
	Offered   AssignmentState = "offered"   // the agent is asked
	Accepted  AssignmentState = "accepted"  // the agent has the conversation
	Ended     AssignmentState = "ended"     // the agent had it
	Rejected  AssignmentState = "rejected"  // the agent declined the offer
	Missed    AssignmentState = "missed"    // the agent did not answer the offer in time
	NotSeen   AssignmentState = "unseen"    // the agent's desk did not show the offer
	Withdrawn AssignmentState = "withdrawn" // the offer was taken back
	Voided    AssignmentState = "voided"    // the conversation has lost its run
)

// Live reports whether the assignment is not over.
func (s AssignmentState) Live() bool { return s == Offered || s == Accepted }

// Method says how an assignment came about.
type Method string

// The methods.
const (
	ByOffer      Method = "offer"      // the distribution asked the agent
	Directly     Method = "direct"     // the distribution assigned it without asking
	ByPick       Method = "pick"       // the agent took it
	BySupervisor Method = "supervisor" // a supervisor assigned it
	ByTransfer   Method = "transfer"   // the agent who had it asked this one to take over
)

// ItemState is the state of a work item.
type ItemState string

// The states of a work item. Done is final.
const (
	ItemWaiting  ItemState = "waiting"  // for an agent
	ItemOffered  ItemState = "offered"  // to an agent
	ItemAssigned ItemState = "assigned" // an agent has it
	ItemDone     ItemState = "done"
)
