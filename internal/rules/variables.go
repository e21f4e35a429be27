package rules

import (
	"context"
	"fmt"
	"slices"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"

	"wxdesk/internal/routing"
)

// Reader returns the name of the first rule whose condition uses one of the context variables, and that variable (CTX-4). Both are
// "" when no rule uses one. Conditions that do not compile are skipped. It returns an error when ctx ends first.
func Reader(ctx context.Context, kind routing.RulesetKind, list []routing.Rule, variables []string) (rule, variable string, err error) {
	all, err := environments()
	if err != nil || !validKind(kind) {
		return "", "", err
	}
	for _, r := range list {
		if err := ctx.Err(); err != nil {
			return "", "", fmt.Errorf("look for readers of context variables: %w", err)
		}
		if r.When == "" {
			continue
		}
		checked, err := compile(all[kind], r.When)
		if err != nil {
			continue // it never holds, whatever is declared
		}
		eachVariable(checked, func(name string, _ common.Location) {
			if variable == "" && slices.Contains(variables, name) {
				variable = name
			}
		})
		if variable != "" {
			return r.Name, variable, nil
		}
	}
	return "", "", nil
}

// eachVariable shows the context variables that a condition asks for by name, and where.
func eachVariable(checked *cel.Ast, show func(name string, at common.Location)) {
	native := checked.NativeRep()
	ast.PostOrderVisit(native.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if name, ok := variableOf(e); ok {
			show(name, native.SourceInfo().GetStartLocation(e.ID()))
		}
	}))
}

// variableOf reads context["name"], context.name and "name" in context.
func variableOf(e ast.Expr) (name string, ok bool) {
	isContext := func(e ast.Expr) bool { return e.Kind() == ast.IdentKind && e.AsIdent() == "context" }
	switch e.Kind() {
	case ast.SelectKind:
		if s := e.AsSelect(); isContext(s.Operand()) {
			return s.FieldName(), true
		}
	case ast.CallKind:
		call := e.AsCall()
		args := slices.Clone(call.Args())
		switch call.FunctionName() {
		case operators.In:
			slices.Reverse(args)
		case operators.Index:
		default:
			return "", false
		}
		if !isContext(args[0]) || args[1].Kind() != ast.LiteralKind {
			return "", false
		}
		text, isText := args[1].AsLiteral().(types.String)
		return string(text), isText
	}
	return "", false
}
