package rules

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// Diagnostic is something wrong with a rule. Rule counts from 0, -1 for the list as a whole; Line and Column from 1, 0 if there
// is no place in a condition.
type Diagnostic struct {
	Rule         int
	Field        string // "when", "set", "skills" …
	Line, Column int
	Reason       string
}

// Known is what rules may name.
type Known struct {
	Queues    map[conversation.QueueID]routing.Overflow
	Skills    []routing.SkillID
	Profiles  []routing.ProfileID
	Variables []routing.Variable
}

// MaxDiagnostics is how many diagnostics Check lists at most.
const MaxDiagnostics = 20

// Check lists what is wrong with rules that are to be saved, the first MaxDiagnostics of it; nothing if they may be published.
// It fails where ctx ends first.
func Check(ctx context.Context, kind routing.RulesetKind, list []routing.Rule, k Known) ([]Diagnostic, error) {
	if !validKind(kind) {
		return []Diagnostic{{Rule: -1, Reason: "unknown kind of ruleset"}}, nil
	}
	all, err := environments()
	if err != nil {
		return nil, err
	}
	c := &checking{kind: kind, env: all[kind], known: k, rule: -1}
	c.size(list)
	if len(c.faults) > 0 {
		return c.faults, nil
	}
	for i, r := range list {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("check rules: %w", err)
		}
		c.rule = i
		c.condition(r.When)
		c.name(r.Name)
		c.outputs(r)
		if len(c.faults) >= MaxDiagnostics {
			return c.faults[:MaxDiagnostics], nil
		}
	}
	return c.faults, nil
}

// checking is a check under way, at one of the rules.
type checking struct {
	kind   routing.RulesetKind
	env    *cel.Env
	known  Known
	rule   int
	faults []Diagnostic
}

func (c *checking) fault(field, reason string, args ...any) {
	c.faults = append(c.faults, Diagnostic{Rule: c.rule, Field: field, Reason: fmt.Sprintf(reason, args...)})
}

// size checks how many rules there are, and how long their conditions are together, before any of them is read (L02).
func (c *checking) size(list []routing.Rule) {
	limit := routing.MaxRules
	if c.kind == routing.RouteToQueue {
		limit = routing.MaxRouteRules
	}
	if len(list) > limit {
		c.fault("", "expected at most %d rules, not %d", limit, len(list))
		return
	}
	conditions := 0
	for _, r := range list {
		conditions += min(len(r.When), routing.MaxCondition) // a longer one is refused by itself, with its place
	}
	if conditions > routing.MaxConditions {
		c.fault("", "expected conditions of at most %d bytes in all, not %d", routing.MaxConditions, conditions)
	}
}

func (c *checking) name(name string) {
	if !isName(name) {
		c.fault("name", "expected 1 to %d characters", routing.MaxName)
	}
}

// isName asks of a name what routing asks of all names: 1 to MaxName characters that are more than blanks.
func isName(name string) bool {
	return strings.TrimSpace(name) != "" && utf8.RuneCountInString(name) <= routing.MaxName
}

// condition checks what a rule asks (L01, L02, L04, L08).
func (c *checking) condition(when string) {
	if when == "" {
		return
	}
	checked, err := compile(c.env, when)
	if wrong, ok := errors.AsType[mistake](err); ok {
		c.faults = append(c.faults, Diagnostic{Rule: c.rule, Field: "when", Line: wrong.line, Column: wrong.column, Reason: wrong.reason})
		return
	}
	c.variables(checked)
}

// variables sees to it that only declared context variables are asked for by name (CTX-1, CTX-4).
func (c *checking) variables(checked *cel.Ast) {
	eachVariable(checked, func(name string, at common.Location) {
		if slices.ContainsFunc(c.known.Variables, func(v routing.Variable) bool { return v.Name == name }) {
			return
		}
		c.faults = append(c.faults, Diagnostic{
			Rule: c.rule, Field: "when", Line: at.Line(), Column: at.Column() + 1,
			Reason: "the workstream declares no context variable of this name",
		})
	})
}
