package web

import (
	"strings"
)

// Operation is one thing that the JSON API can do, and who may ask for it.
type Operation struct {
	ID      string
	Method  string
	Path    string
	Status  int // of success
	Summary string
	May     Audience
}

// byID reports whether the path holds an id.
func (o Operation) byID() bool { return strings.Contains(o.Path, "{id}") }
