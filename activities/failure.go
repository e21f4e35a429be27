package activities

import (
	"errors"
	"fmt"

	"go.temporal.io/sdk/temporal"

	"wxdesk/internal/conversation"
)

// Kinds of failure that a workflow can tell apart; everything else is retried.
const (
	// FailureClosed: the conversation has a closed row; what is left belongs to the next one.
	FailureClosed = "conversation-closed"
)

// failure turns an error of a port into one that Temporal keeps: act and cause, never content. Domain errors do not
// survive the trip, so that those that a workflow must know become kinds.
func failure(act string, err error) error {
	if errors.Is(err, conversation.ErrClosed) {
		return temporal.NewApplicationErrorWithOptions(act, FailureClosed, temporal.ApplicationErrorOptions{NonRetryable: true, Cause: err})
	}
	return fmt.Errorf("%s: %w", act, err)
}

// FailureOf names the kind of failure that an activity ended with, "" for none of ours.
func FailureOf(err error) string {
	var app *temporal.ApplicationError
	if errors.As(err, &app) {
		return app.Type()
	}
	return ""
}

// stale reports whether an act came too late to have an effect.
func stale(err error) bool {
	return errors.Is(err, conversation.ErrStaleEpoch) || errors.Is(err, conversation.ErrClosed) || errors.Is(err, conversation.ErrNotFound)
}
