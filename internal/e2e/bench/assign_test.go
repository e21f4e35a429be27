package bench_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"

	"wxdesk/internal/e2e/harness"
)

// BenchmarkAssign_toBareShape compares new conversations that are assigned per second, three hundred at once with agents free for
// all, from the first callback to the last offer on an event stream, with a bare workflow of the same shape.
func BenchmarkAssign_toBareShape(b *testing.B) {
	const burst, agents = 300, 40 // each has room for ten
	s, _, _ := startBench(b)
	account := harness.NewCallbackAccount(s)
	account.TextPrefix = "human"
	f := harness.NewAgentGroup(s, agents)
	senders, engine := account.NewSenders(), newBareEngine(b, s.TemporalClient(), burst, account.CallbackSize())
	chief := s.Command("token", "create", "--role", "supervisor", "--name", "chief")
	customers, closed := 0, 0
	ours := func() measured {
		requests := make(chan harness.Callback, burst)
		for range burst {
			requests <- account.NewCallback(customers)
			customers++
		}
		close(requests)
		before, began := processorTime(b), time.Now()
		runTogether(b, harness.Senders, func(n int) {
			for l := range requests {
				senders[n].Post(l)
			}
		})
		offers := f.WaitForOffers(customers)
		used := processorTimeSince(b, before)
		last := slices.MaxFunc(offers, func(a, b harness.Event) int { return a.At.Compare(b.At) })
		closeAll(f, chief, offers[closed:])
		closed = len(offers)
		return measured{last.At.Sub(began), used}
	}
	ours()
	_, err := f.DB.ExecContext(b.Context(), `analyze`)
	require.NoError(b, err)
	compare(b, burst, "assigned", ours, rival{"assign-bare", 0.40, func() measured { return engine.runAssignments(harness.Senders) }})
}

// closeAll closes the conversations that were offered, and waits until no run of them is left.
func closeAll(f *harness.AgentGroup, token string, offers []harness.Event) {
	f.System.T.Helper()
	for _, o := range offers {
		f.MustCommand(token, "force-close", o.Data.ConversationID, `{}`)
	}
	temporal := f.System.TemporalClient()
	f.System.PollEvery(100*time.Millisecond, 2*time.Minute, "no run is left", func() bool {
		found, err := temporal.CountWorkflow(f.System.T.Context(), &workflowservice.CountWorkflowExecutionsRequest{
			Query: `WorkflowType = "Conversation" AND ExecutionStatus = "Running"`,
		})
		return err == nil && found.GetCount() == 0
	})
}
