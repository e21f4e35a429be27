package callback

import (
	"fmt"
)

// rejection is a callback that is not answered with 200: the status, a stable word for counter and log, and the cause if
// there is one. The cause never holds what somebody said.
type rejection struct {
	status int
	reason string
	cause  error
}

func reject(status int, reason string, cause error) error { return &rejection{status, reason, cause} }

// Error implements error.
func (r *rejection) Error() string { return fmt.Sprintf("callback rejected: %s", r.reason) }

// Unwrap returns the cause.
func (r *rejection) Unwrap() error { return r.cause }
