package rules

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/env"
	"cel.dev/cel-go/common/types"

	"wxdesk/internal/routing"
)

// Limits of a condition (L02, L03, L04, S13).
const (
	// CostLimit is how much a condition may cost, in CEL's own units, by estimate when it is saved and in fact when it runs.
	// A rule that looks for words in a message costs some thousands; the limit is a few milliseconds.
	CostLimit = 50_000
	// MaxPattern is the longest pattern of matches, in characters.
	MaxPattern = 256
	maxProgram = 190  // steps that a pattern comes to, about one a character: (a{30}){30} is short, and takes 900
	maxDepth   = 50   // of brackets within brackets
	maxText    = 2048 // bytes of a text that an estimate reckons with, and that a rule may set
	maxEntries = 100  // of lists and maps
	// checkEvery is after how many steps of a comprehension the time is looked at.
	checkEvery = 100
)

// environment is what conditions of a kind of ruleset may say.
func environment(kind routing.RulesetKind) (*cel.Env, error) {
	options := []cel.EnvOption{
		cel.StdLib(cel.StdLibSubset(&env.LibrarySubset{ExcludeFunctions: clocks()})),
		cel.ParserExpressionSizeLimit(routing.MaxCondition),
		cel.ParserRecursionLimit(maxDepth),
		cel.RegexProgramSizeLimit(maxProgram),
		cel.ASTValidators(cel.ValidateRegexLiterals(), cel.ValidateComprehensionNestingLimit(1)),
	}
	for _, f := range Facts() {
		if slices.Contains(f.Kinds, kind) {
			options = append(options, cel.Variable(f.Name, f.Type))
		}
	}
	made, err := cel.NewCustomEnv(options...)
	if err != nil {
		return nil, err
	}
	// The first unknown name makes cel-go 0.33.2 fill in its catalogue of names, which checks of other conditions read without a lock
	// (checker/env.go, Catalog and cloneWithDecls). Here nobody shares the environment yet.
	_, _ = made.Compile("unknown")
	return made, nil
}

// clocks are the functions of CEL that conditions do without: those of points in time, which read time zones from files or
// leave the zone unsaid (L08). The facts called time say what time it is.
func clocks() (list []*env.Function) {
	for _, name := range []string{
		"timestamp", "duration", "getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear",
		"getHours", "getMinutes", "getSeconds", "getMilliseconds",
	} {
		list = append(list, env.NewFunction(name))
	}
	return list
}

var environments = sync.OnceValues(func() (map[routing.RulesetKind]*cel.Env, error) {
	all := map[routing.RulesetKind]*cel.Env{}
	for _, kind := range []routing.RulesetKind{routing.Classification, routing.RouteToQueue, routing.Prioritisation, routing.Assignment} {
		made, err := environment(kind)
		if err != nil {
			return nil, fmt.Errorf("conditions of %s: %w", kind, err)
		}
		all[kind] = made
	}
	return all, nil
})

// mistake is what is wrong with a condition, and where. Line and column count from 1; 0 if there is no place.
type mistake struct {
	line, column int
	reason       string
}

func (m mistake) Error() string { return m.reason }

// compile checks a condition: its length before anything else, its grammar, names and types, that it says true or false, its
// patterns, and what it may cost. Its error is a mistake, even where CEL panics.
func compile(in *cel.Env, condition string) (checked *cel.Ast, err error) {
	defer func() {
		if recover() != nil { // the value may quote the condition
			checked, err = nil, mistake{reason: "this cannot be compiled"}
		}
	}()
	if len(condition) > routing.MaxCondition {
		return nil, mistake{reason: fmt.Sprintf("expected at most %d bytes, not %d", routing.MaxCondition, len(condition))}
	}
	checked, issues := in.Compile(condition)
	if errs := issues.Errors(); len(errs) > 0 {
		first := errs[0]
		return nil, mistake{max(first.Location.Line(), 0), first.Location.Column() + 1, explain(first.Message)}
	}
	if !checked.OutputType().IsEquivalentType(cel.BoolType) {
		return nil, mistake{1, 1, fmt.Sprintf("expected a condition that is true or false, not a value of type %s", checked.OutputType())}
	}
	if err := checkPatterns(checked); err != nil {
		return nil, err
	}
	estimate, err := in.EstimateCost(checked, sizes{})
	if err != nil {
		return nil, mistake{reason: "its cost cannot be estimated"}
	}
	if estimate.Max > CostLimit {
		return nil, mistake{1, 1, fmt.Sprintf("may cost too much: %d, where %d is allowed", estimate.Max, CostLimit)}
	}
	return checked, nil
}

// unknownName is what explain says of names that the facts of a kind do not have.
const unknownName = "there is no fact or function of this name"

// explain says in our words what the compiler found wrong. Its own may quote the condition, which problem documents never do.
func explain(message string) string {
	for begin, reason := range map[string]string{
		"Syntax error":                  "this is not the grammar of CEL",
		"undeclared reference":          unknownName,
		"undefined field":               "there is no field of this name",
		"found no matching overload":    "the types do not fit",
		"regex program size":            "the pattern is too long, or repeats too much",
		"invalid matches argument":      "the pattern is not a regular expression of RE2",
		"comprehension exceeds nesting": "a loop within a loop is too dear",
		"expression code point size":    "too long",
		"expression size":               "too long",
		"expression recursion limit":    "too many brackets within brackets",
	} {
		if strings.HasPrefix(message, begin) {
			return reason
		}
	}
	return "this cannot be compiled"
}

// checkPatterns sees to it that patterns are literals of a bounded length: what a customer wrote must never become one.
func checkPatterns(checked *cel.Ast) (err error) {
	native := checked.NativeRep()
	visit := ast.NewExprVisitor(func(e ast.Expr) {
		if err != nil || e.Kind() != ast.CallKind || e.AsCall().FunctionName() != "matches" {
			return
		}
		args := e.AsCall().Args()
		pattern := args[len(args)-1]
		at := native.SourceInfo().GetStartLocation(e.ID())
		if pattern.Kind() != ast.LiteralKind {
			err = mistake{at.Line(), at.Column() + 1, "expected a literal pattern"}
			return
		}
		if text, ok := pattern.AsLiteral().(types.String); ok && utf8.RuneCountInString(string(text)) > MaxPattern {
			err = mistake{at.Line(), at.Column() + 1, fmt.Sprintf("expected a pattern of at most %d characters", MaxPattern)}
		}
	})
	ast.PostOrderVisit(native.Expr(), visit)
	return err
}
