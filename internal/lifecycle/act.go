package lifecycle

import (
	"encoding/json"
	"time"

	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// Act is what a person wants of a conversation.
type Act struct {
	Kind       command.Kind
	ID         conversation.MessageID    // of the command, and so of what it writes; "": Snapshot.New says
	Key        string                    // its Idempotency-Key; "" for none
	Assignment conversation.AssignmentID // of accept and reject; "" for whichever is offered to them
	Queue      conversation.QueueID      // of transfer and assign
	Agent      conversation.AgentID      // of transfer and assign
	Message    conversation.MessageID    // of resend
	Until      time.Time                 // of wait; zero: until the customer writes
	IfRevision int64                     // the revision that they have seen; 0: any
	Text       string                    // of reply, note, set-context and set-skills
	Trace      string                    // W3C trace context of the request
}

// ActOf is the act of a request.
func ActOf(r command.Request) Act {
	return Act{
		Kind: r.Kind, ID: conversation.MessageID(r.ID), Key: r.Key, Assignment: r.AssignmentID, Queue: r.QueueID, Agent: r.AgentID, Message: r.MessageID,
		Until: r.Until, IfRevision: r.IfRevision, Text: r.Text, Trace: r.Traceparent,
	}
}

// OfRow reports whether the conversation's row and its unsent messages are enough to judge the act, so that nothing else need be read
// or locked.
func (a Act) OfRow() bool { return a.Kind == command.Reply }

// SkillsWanted returns the skills that an act names. Snapshot.Skills says which of them exist. ok is false if the text of the act
// names none.
func (a Act) SkillsWanted() (skills []routing.NeededSkill, ok bool) {
	if a.Kind != command.SetSkills {
		return nil, true
	}
	err := json.Unmarshal([]byte(a.Text), &skills)
	return skills, err == nil
}
