package desk

import (
	"context"
	"time"

	"wxdesk/api/web"
	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
)

// The commands, each with the body that it takes. The rule book judges what depends on the state of the conversation. A body that
// could never be accepted is refused here, before anything is written.

// nothing is a body that has nothing to say yet.
type nothing struct{}

// CommandWithoutBody is a command without particulars.
func (d *Desk) CommandWithoutBody(kind command.Kind) func(context.Context, *struct {
	ToCommand
	Body *nothing
}) (*commandAnswer, error) {
	return func(ctx context.Context, in *struct {
		ToCommand
		Body *nothing
	},
	) (*commandAnswer, error) {
		return d.command(ctx, in.ToCommand, AsSeen{}, command.Command{Kind: kind}, "")
	}
}

// CommandWithoutBodyAsSeen is a command without particulars that two people may give at once.
func (d *Desk) CommandWithoutBodyAsSeen(kind command.Kind) func(context.Context, *struct {
	ToCommand
	AsSeen
	Body *nothing
}) (*commandAnswer, error) {
	return func(ctx context.Context, in *struct {
		ToCommand
		AsSeen
		Body *nothing
	},
	) (*commandAnswer, error) {
		return d.command(ctx, in.ToCommand, in.AsSeen, command.Command{Kind: kind}, "")
	}
}

type offerRequest struct {
	AssignmentID string `json:"assignment_id,omitempty" format:"uuid" doc:"The offer that is meant; without it, whichever stands"`
}

// AnswerOffer is accept and reject.
func (d *Desk) AnswerOffer(kind command.Kind) func(context.Context, *struct {
	ToCommand
	Body *offerRequest
}) (*commandAnswer, error) {
	return func(ctx context.Context, in *struct {
		ToCommand
		Body *offerRequest
	},
	) (*commandAnswer, error) {
		c := command.Command{Kind: kind}
		if in.Body != nil && in.Body.AssignmentID != "" {
			if !web.IsUUID(in.Body.AssignmentID) {
				return nil, badUUID("body.assignment_id")
			}
			c.AssignmentID = conversation.AssignmentID(in.Body.AssignmentID)
		}
		return d.command(ctx, in.ToCommand, AsSeen{}, c, "")
	}
}

type targetRequest struct {
	QueueID string `json:"queue_id,omitempty" format:"uuid"`
	AgentID string `json:"agent_id,omitempty" format:"uuid"`
}

// Move is transfer and assign: to a queue or to an agent.
func (d *Desk) Move(kind command.Kind) func(context.Context, *struct {
	ToCommand
	AsSeen
	Body targetRequest
}) (*commandAnswer, error) {
	return func(ctx context.Context, in *struct {
		ToCommand
		AsSeen
		Body targetRequest
	},
	) (*commandAnswer, error) {
		to := in.Body
		if (to.QueueID == "") == (to.AgentID == "") {
			return nil, web.Invalid.Problem(web.FaultAt("body", "expected either queue_id or agent_id"))
		}
		for location, id := range map[string]string{"body.queue_id": to.QueueID, "body.agent_id": to.AgentID} {
			if id != "" && !web.IsUUID(id) {
				return nil, badUUID(location)
			}
		}
		return d.command(ctx, in.ToCommand, in.AsSeen, command.Command{
			Kind: kind, QueueID: conversation.QueueID(to.QueueID), AgentID: conversation.AgentID(to.AgentID),
		}, "")
	}
}

type waitRequest struct {
	Until *time.Time `json:"until,omitempty" nullable:"true" doc:"When it comes back by itself; without it, when the customer writes"`
}

// PutAside is wait: the conversation comes back at a time, or when the customer writes.
func (d *Desk) PutAside(ctx context.Context, in *struct {
	ToCommand
	AsSeen
	Body *waitRequest
},
) (*commandAnswer, error) {
	c := command.Command{Kind: command.Wait}
	if in.Body != nil && in.Body.Until != nil {
		c.Until = in.Body.Until.UTC()
	}
	return d.command(ctx, in.ToCommand, in.AsSeen, c, "")
}

func badUUID(location string) *web.Problem {
	return web.Invalid.Problem(web.FaultAt(location, "expected a UUID in lower case"))
}
