package desk

import (
	"context"
	"fmt"
	"strings"

	"wxdesk/api/web"
	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
	"wxdesk/internal/wechat"
)

type textRequest struct {
	Text string `json:"text" doc:"At most 2,048 bytes in UTF-8 for a reply, 8,192 for a note; not blank"`
}

// MaxNote is how long a note may be, in UTF-8 bytes. A guess: four times a message.
const MaxNote = 4 * wechat.MaxTextBytes

// Write is reply and note.
func (d *Desk) Write(kind command.Kind, longest int) func(context.Context, *struct {
	ToCommand
	Body textRequest
}) (*commandAnswer, error) {
	return func(ctx context.Context, in *struct {
		ToCommand
		Body textRequest
	},
	) (*commandAnswer, error) {
		text := in.Body.Text
		switch {
		case strings.TrimSpace(text) == "":
			return nil, web.BadText.Problem(web.FaultAt("body.text", fmt.Sprintf("expected 1 to %d bytes that are not all blank, got %d", longest, len(text))))
		case len(text) > longest:
			return nil, web.BadText.Problem(web.FaultAt("body.text", fmt.Sprintf("expected at most %d bytes in UTF-8, got %d", longest, len(text))))
		}
		return d.command(ctx, in.ToCommand, AsSeen{}, command.Command{Kind: kind}, text)
	}
}

type resendRequest struct {
	MessageID string `json:"message_id" format:"uuid" doc:"A message that failed, or of which nothing is known"`
}

func (d *Desk) Resend(ctx context.Context, in *struct {
	ToCommand
	Body resendRequest
},
) (*commandAnswer, error) {
	if !web.IsUUID(in.Body.MessageID) {
		return nil, badUUID("body.message_id")
	}
	c := command.Command{Kind: command.Resend, MessageID: conversation.MessageID(in.Body.MessageID)}
	return d.command(ctx, in.ToCommand, AsSeen{}, c, "")
}
