package web

import (
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// OptionalNumber is a number in a query that may be left out: zero or more.
type OptionalNumber struct {
	Value int64
	Given bool
}

// Schema implements huma.SchemaProvider.
func (OptionalNumber) Schema(r huma.Registry) *huma.Schema {
	s := *huma.SchemaFromType(r, reflect.TypeFor[int64]())
	s.Minimum = new(float64)
	return &s
}

// Receiver implements huma.ParamWrapper: where the number is parsed into.
func (n *OptionalNumber) Receiver() reflect.Value { return reflect.ValueOf(n).Elem().Field(0) }

// OnParamSet implements huma.ParamReactor.
func (n *OptionalNumber) OnParamSet(given bool, _ any) { n.Given = given }
