package web

import (
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// ProblemFor is the problem for a status that the router or huma came up with.
func ProblemFor(status int) *Problem {
	for _, k := range []ProblemKind{NotFound, BadMethod, TooLarge, BadMediaType, Invalid} {
		if p := k.Problem(); p.Status == status {
			return p
		}
	}
	if status >= http.StatusInternalServerError {
		return Internal.Problem()
	}
	p := BadRequest.Problem()
	p.Status = status
	return p
}

const (
	MaxFaults   = 20
	maxLocation = 100 // bytes; the name of an unknown field is the caller's
)

// FromHuma takes over what huma found wrong with a request, without the values that it would echo.
func FromHuma(m *huma.ErrorModel) *Problem {
	p := ProblemFor(m.Status)
	if p.Status >= http.StatusInternalServerError {
		return p
	}
	for _, e := range m.Errors[:min(len(m.Errors), MaxFaults)] {
		location := strings.ToValidUTF8(e.Location[:min(len(e.Location), maxLocation)], "")
		p.Errors = append(p.Errors, FaultAt(location, e.Message))
	}
	return p
}

// TransformSchema implements huma.SchemaTransformer: the type of a problem is one of those that there are, so that a client
// which is generated from the description has a sentence for each.
func (Problem) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	kinds := ProblemKinds()
	types := make([]any, len(kinds))
	for i, k := range kinds {
		types[i] = problemType + string(k)
	}
	s.Properties["type"].Enum = types
	return s
}
