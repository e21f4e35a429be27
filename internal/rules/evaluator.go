package rules

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"

	"wxdesk/internal/routing"
)

const (
	// evaluateWithin bounds the time of one condition, on top of its cost.
	evaluateWithin = 10 * time.Millisecond
	// maxPrograms is how many compiled conditions an Evaluator keeps.
	maxPrograms = 2000
)

// Evaluator evaluates conditions, and keeps what it has compiled. It is safe for concurrent use.
type Evaluator struct {
	mu            sync.Mutex
	recent, older map[string]program // at most maxPrograms/2 each; what is asked for among the older becomes recent
}

// program is a compiled condition, or why it cannot be.
type program struct {
	cel.Program
	err error
}

// NewEvaluator returns an Evaluator that has compiled nothing yet.
func NewEvaluator() *Evaluator { return &Evaluator{recent: map[string]program{}} }

// Evaluate implements routing.Evaluator. Its errors say in fixed sentences why a condition cannot be evaluated: they quote nothing of
// the facts, nor of the condition.
func (e *Evaluator) Evaluate(condition string, facts routing.Facts) (bool, error) {
	p := e.program(condition)
	ctx, cancel := context.WithTimeout(context.Background(), evaluateWithin)
	defer cancel()
	return p.evaluate(ctx, facts)
}

func (p program) evaluate(ctx context.Context, facts routing.Facts) (holds bool, err error) {
	if p.err != nil {
		return false, p.err
	}
	defer func() {
		if recover() != nil { // the value may quote the message
			holds, err = false, errNotEvaluated
		}
	}()
	value, _, err := p.ContextEval(ctx, known{facts})
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return false, errTooLong
	case err != nil && strings.HasPrefix(err.Error(), "no such key"): // a context variable that is not set, say (L05)
		return false, nil
	case err != nil:
		return false, reasonOf(err)
	}
	answer, ok := value.(types.Bool)
	if !ok {
		return false, errNotBool
	}
	return bool(answer), nil
}

// Why a condition could not be evaluated. It does not match then, and the trace says so in these words.
var (
	errTooLong      = errors.New("the condition took too long")
	errNotBool      = errors.New("the condition is neither true nor false")
	errCost         = errors.New("the condition costs too much")
	errZero         = errors.New("division by zero")
	errOverflow     = errors.New("a number is too large")
	errTypes        = errors.New("the types do not fit")
	errMissing      = errors.New("a fact is missing")
	errNotEvaluated = errors.New("the condition cannot be judged")
)

// reasonOf says why a condition could not be evaluated. CEL has few errors to compare with, and its words may quote what a
// customer wrote; but never in front, where these stand.
func reasonOf(err error) error {
	for _, known := range []struct {
		begin  string
		reason error
	}{
		{"operation cancelled: actual cost limit", errCost},
		{"division by zero", errZero},
		{"modulus by zero", errZero},
		{"integer overflow", errOverflow},
		{"unsigned integer overflow", errOverflow},
		{"no such overload", errTypes},
		{"no such attribute", errMissing},
	} {
		if strings.HasPrefix(err.Error(), known.begin) {
			return known.reason
		}
	}
	return errNotEvaluated
}

// program compiles a condition once, or twice where two ask at the same time: nobody waits for another's to be compiled.
func (e *Evaluator) program(condition string) program {
	p, ok := e.find(condition)
	if !ok {
		p = build(condition)
		e.keep(condition, p)
	}
	return p
}

func (e *Evaluator) find(condition string) (program, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if p, ok := e.recent[condition]; ok {
		return p, true
	}
	p, ok := e.older[condition]
	if ok {
		e.put(condition, p)
	}
	return p, ok
}

func (e *Evaluator) keep(condition string, p program) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.put(condition, p)
}

// put makes a condition recent. Where there are too many of them they become the older ones, and those are forgotten.
func (e *Evaluator) put(condition string, p program) {
	if len(e.recent) >= maxPrograms/2 {
		e.older, e.recent = e.recent, map[string]program{}
	}
	e.recent[condition] = p
}

// build compiles a condition. Whichever facts a kind of ruleset has, a name means the same in all of them; so the first kind
// whose conditions may say it will do.
func build(condition string) (built program) {
	defer func() {
		if recover() != nil {
			built = program{err: errNotEvaluated}
		}
	}()
	all, err := environments()
	if err != nil {
		return program{err: err}
	}
	for _, kind := range []routing.RulesetKind{routing.Classification, routing.Assignment} {
		checked, problem := compile(all[kind], condition)
		if problem != nil {
			if err == nil || err.Error() == unknownName {
				err = problem // of the kind that knows the facts
			}
			continue
		}
		p, problem := all[kind].Program(checked,
			cel.EvalOptions(cel.OptOptimize), cel.CostLimit(CostLimit), cel.InterruptCheckFrequency(checkEvery))
		if problem != nil { // in CEL's words, which may quote the condition
			return program{err: errNotEvaluated}
		}
		return program{Program: p}
	}
	return program{err: err}
}

var _ routing.Evaluator = (*Evaluator)(nil)

// validKind reports whether there are rulesets of a kind.
func validKind(kind routing.RulesetKind) bool { return slices.Contains(always, kind) }
