package state

import "fmt"

// Mistake is an error of the caller: the simulator works, and the request cannot be carried out.
type Mistake struct {
	Reason Reason
	text   string
}

// Reason says what kind of mistake it is.
type Reason int

const (
	Invalid  Reason = iota + 1 // the request itself is wrong
	NotFound                   // it names something that is not there
	Conflict                   // it does not fit how things stand
)

// Error returns the sentence for the caller.
func (m *Mistake) Error() string { return m.text }

// Invalidf makes a mistake of the reason Invalid.
func Invalidf(format string, args ...any) error {
	return &Mistake{Invalid, fmt.Sprintf(format, args...)}
}

// NotFoundf makes a mistake of the reason NotFound.
func NotFoundf(format string, args ...any) error {
	return &Mistake{NotFound, fmt.Sprintf(format, args...)}
}

// Conflictf makes a mistake of the reason Conflict.
func Conflictf(format string, args ...any) error {
	return &Mistake{Conflict, fmt.Sprintf(format, args...)}
}
