package rules

import (
	"context"

	"wxdesk/internal/routing"
)

// EvaluateAtLeisure evaluates a condition without looking at the clock, so that only its cost can stop it.
func (e *Evaluator) EvaluateAtLeisure(condition string, facts routing.Facts) (bool, error) {
	return e.program(condition).evaluate(context.Background(), facts)
}

// Cost is what evaluating a condition costs, and whether it came to an end; false if its cost stopped it, or something else.
func (e *Evaluator) Cost(condition string, facts routing.Facts) (cost uint64, ended bool) {
	p := e.program(condition)
	if p.err != nil {
		return 0, false
	}
	_, details, err := p.Eval(known{facts})
	if err != nil || details == nil || details.ActualCost() == nil {
		return 0, false
	}
	return *details.ActualCost(), true
}

// Kept is how many compiled conditions an Evaluator keeps, and MaxPrograms how many it may.
func (e *Evaluator) Kept() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.recent) + len(e.older)
}

const MaxPrograms = maxPrograms

// MaxProgram is how many steps a pattern may come to.
const MaxProgram = maxProgram

// MaxText, MaxEntries and MaxValues limit the facts of a trial.
const (
	MaxText    = maxText
	MaxEntries = maxEntries
	MaxValues  = maxValues
)

// ErrCost and ErrZero are among the sentences that Holds says.
var (
	ErrCost = errCost
	ErrZero = errZero
)
