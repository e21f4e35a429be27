package conversation

import (
	"errors"
	"time"
)

// CommandKind names what a person asks of a conversation.
type CommandKind string

// The commands. Their spelling is that of the API's paths.
const (
	CommandAccept     CommandKind = "accept"      // an offer
	CommandReject     CommandKind = "reject"      // an offer
	CommandPick       CommandKind = "pick"        // an open conversation, without an offer
	CommandReply      CommandKind = "reply"       // to the customer
	CommandNote       CommandKind = "note"        // for colleagues
	CommandTransfer   CommandKind = "transfer"    // to a queue or to an agent
	CommandWait       CommandKind = "wait"        // put aside, until a time or until the customer writes
	CommandResume     CommandKind = "resume"      // take back what was put aside
	CommandWrapUp     CommandKind = "end"         // the conversation with the customer is over: wrap up
	CommandClose      CommandKind = "close"       // closed by its agent, or by a supervisor
	CommandAssign     CommandKind = "assign"      // a supervisor's: to an agent or to a queue
	CommandForceClose CommandKind = "force-close" // a supervisor's
	CommandSetContext CommandKind = "set-context" // context variables
	CommandSetSkills  CommandKind = "set-skills"  // which skills the conversation needs
	CommandResend     CommandKind = "resend"      // a message that failed or of which nothing is known
)

// PersonCommand is what a person asks of a conversation, without texts.
type PersonCommand struct {
	ID           string // UUID; the ledger makes it
	Kind         CommandKind
	Conversation ID
	By           Principal
	AssignmentID AssignmentID `json:",omitempty"` // of accept and reject; "" for whichever is offered to By
	QueueID      QueueID      `json:",omitempty"` // of transfer and assign
	AgentID      AgentID      `json:",omitempty"` // of transfer and assign
	MessageID    MessageID    `json:",omitempty"` // of resend
	Until        time.Time    `json:",omitzero"`  // of wait; zero: until the customer writes
	IfRevision   int64        `json:",omitempty"` // the revision that the caller has seen; 0: any; negative: none that there is
}

// Refusal says why a command was not done; stable, and the type of the problem that the API answers with.
type Refusal string

// The refusals.
const (
	RefusedNotYours     Refusal = "not-your-conversation"    // 404 or 409: somebody else's
	RefusedClosed       Refusal = "conversation-closed"      // 409
	RefusedState        Refusal = "wrong-state"              // 409: not possible in this state
	RefusedStale        Refusal = "stale-version"            // 412: IfRevision is not the conversation's
	RefusedOfferOver    Refusal = "offer-over"               // 409: taken by another, withdrawn, or too late
	RefusedCapacity     Refusal = "at-capacity"              // 409: a pick at capacity
	RefusedPresence     Refusal = "presence-not-allowed"     // 409: offline, or a presence that takes no work
	RefusedSkill        Refusal = "skill-missing"            // 409
	RefusedTarget       Refusal = "target-unusable"          // 422: unknown, disabled, closed now, or oneself
	RefusedWindow       Refusal = "reply-window-closed"      // 409: WeChat takes nothing for this customer any more
	RefusedAllowance    Refusal = "reply-allowance-spent"    // 409: by our count WeChat takes no further message
	RefusedVariable     Refusal = "unknown-context-variable" // 422
	RefusedUnknownSkill Refusal = "unknown-skill"            // 422
	RefusedText         Refusal = "text-unusable"            // 422
	RefusedDelivered    Refusal = "message-not-resendable"   // 409: it is on its way or has arrived
	RefusedNotAllowed   Refusal = "not-allowed"              // 403: not for this role
)

// ErrKeyReused: the Idempotency-Key came with another request before.
var ErrKeyReused = errors.New("conversation: the idempotency key was used for another request")

// Viewer is who reads: what an agent may see is decided in the query (S5). Supervisors and admins see the whole tenant.
type Viewer struct {
	Tenant  Tenant
	AgentID AgentID // "" for supervisors and admins
}
