package web

import (
	"encoding/json"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// Optional is a member of a request for which absent and null mean different things.
type Optional[T any] struct {
	Given bool // it is there, if only as null
	Value T    // its zero value for null
}

// UnmarshalJSON implements json.Unmarshaler; it is called for null too.
func (o *Optional[T]) UnmarshalJSON(text []byte) error {
	o.Given = true
	return json.Unmarshal(text, &o.Value)
}

// Schema implements huma.SchemaProvider: a T or null.
func (Optional[T]) Schema(r huma.Registry) *huma.Schema {
	s := *huma.SchemaFromType(r, reflect.TypeFor[T]())
	s.Nullable = true
	return &s
}

// OptionalNumber is a number of a query, zero or more, that may be left out.
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
