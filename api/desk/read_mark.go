package desk

import (
	"context"

	"wxdesk/api/web"
	"wxdesk/internal/conversation"
)

type readRequest struct {
	Seq int64 `json:"seq" minimum:"0" doc:"Of the last entry of the timeline that you have seen"`
}

// MarkRead records how far the caller has read a conversation.
func (d *Desk) MarkRead(ctx context.Context, in *struct {
	ID   string `path:"id" format:"uuid"`
	Body readRequest
},
) (*struct{}, error) {
	return nil, d.cfg.Commands.MarkRead(ctx, web.CallerOf(ctx).Viewer(), conversation.ID(in.ID), in.Body.Seq)
}
