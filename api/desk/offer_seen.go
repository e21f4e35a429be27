package desk

import (
	"context"

	"wxdesk/api/web"
	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
)

type seenRequest struct {
	AssignmentID string `json:"assignment_id" format:"uuid" doc:"The offer that is shown"`
}

// SeeOffer notes that the caller's desk shows an offer, or rings for it. It needs no Idempotency-Key, because a repeat changes nothing.
func (d *Desk) SeeOffer(ctx context.Context, in *struct {
	ID   string `path:"id" format:"uuid"`
	Body seenRequest
},
) (*struct{}, error) {
	if !web.IsUUID(in.Body.AssignmentID) {
		return nil, badUUID("body.assignment_id")
	}
	refused, err := d.cfg.Commands.Seen(ctx, command.Command{
		Kind: command.Seen, Conversation: conversation.ID(in.ID), By: web.CallerOf(ctx).Principal,
		AssignmentID: conversation.AssignmentID(in.Body.AssignmentID),
	})
	switch {
	case err != nil:
		return nil, err
	case refused != "":
		return nil, web.ProblemKind(refused).Problem()
	}
	return nil, nil //nolint:nilnil // 204
}
