package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"unicode/utf8"

	"wxdesk/api/web"
	"wxdesk/internal/command"
)

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
	return d.command(ctx, in.ToCommand, AsSeen{}, command.Command{Kind: command.SetContext}, string(text))
}

func validContextValue(value json.RawMessage) bool {
	var text *string // nil for null
	if json.Unmarshal(value, &text) == nil {
		return text == nil || utf8.RuneCountInString(*text) <= maxContextValue
	}
	return wholeNumber.Match(value)
}
