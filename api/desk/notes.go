package desk

import (
	"context"
	"time"

	"wxdesk/api/web"
	"wxdesk/internal/conversation"
)

// noteView is a note as the API shows it. Notes are never sent, and never change (A24).
type noteView struct {
	ID        string    `json:"id" format:"uuid"`
	Author    string    `json:"author" format:"uuid" doc:"An agent's id, a user's, or an API token's"`
	Text      string    `json:"text"`
	CreatedAt time.Time `json:"created_at"`
}

// ofConversation is a request for a page of something that a conversation has.
type ofConversation struct {
	ID     string `path:"id" format:"uuid"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor string `query:"cursor" maxLength:"512" doc:"The next of the page before"`
}

func (d *Desk) ListNotes(ctx context.Context, in *ofConversation) (*struct{ Body web.Page[noteView] }, error) {
	who := web.CallerOf(ctx)
	list := []string{"notes", string(who.Tenant), in.ID}
	after, err := d.cursors.Position(in.Cursor, list...)
	if err != nil {
		return nil, err
	}
	found, err := d.cfg.Conversations.Notes(ctx, who.Viewer(), conversation.ID(in.ID), after, in.Limit+1)
	if err != nil {
		return nil, err
	}
	view := func(n conversation.Note) noteView {
		return noteView{ID: n.ID, Author: n.Author, Text: n.Text, CreatedAt: n.CreatedAt.UTC()}
	}
	return &struct{ Body web.Page[noteView] }{web.PageOf(found, in.Limit, view, func(last conversation.Note) string {
		return d.cursors.After(last.ID, list...)
	})}, nil
}
