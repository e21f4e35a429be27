package api

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
	"wxdesk/internal/wechat"
)

// The commands, each with the body it takes. What depends on how the conversation stands is judged there; a body that
// could never be accepted is refused here, before anything is written.

// nothing is a body that has nothing to say yet.
type nothing struct{}

// plain is a command without particulars.
func (a *API) plain(kind conversation.CommandKind) func(context.Context, *struct {
	ToCommand
	Body *nothing
}) (*commandAnswer, error) {
	return func(ctx context.Context, in *struct {
		ToCommand
		Body *nothing
	},
	) (*commandAnswer, error) {
		return a.command(ctx, in.ToCommand, AsSeen{}, conversation.PersonCommand{Kind: kind}, "")
	}
}

// plainAsSeen is a command without particulars that two people may give at once.
func (a *API) plainAsSeen(kind conversation.CommandKind) func(context.Context, *struct {
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
		return a.command(ctx, in.ToCommand, in.AsSeen, conversation.PersonCommand{Kind: kind}, "")
	}
}

type offerRequest struct {
	AssignmentID string `json:"assignment_id,omitempty" format:"uuid" doc:"The offer that is meant; without it, whichever stands"`
}

// answerOffer is accept and reject.
func (a *API) answerOffer(kind conversation.CommandKind) func(context.Context, *struct {
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
			if !isUUID(in.Body.AssignmentID) {
				return nil, badUUID("body.assignment_id")
			}
			c.AssignmentID = conversation.AssignmentID(in.Body.AssignmentID)
		}
		return a.command(ctx, in.ToCommand, AsSeen{}, c, "")
	}
}

type textRequest struct {
	Text string `json:"text" doc:"At most 2,048 bytes in UTF-8 for a reply, 8,192 for a note; not blank"`
}

// maxNote is how long a note may be, in UTF-8 bytes. A guess: four times a message.
const maxNote = 4 * wechat.MaxTextBytes

// write is reply and note.
func (a *API) write(kind conversation.CommandKind, longest int) func(context.Context, *struct {
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
			return nil, badText.problem(fault{"body.text", fmt.Sprintf("expected 1 to %d bytes that are not all blank, got %d", longest, len(text))})
		case len(text) > longest:
			return nil, badText.problem(fault{"body.text", fmt.Sprintf("expected at most %d bytes in UTF-8, got %d", longest, len(text))})
		}
		return a.command(ctx, in.ToCommand, AsSeen{}, conversation.PersonCommand{Kind: kind}, text)
	}
}

type targetRequest struct {
	QueueID string `json:"queue_id,omitempty" format:"uuid"`
	AgentID string `json:"agent_id,omitempty" format:"uuid"`
}

// move is transfer and assign: to a queue or to an agent.
func (a *API) move(kind conversation.CommandKind) func(context.Context, *struct {
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
			return nil, invalid.problem(fault{"body", "expected either queue_id or agent_id"})
		}
		for location, id := range map[string]string{"body.queue_id": to.QueueID, "body.agent_id": to.AgentID} {
			if id != "" && !isUUID(id) {
				return nil, badUUID(location)
			}
		}
		return a.command(ctx, in.ToCommand, in.AsSeen, conversation.PersonCommand{
			Kind: kind, QueueID: conversation.QueueID(to.QueueID), AgentID: conversation.AgentID(to.AgentID),
		}, "")
	}
}

type waitRequest struct {
	Until *time.Time `json:"until,omitempty" nullable:"true" doc:"When it comes back by itself; without it, when the customer writes"`
}

func (a *API) wait(ctx context.Context, in *struct {
	ToCommand
	AsSeen
	Body *waitRequest
},
) (*commandAnswer, error) {
	c := conversation.PersonCommand{Kind: conversation.CommandWait}
	if in.Body != nil && in.Body.Until != nil {
		c.Until = in.Body.Until.UTC()
	}
	return a.command(ctx, in.ToCommand, in.AsSeen, c, "")
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

func (a *API) setContext(ctx context.Context, in *struct {
	ToCommand
	Body contextRequest
},
) (*commandAnswer, error) {
	for name, value := range in.Body.Context {
		if !contextName.MatchString(name) || !validContextValue(value) {
			return nil, invalid.problem(fault{"body.context", "expected names of 1 to 100 letters, digits and underscores, and texts, whole numbers or null"})
		}
	}
	text, err := json.Marshal(in.Body.Context)
	if err != nil {
		return nil, fmt.Errorf("encode context variables: %w", err)
	}
	return a.command(ctx, in.ToCommand, AsSeen{}, conversation.PersonCommand{Kind: conversation.CommandSetContext}, string(text))
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

func (a *API) setSkills(ctx context.Context, in *struct {
	ToCommand
	AsSeen
	Body skillsRequest
},
) (*commandAnswer, error) {
	known := map[routing.SkillID]bool{}
	for i, s := range in.Body.Skills {
		if !isUUID(string(s.SkillID)) || known[s.SkillID] || s.Rating < 1 || s.Rating > routing.MaxRating {
			return nil, invalid.problem(fault{fmt.Sprintf("body.skills[%d]", i), "expected UUIDs in lower case, each once, and ratings of 1 to 10"})
		}
		known[s.SkillID] = true
	}
	text, err := json.Marshal(in.Body.Skills)
	if err != nil {
		return nil, fmt.Errorf("encode skills: %w", err)
	}
	return a.command(ctx, in.ToCommand, in.AsSeen, conversation.PersonCommand{Kind: conversation.CommandSetSkills}, string(text))
}

type resendRequest struct {
	MessageID string `json:"message_id" format:"uuid" doc:"A message that failed, or of which nothing is known"`
}

func (a *API) resend(ctx context.Context, in *struct {
	ToCommand
	Body resendRequest
},
) (*commandAnswer, error) {
	if !isUUID(in.Body.MessageID) {
		return nil, badUUID("body.message_id")
	}
	c := conversation.PersonCommand{Kind: conversation.CommandResend, MessageID: conversation.MessageID(in.Body.MessageID)}
	return a.command(ctx, in.ToCommand, AsSeen{}, c, "")
}

func badUUID(location string) *problem {
	return invalid.problem(fault{location, "expected a UUID in lower case"})
}
