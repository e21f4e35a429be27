package desk

import (
	"context"

	"wxdesk/api/web"
	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// Conversations reads conversations for a viewer. A conversation that the viewer may not see is ErrNotFound, like one that does not
// exist.
type Conversations interface {
	Conversation(ctx context.Context, v access.Viewer, id conversation.ID) (conversation.Conversation, error)
	// Conversations lists in the order of the filter.
	Conversations(ctx context.Context, v access.Viewer, f conversation.Filter, after conversation.Position, limit int) ([]conversation.Conversation, error)
	// CountConversations counts those of a list by state, whatever states it is narrowed by; each up to 10,000.
	CountConversations(ctx context.Context, v access.Viewer, f conversation.Filter) (map[conversation.State]int, error)
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
