package delivery_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/simulator/simulatortest"
)

func TestMarkFail_stopsPushingForAMinute(t *testing.T) {
	t.Parallel()
	w := simulatortest.NewStill(t)
	w.Do("PATCH", "/_sim/settings", `{"mark_fail_after":3}`, 200)
	w.Server.Answers(func(simulatortest.Received) (int, string) { return 500, "" })
	_, attempts := w.Say("a")
	require.Equal(t, 3, attempts)
	w.Server.Answers(func(simulatortest.Received) (int, string) { return 200, "success" })
	verdict, attempts := w.Say("b")
	require.Equal(t, "failed", verdict)
	require.Zero(t, attempts)
	require.Len(t, w.Server.Received(), 3, "nothing is pushed")
	require.Equal(t, "withheld", w.Attempts()[3].Verdict)
	require.Len(t, w.Heard(), 2, "the notice for each")

	w.Do("POST", "/_sim/clock", `{"advance":"1m"}`, 200)
	verdict, _ = w.Say("c")
	require.Equal(t, "accepted", verdict)
}

func TestMarkFail_isOffUnlessAskedFor(t *testing.T) {
	t.Parallel()
	w := simulatortest.New(t)
	w.Do("PATCH", "/_sim/settings", `{"retry_after":"1ms"}`, 200)
	w.Server.Answers(func(simulatortest.Received) (int, string) { return 500, "" })
	for range 4 {
		w.Say("a")
	}
	require.Len(t, w.Server.Received(), 12)
}
