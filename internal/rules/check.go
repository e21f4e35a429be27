package rules

import (
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

// Fault is something wrong with a rule. Rule counts from 0, -1 for the list as a whole; Line and Column from 1, 0 where there
// is no place in a condition.
type Fault struct {
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

// Check says what is wrong with rules that are to be saved; nothing where they may be published.
func Check(kind routing.RulesetKind, list []routing.Rule, k Known) []Fault {
	if !validKind(kind) {
		return []Fault{{Rule: -1, Reason: "unknown kind of ruleset"}}
	}
	all, err := environments()
	if err != nil {
		return []Fault{{Rule: -1, Reason: err.Error()}}
	}
	c := &checking{kind: kind, env: all[kind], known: k}
	limit := routing.MaxRules
	if kind == routing.RouteToQueue {
		limit = routing.MaxRouteRules
	}
	if len(list) > limit {
		c.rule = -1
		c.fault("", "expected at most %d rules, not %d", limit, len(list))
		return c.faults
	}
	for i, r := range list {
		c.rule = i
		c.condition(r.When)
		c.name(r.Name)
		c.outputs(r)
	}
	return c.faults
}

// checking is a check under way, at one of the rules.
type checking struct {
	kind   routing.RulesetKind
	env    *cel.Env
	known  Known
	rule   int
	faults []Fault
}

func (c *checking) fault(field, reason string, args ...any) {
	c.faults = append(c.faults, Fault{Rule: c.rule, Field: field, Reason: fmt.Sprintf(reason, args...)})
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
		c.faults = append(c.faults, Fault{Rule: c.rule, Field: "when", Line: wrong.line, Column: wrong.column, Reason: wrong.reason})
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
		c.faults = append(c.faults, Fault{
			Rule: c.rule, Field: "when", Line: at.Line(), Column: at.Column() + 1,
			Reason: "the workstream declares no context variable of this name",
		})
	})
}
