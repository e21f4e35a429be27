package dispatch_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/dispatch"
)

// dueRows answers each call from a list, and then that nothing is due.
type dueRows struct {
	answers []dueAnswer
	at      []time.Duration // when it was asked
	dropped int
	began   time.Time
}

// DropSilentProcesses fails, which must not keep the rest from being done.
func (d *dueRows) DropSilentProcesses(context.Context) error {
	d.dropped++
	return errors.New("no answer")
}

type dueAnswer struct {
	found bool
	err   error
}

func (d *dueRows) DoAgentDue(context.Context) (bool, error) {
	d.at = append(d.at, time.Since(d.began))
	if len(d.answers) == 0 {
		return false, nil
	}
	a := d.answers[0]
	d.answers = d.answers[1:]
	return a.found, a.err
}

// R28
// All that is due is done at once, a row that fails holds up none, and a ledger that is away is asked once a second.
func TestAgentTimers_doAllThatIsDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		failed, away := errors.New("this row fails"), errors.New("no answer")
		d := &dueRows{began: time.Now(), answers: []dueAnswer{{true, nil}, {true, failed}, {true, nil}, {false, nil}, {false, away}, {true, nil}}}
		ctx, stop := context.WithTimeout(t.Context(), 2500*time.Millisecond)
		defer stop()
		dispatch.AgentTimers{Due: d, Connections: d, Log: slog.New(slog.DiscardHandler)}.Run(ctx)
		require.Equal(t, []time.Duration{0, 0, 0, 0, time.Second, 2 * time.Second, 2 * time.Second}, d.at)
		require.Equal(t, 3, d.dropped)
	})
}
