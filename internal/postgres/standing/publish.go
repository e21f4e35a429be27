package standing

import (
	"context"
	"time"

	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/notify"
)

// Publish tells what the change says is to be told.
func (l *Locked) Publish(ctx context.Context, c lifecycle.Change) error {
	return notify.Publish(ctx, l.Tx, l.Ref.Tenant, FeedRows(l.Ref.Conversation, l.After(c), c.Feed)...)
}

// standingBody is how a conversation stands, as desks are told.
func standingBody(s lifecycle.Snapshot) any {
	type offer struct {
		AssignmentID conversation.AssignmentID `json:"assignment_id"`
		AgentID      conversation.AgentID      `json:"agent_id"`
		Deadline     time.Time                 `json:"deadline"`
	}
	body := struct {
		Revision int64                `json:"revision"`
		State    conversation.State   `json:"state"`
		Holder   conversation.Holder  `json:"holder"`
		QueueID  conversation.QueueID `json:"queue_id,omitempty"`
		AgentID  conversation.AgentID `json:"agent_id,omitempty"`
		Offer    *offer               `json:"offer,omitempty"`
	}{s.Revision, s.State, s.Holder, s.Queue, s.Agent, nil}
	if a := s.Live; a != nil && a.State == lifecycle.Offered {
		body.Offer = &offer{a.ID, a.Agent, a.Deadline.UTC()}
	}
	return body
}

// FeedRows are events of a conversation, which stands like this then.
func FeedRows(id conversation.ID, after lifecycle.Snapshot, events []lifecycle.Event) []notify.Row {
	return postgres.Each(events, func(e lifecycle.Event) notify.Row { return FeedRowOf(id, after, e) })
}

// FeedRowOf is an event of a conversation, which stands like this then. Who hears of an agent's presence is told of no conversation.
func FeedRowOf(id conversation.ID, after lifecycle.Snapshot, e lifecycle.Event) notify.Row {
	row := notify.Row{Kind: e.Kind, Conversation: id, Queue: e.Queue, Agent: e.Agent, Body: e.Body}
	if e.Body == nil {
		row.Body = standingBody(after)
	}
	if e.Kind == lifecycle.EventPresence {
		row.Conversation = ""
	}
	return row
}
