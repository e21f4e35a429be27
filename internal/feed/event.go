package feed

import (
	"bytes"
	"encoding/json"
	"fmt"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
)

// Event is something that agents and supervisors are shown.
type Event struct {
	Position
	Tenant       conversation.Tenant
	Kind         string
	Conversation conversation.ID      // "" if none is concerned
	QueueID      conversation.QueueID // "" unless the queue's members are told
	AgentID      conversation.AgentID // "" unless an agent is told
	Body         json.RawMessage
}

// KindConversation is the kind of an event about how a conversation stands.
const KindConversation = "conversation"

// KindAlert is the kind of what only supervisors and admins are told.
const KindAlert = "alert"

// KindPresence is the kind of an event about an agent: their presence, or the queues they are a member of, may have changed.
const KindPresence = "presence"

// KindSettings is the kind of what everybody of the tenant is told: a part of the set-up has changed.
const KindSettings = "settings"

// KindRead is the kind of an event about how far a person has read: for their own streams alone.
const KindRead = "read"

// ReaderMember is the member of a body that says whose read mark it is. Streams do not show it.
const ReaderMember = "reader"

// For reports whether a member of these queues gets the event.
func (e Event) For(v access.Viewer, queues map[conversation.QueueID]bool) bool {
	switch {
	case e.Tenant != v.Tenant:
		return false
	case e.Kind == KindRead:
		return e.readBy(v.Reader)
	case v.AgentID == "", e.Kind == KindSettings:
		return true
	case e.Kind == KindAlert:
		return false
	}
	return e.AgentID == v.AgentID || e.QueueID != "" && queues[e.QueueID]
}

// readBy reports whether a read mark is of a reader. It is asked of every stream of the tenant: a body without the reader's id is not
// decoded.
func (e Event) readBy(reader string) bool {
	if reader == "" || !bytes.Contains(e.Body, []byte(reader)) {
		return false
	}
	var body struct {
		Reader string `json:"reader"`
	}
	return json.Unmarshal(e.Body, &body) == nil && body.Reader == reader
}

// Data returns the members of the event's body that an actor (see access.Principal) is told: the key of a message or a note only
// who sent it, and nobody of whose a key or a read mark is. It fails if the body is no JSON object.
func (e Event) Data(actor string) (map[string]json.RawMessage, error) {
	var data map[string]json.RawMessage
	if err := json.Unmarshal(e.Body, &data); err != nil {
		return nil, fmt.Errorf("body of a feed event: %w", err)
	}
	var sender string
	if of, keyed := data[memberKeyOf]; keyed {
		if err := json.Unmarshal(of, &sender); err != nil {
			return nil, fmt.Errorf("body of a feed event: %w", err)
		}
	}
	if sender == "" || sender != actor {
		delete(data, memberKey)
	}
	delete(data, memberKeyOf)
	delete(data, ReaderMember)
	return data, nil
}

// The members of a body that say under which key a command was sent, and by whom; see lifecycle.Keyed.
const (
	memberKey   = "key"
	memberKeyOf = "key_of"
)

// Page is a page of the event feed.
type Page struct {
	Events []Event  // in order
	UpTo   Position // nothing that comes later stands before it
	More   bool     // more is there, or will be as soon as an older transaction has ended: ask again soon
}
