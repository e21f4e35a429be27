package command

import (
	"time"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
)

// Command is what a person asks of a conversation, without texts.
type Command struct {
	ID           string // UUID; the ledger makes it
	Kind         Kind
	Conversation conversation.ID
	By           access.Principal
	AssignmentID conversation.AssignmentID `json:",omitempty"` // of accept and reject; "" for whichever is offered to By
	QueueID      conversation.QueueID      `json:",omitempty"` // of transfer and assign
	AgentID      conversation.AgentID      `json:",omitempty"` // of transfer and assign
	MessageID    conversation.MessageID    `json:",omitempty"` // of resend
	Until        time.Time                 `json:",omitzero"`  // of wait; zero: until the customer writes
	IfRevision   int64                     `json:",omitempty"` // the revision that the caller has seen; 0: any; negative: none that there is
}
