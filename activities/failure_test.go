package activities

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"wxdesk/internal/conversation"
	"wxdesk/internal/secret"
)

// state is an error of Postgres with a SQLSTATE.
type state string

func (s state) Error() string    { return string(s) }
func (s state) SQLState() string { return string(s) }

// R28
// Every error that a port's description names, and what adapters return besides, has a class.
func TestClassOf_everyErrorOfThePorts(t *testing.T) {
	t.Parallel()
	broken := json.Unmarshal([]byte("{"), new(int))
	for name, c := range map[string]struct {
		err         error
		first, last Class // at the first try, and at one after ten minutes
	}{
		"closed":                  {conversation.ErrClosed, Refused, Refused},
		"not found":               {conversation.ErrNotFound, Broken, Broken},
		"a key that does not fit": {secret.ErrUnavailable, Broken, Broken},
		"an unknown master key":   {secret.ErrUnknownKey, Away, Broken},
		"ask later":               {conversation.ErrLater, Away, Away},
		"out of time":             {context.DeadlineExceeded, Away, Away},
		"out of time, not found":  {fmt.Errorf("%w: %w", context.DeadlineExceeded, conversation.ErrNotFound), Away, Away},
		"cancelled":               {context.Canceled, Away, Away},
		"serialization":           {state("40001"), Away, Away},
		"a deadlock":              {state("40P01"), Away, Away},
		"a lock":                  {state("55P03"), Away, Away},
		"too many connections":    {state("53300"), Away, Away},
		"a shutdown":              {state("57P01"), Away, Away},
		"a statement's time":      {state("57014"), Away, Away},
		"a disk":                  {state("58030"), Away, Away},
		"a standby":               {state("25006"), Away, Away},
		"a check":                 {state("23514"), Broken, Broken},
		"a column":                {state("42703"), Broken, Broken},
		"a number":                {state("22003"), Broken, Broken},
		"JSON":                    {broken, Broken, Broken},
		"a panic":                 {errPanicked, Away, Broken},
		"an answer not kept":      {errNotStored, Broken, Broken},
		"receipts":                {errReceipts, Broken, Broken},
		"anything else":           {errors.New("who knows"), Away, Broken},
	} {
		for _, err := range []error{c.err, fmt.Errorf("wrapped: %w", c.err)} {
			require.Equal(t, c.first, classOf(err, 1), name)
			require.Equal(t, c.last, classOf(err, patientTries), name)
		}
	}
	require.Equal(t, Away, classOf(errPanicked, panicTries-1))
	require.Equal(t, Broken, classOf(errPanicked, panicTries))
}

// What panics is an error that says nothing of what the panic said.
func TestStep_panicQuotesNothing(t *testing.T) {
	t.Parallel()
	env := new(testsuite.WorkflowTestSuite).NewTestActivityEnvironment()
	act := func(ctx context.Context) (Result, error) {
		return step(ctx, "try", func(context.Context) (Result, error) { panic("what the customer said") })
	}
	env.RegisterActivity(act)
	_, err := env.ExecuteActivity(act)
	require.ErrorContains(t, err, "panicked")
	require.NotContains(t, err.Error(), "customer")
	require.Equal(t, Away, ClassOf(err))
}
