package rules

import (
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/cost"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types"
)

// stepsPerCost is how many steps of a pattern, each over one byte of a text, cost as much as one of CEL's own operations.
const stepsPerCost = 8

// sizes are what an estimate reckons with.
type sizes struct{}

// EstimateSize implements cost.Estimator.
func (sizes) EstimateSize(node cost.AstNode) *cost.SizeEstimate {
	switch node.Type().Kind() {
	case types.StringKind, types.BytesKind, types.DynKind:
		return &cost.SizeEstimate{Max: maxText}
	case types.ListKind, types.MapKind:
		return &cost.SizeEstimate{Max: maxEntries}
	}
	return nil
}

// EstimateCallCost implements cost.Estimator. CEL reckons matches by the length of its pattern; but (.{15}){15} is short, and
// every byte of a text may have to go through all of its steps.
func (sizes) EstimateCallCost(function, _ string, target *cost.AstNode, args []cost.AstNode) *cost.CallEstimate {
	if function != overloads.Matches || len(args) == 0 {
		return nil
	}
	text, pattern := args[0], args[len(args)-1]
	if target != nil {
		text = *target
	}
	if pattern.Expr().Kind() != ast.LiteralKind {
		return nil
	}
	literal, _ := pattern.Expr().AsLiteral().(types.String)
	steps, err := types.RegexProgramSize(string(literal))
	if err != nil {
		return nil
	}
	length := uint64(maxText)
	if size := text.ComputedSize(); size != nil {
		length = min(size.Max, maxText*maxEntries)
	}
	return &cost.CallEstimate{CostEstimate: cost.Estimate{Max: length * uint64(steps) / stepsPerCost}}
}
