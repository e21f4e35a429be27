package desk

import (
	"context"
	"strings"
	"time"

	"wxdesk/api/web"
	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// Conversations reads conversations for a viewer. A conversation that the viewer may not see is ErrNotFound, like one that does not
// exist.
type Conversations interface {
	Conversation(ctx context.Context, v access.Viewer, id conversation.ID) (conversation.Conversation, error)
	// Conversations lists newest first.
	Conversations(ctx context.Context, v access.Viewer, f conversation.Filter, after conversation.Position, limit int) ([]conversation.Conversation, error)
	// Messages lists oldest first; afterSeq is 0 for the beginning.
	Messages(ctx context.Context, v access.Viewer, id conversation.ID, afterSeq int64, limit int) ([]conversation.Message, error)
	// Timeline reads a part of what was said, noted and done, oldest first.
	Timeline(ctx context.Context, v access.Viewer, id conversation.ID, r conversation.TimelineRange) (conversation.Timeline, error)
	// Notes lists oldest first; after is the last id of the page before, "" for the first page.
	Notes(ctx context.Context, v access.Viewer, id conversation.ID, after string, limit int) ([]conversation.Note, error)
	// RoutingTrace lists oldest first; after is the last number of the page before, 0 for the first page.
	RoutingTrace(ctx context.Context, v access.Viewer, id conversation.ID, after int64, limit int) ([]routing.TraceStep, error)
	// Targets lists where a conversation may be handed on to now.
	Targets(ctx context.Context, v access.Viewer, id conversation.ID) (routing.Targets, error)
	// Work lists what concerns an agent now.
	Work(ctx context.Context, v access.Viewer) (conversation.Work, error)
}

func (d *Desk) ListConversations(ctx context.Context, in *struct {
	State   conversation.State `query:"state" enum:"open,active,waiting,wrap_up,closed"`
	Queue   string             `query:"queue" format:"uuid"`
	Agent   string             `query:"agent" format:"uuid"`
	Account string             `query:"account" format:"uuid"`
	Limit   int                `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor  string             `query:"cursor" maxLength:"512" doc:"The next of the page before"`
},
) (*struct{ Body web.Page[ConversationView] }, error) {
	for _, id := range []string{in.Queue, in.Agent, in.Account} {
		if id != "" && !web.IsUUID(id) {
			return nil, web.Invalid.Problem(web.FaultAt("query", "expected queue, agent and account to be UUIDs in lower case"))
		}
	}
	who := web.CallerOf(ctx)
	list := []string{"conversations", string(who.Tenant), string(who.Viewer().AgentID), string(in.State), in.Queue, in.Agent, in.Account}
	position, err := d.cursors.Position(in.Cursor, list...)
	if err != nil {
		return nil, err
	}
	found, err := d.cfg.Conversations.Conversations(ctx, who.Viewer(), conversation.Filter{
		State:     in.State,
		QueueID:   conversation.QueueID(in.Queue),
		AgentID:   conversation.AgentID(in.Agent),
		AccountID: conversation.AccountID(in.Account),
	}, readPosition(position), in.Limit+1)
	if err != nil {
		return nil, err
	}
	return &struct{ Body web.Page[ConversationView] }{web.PageOf(found, in.Limit, d.viewConversation, func(last conversation.Conversation) string {
		return d.cursors.After(writePosition(last), list...)
	})}, nil
}

// writePosition and readPosition carry a conversation.Position through a cursor, whose HMAC proves that it was written
// here.
func writePosition(last conversation.Conversation) string {
	return last.OpenedAt.UTC().Format(time.RFC3339Nano) + " " + string(last.ID)
}

func readPosition(text string) conversation.Position {
	at, id, _ := strings.Cut(text, " ")
	opened, err := time.Parse(time.RFC3339Nano, at)
	if err != nil {
		return conversation.Position{}
	}
	return conversation.Position{OpenedAt: opened, ID: conversation.ID(id)}
}

type conversationAnswer struct {
	ETag string `header:"ETag" doc:"The revision, for If-Match"`
	Body ConversationView
}

func (d *Desk) GetConversation(ctx context.Context, in *struct {
	ID string `path:"id" format:"uuid"`
},
) (*conversationAnswer, error) {
	found, err := d.cfg.Conversations.Conversation(ctx, web.CallerOf(ctx).Viewer(), conversation.ID(in.ID))
	if err != nil {
		return nil, err
	}
	return &conversationAnswer{web.VersionTag(found.Revision), d.viewConversation(found)}, nil
}
