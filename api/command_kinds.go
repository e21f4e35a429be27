package api

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"wxdesk/api/web"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
	"wxdesk/internal/wechat"
)

// The commands, each with the body it takes. What depends on how the conversation stands is judged there; a body that
// could never be accepted is refused here, before anything is written.

// nothing is a body that has nothing to say yet.
type nothing struct{}

// CommandWithoutBody is a command without particulars.
func (d *Desk) CommandWithoutBody(kind conversation.CommandKind) func(context.Context, *struct {
	ToCommand
	Body *nothing
}) (*commandAnswer, error) {
	return func(ctx context.Context, in *struct {
		ToCommand
		Body *nothing
	},
	) (*commandAnswer, error) {
		return d.command(ctx, in.ToCommand, AsSeen{}, conversation.PersonCommand{Kind: kind}, "")
	}
}

// CommandWithoutBodyAsSeen is a command without particulars that two people may give at once.
func (d *Desk) CommandWithoutBodyAsSeen(kind conversation.CommandKind) func(context.Context, *struct {
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
		return d.command(ctx, in.ToCommand, in.AsSeen, conversation.PersonCommand{Kind: kind}, "")
	}
}

type offerRequest struct {
	AssignmentID string `json:"assignment_id,omitempty" format:"uuid" doc:"The offer that is meant; without it, whichever stands"`
}

// AnswerOffer is accept and reject.
func (d *Desk) AnswerOffer(kind conversation.CommandKind) func(context.Context, *struct {
	ToCommand
	Body *offerRequest
}) (*commandAnswer, error) {
	return func(ctx context.Context, in *struct {
		ToCommand
		Body *offerRequest
	},
	) (*commandAnswer, error) {
		c := conversation.PersonCommand{Kind: kind}
		if in.Body != nil && in.Body.AssignmentID != "" {
			if !web.IsUUID(in.Body.AssignmentID) {
				return nil, badUUID("body.assignment_id")
			}
			c.AssignmentID = conversation.AssignmentID(in.Body.AssignmentID)
		}
		return d.command(ctx, in.ToCommand, AsSeen{}, c, "")
	}
}

type textRequest struct {
	Text string `json:"text" doc:"At most 2,048 bytes in UTF-8 for a reply, 8,192 for a note; not blank"`
}

// MaxNote is how long a note may be, in UTF-8 bytes. A guess: four times a message.
const MaxNote = 4 * wechat.MaxTextBytes

// Write is reply and note.
func (d *Desk) Write(kind conversation.CommandKind, longest int) func(context.Context, *struct {
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
		return d.command(ctx, in.ToCommand, AsSeen{}, conversation.PersonCommand{Kind: kind}, text)
	}
}

type targetRequest struct {
	QueueID string `json:"queue_id,omitempty" format:"uuid"`
	AgentID string `json:"agent_id,omitempty" format:"uuid"`
}

// Move is transfer and assign: to a queue or to an agent.
func (d *Desk) Move(kind conversation.CommandKind) func(context.Context, *struct {
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
		return d.command(ctx, in.ToCommand, in.AsSeen, conversation.PersonCommand{
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
	c := conversation.PersonCommand{Kind: conversation.CommandWait}
	if in.Body != nil && in.Body.Until != nil {
		c.Until = in.Body.Until.UTC()
	}
	return d.command(ctx, in.ToCommand, in.AsSeen, c, "")
}

type contextRequest struct {
	Context map[string]json.RawMessage `json:"context" minProperties:"1" maxProperties:"100" doc:"Variables that the workstream declares: texts of up to 4,000 characters, whole numbers, or null to unset"`
}

// Limits of context variables (CTX-1).
const maxContextValue = 4000 // characters

var (
	contextName = regexp.MustCompile(`^[A-Za-z0-9_]{1,100}$`)
	wholeNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]{0,14})$`) // exact in every JSON reader
)

func (d *Desk) SetContext(ctx context.Context, in *struct {
	ToCommand
	Body contextRequest
},
) (*commandAnswer, error) {
	for name, value := range in.Body.Context {
		if !contextName.MatchString(name) || !validContextValue(value) {
			return nil, web.Invalid.Problem(web.FaultAt("body.context", "expected names of 1 to 100 letters, digits and underscores, and texts, whole numbers or null"))
		}
	}
	text, err := json.Marshal(in.Body.Context)
	if err != nil {
		return nil, fmt.Errorf("encode context variables: %w", err)
	}
	return d.command(ctx, in.ToCommand, AsSeen{}, conversation.PersonCommand{Kind: conversation.CommandSetContext}, string(text))
}

func validContextValue(value json.RawMessage) bool {
	var text *string // nil for null
	if json.Unmarshal(value, &text) == nil {
		return text == nil || utf8.RuneCountInString(*text) <= maxContextValue
	}
	return wholeNumber.Match(value)
}

type skillsRequest struct {
	Skills []routing.NeededSkill `json:"skills" nullable:"false" maxItems:"100" doc:"All that the conversation needs, each once, rated 1 to 10"`
}

func (d *Desk) SetSkills(ctx context.Context, in *struct {
	ToCommand
	AsSeen
	Body skillsRequest
},
) (*commandAnswer, error) {
	known := map[routing.SkillID]bool{}
	for i, s := range in.Body.Skills {
		if !web.IsUUID(string(s.SkillID)) || known[s.SkillID] || s.Rating < 1 || s.Rating > routing.MaxRating {
			return nil, web.Invalid.Problem(web.FaultAt(fmt.Sprintf("body.skills[%d]", i), "expected UUIDs in lower case, each once, and ratings of 1 to 10"))
		}
		known[s.SkillID] = true
	}
	text, err := json.Marshal(in.Body.Skills)
	if err != nil {
		return nil, fmt.Errorf("encode skills: %w", err)
	}
	return d.command(ctx, in.ToCommand, in.AsSeen, conversation.PersonCommand{Kind: conversation.CommandSetSkills}, string(text))
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
	c := conversation.PersonCommand{Kind: conversation.CommandResend, MessageID: conversation.MessageID(in.Body.MessageID)}
	return d.command(ctx, in.ToCommand, AsSeen{}, c, "")
}

func badUUID(location string) *web.Problem {
	return web.Invalid.Problem(web.FaultAt(location, "expected a UUID in lower case"))
}
