package rules

import "fmt"

// Location names the rule and its part, such as rules[2].when.
func (f Diagnostic) Location() string {
	if f.Rule < 0 {
		return "rules"
	}
	if f.Field == "" {
		return fmt.Sprintf("rules[%d]", f.Rule)
	}
	return fmt.Sprintf("rules[%d].%s", f.Rule, f.Field)
}

// Message is the reason, and where in a condition it lies.
func (f Diagnostic) Message() string {
	if f.Line == 0 {
		return f.Reason
	}
	return fmt.Sprintf("line %d, column %d: %s", f.Line, f.Column, f.Reason)
}
