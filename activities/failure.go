package activities

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"wxdesk/internal/conversation"
	"wxdesk/internal/secret"
)

// Class says what an error means for the step that met it.
type Class string

// The classes.
const (
	// Away: Postgres, Temporal or WeChat does not answer, or a lock is busy. The step is tried again for as long as it takes.
	Away Class = "away"
	// Refused: the rule book says no. The step has no effect.
	Refused Class = "refused"
	// Broken: trying again would fail again. What follows is the step's business, and somebody must look.
	Broken Class = "broken"
)

const (
	// patientTries is how often a step is tried that meets an unknown key or an unknown error before that counts as broken. With
	// the back-off of workflows/options.go it takes about ten minutes, the time of a rollout of a master key.
	patientTries = 26
	// panicTries is how often a step that panics is tried.
	panicTries = 5
)

// errPanicked: the step's code panicked.
var errPanicked = errors.New("activities: the step panicked")

// classes is the table of errors. The first row that fits decides; tries is how often the step is tried before it is broken,
// 0 for as often as it takes.
var classes = []struct {
	err   error
	class Class
	tries int32
}{
	{err: conversation.ErrClosed, class: Refused},
	{err: secret.ErrUnknownKey, class: Away, tries: patientTries}, // a rollout of a master key is under way
	{err: secret.ErrUnavailable, class: Broken},
	{err: errPanicked, class: Away, tries: panicTries},
	{err: errNotStored, class: Broken},
	{err: errReceipts, class: Broken},
	{err: context.DeadlineExceeded, class: Away}, // before what the ledger found at that moment
	{err: context.Canceled, class: Away},
	{err: conversation.ErrNotFound, class: Broken},
	{err: conversation.ErrLater, class: Away}, // what an adapter says of a lost connection
}

// awayStates are the classes of SQLSTATE, and single states, that pass by themselves: no connection, too few resources, a lock, a
// deadlock, a shutdown, a disk. Every other state is a mistake in a row or in this program.
var awayStates = map[string]bool{
	"08": true, "40": true, "53": true, "55": true, "57": true, "58": true,
	"25006": true, // read only: a standby that takes over
}

// classOf judges an error at the given try.
func classOf(err error, attempt int32) Class {
	until := func(tries int32) Class {
		if attempt >= tries {
			return Broken
		}
		return Away
	}
	for _, row := range classes {
		if errors.Is(err, row.err) {
			if row.tries > 0 {
				return until(row.tries)
			}
			return row.class
		}
	}
	var (
		refusal interface{ SQLState() string }
		syntax  *json.SyntaxError
		shape   *json.UnmarshalTypeError
	)
	switch {
	case errors.As(err, &refusal):
		if state := refusal.SQLState(); awayStates[state] || len(state) == 5 && awayStates[state[:2]] {
			return Away
		}
		return Broken
	case errors.As(err, &syntax), errors.As(err, &shape):
		return Broken
	}
	return until(patientTries) // nobody has thought of it: waited for, but not for ever
}

// classNow is classOf for the try that an activity is at.
func classNow(ctx context.Context, err error) Class {
	return classOf(err, activity.GetInfo(ctx).Attempt)
}

// step does what an activity does. A panic is an error like others, and an error becomes one that Temporal keeps: act, cause and
// class, never content.
func step[Out any](ctx context.Context, act string, do func(context.Context) (Out, error)) (out Out, err error) {
	defer func() {
		if p := recover(); p != nil { // its value may quote a message
			activity.GetLogger(ctx).Error("activity panicked", "act", act, "type", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
			err = errPanicked
		}
		if app := (*temporal.ApplicationError)(nil); err != nil && !errors.As(err, &app) {
			class := classNow(ctx, err)
			err = temporal.NewApplicationErrorWithOptions(act, string(class), temporal.ApplicationErrorOptions{
				NonRetryable: class != Away, Cause: err,
			})
		}
	}()
	return do(ctx)
}

// ClassOf is the class of an error with which an activity ended, for workflows: domain errors do not survive the trip. What is
// none of ours, such as a time-out, is away.
func ClassOf(err error) Class {
	var app *temporal.ApplicationError
	if errors.As(err, &app) && (app.Type() == string(Refused) || app.Type() == string(Broken)) {
		return Class(app.Type())
	}
	return Away
}

// insist tries until it succeeds, fails for another reason than that something is away, or the time is over.
func insist(ctx context.Context, until time.Time, try func(context.Context) error) error {
	ctx, cancel := context.WithDeadline(context.WithoutCancel(ctx), until)
	defer cancel()
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		err := try(ctx)
		if err == nil || classOf(err, 1) != Away {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("gave up: %w", err)
		case <-time.After(wait):
		}
	}
}
