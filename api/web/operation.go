package web

import (
	"strings"

	"wxdesk/internal/access"
)

// Operation is one thing that the JSON API can do, and who may ask for it.
type Operation struct {
	ID      string
	Method  string
	Path    string
	Status  int // of success
	Summary string
	May     []access.Role
}

// For names the roles in the description.
func (o Operation) For() string {
	names := make([]string, len(o.May))
	for i, r := range o.May {
		names[i] = string(r)
	}
	return "For " + strings.Join(names, ", ") + "."
}

// byID reports whether the path holds an id.
func (o Operation) byID() bool { return strings.Contains(o.Path, "{id}") }
