package story_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"wxdesk/internal/e2e/harness"
)

// R25
// Transcript, workflow and assignment agree about conversations in every state; each disagreement is named.
func TestReconcile_findsEveryDisagreement(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	s.Change("/v1/workstreams/"+harness.DefaultWorkstream, map[string]any{"offer_for": "5m"})
	withBot := s.NewCustomer()
	require.True(t, withBot.WriteAccepted("hello"))
	withBot.WaitForAnswers(1, 30*time.Second)
	ann := s.NewAgent("Ann").Connect()
	chat := func(commands ...string) string {
		_, id := s.NewCustomerInQueue()
		s.WaitFor(30*time.Second, "it is offered", func() bool {
			events := ann.Events()
			return len(events) > 0 && strings.Contains(eventsOf(events, "offer"), id)
		})
		for _, command := range commands {
			ann.MustCommand(command, id, nil)
		}
		return id
	}
	active, aside, wrapUp, closed := chat("accept"), chat("accept", "wait"), chat("accept", "end"), chat("accept", "end", "close")
	offered := chat()
	s.WaitForState(closed, "closed agent", 30*time.Second)
	s.WaitForDeliveries()
	out, err := s.Reconcile("20s")
	require.NoError(t, err, out)
	require.Contains(t, out, "0 differences")

	c := s.TemporalClient()
	sweep := c.ScheduleClient().GetHandle(t.Context(), "sweep")
	require.NoError(t, sweep.Pause(t.Context(), client.SchedulePauseOptions{Note: "it would repair what follows"}))
	db := s.Database()
	for _, spoil := range []struct {
		statement, id, named string
	}{
		{`update conversations set agent_id = null where id = $1`, active, "another agent has it than is assigned"},
		{`update conversations set state = 'active' where id = $1`, wrapUp, "the ledger says active/agent"},
		{`update assignments set state = 'ended', ended_at = now() where conversation_id = $1`, active, "an agent has it, and no assignment says so"},
		{`update conversations set state = 'closed', closed_at = now() where id = $1`, offered, "somebody is assigned to an ended conversation"},
		{`update conversations set state = 'closed', closed_at = now() where id = $1`, aside, "a run is open, and no conversation of it is"},
		{`update deliveries set status = 'queued' where conversation_id = $1`, closed, "it has ended, and a message of it waits to be sent"},
		{`delete from receipts where conversation_id = $1`, withBot.Conversations()[0].ID, "a customer's message has no receipt"},
		{`update receipts set message_id = gen_random_uuid() where conversation_id = $1`, wrapUp, "a message that was taken is not in the transcript"},
		{`update deliveries set status = 'sending', updated_at = now() - interval '3 minutes' where conversation_id = $1`, wrapUp, "sending for more than two minutes"},
	} {
		_, err := db.ExecContext(t.Context(), spoil.statement, spoil.id)
		require.NoError(t, err, spoil.statement)
		out, err := s.Reconcile("0s")
		require.Error(t, err, spoil.statement)
		require.Contains(t, out, spoil.named, spoil.statement)
	}
	runs := s.Runs(c, `WorkflowType = "Conversation" AND ExecutionStatus = "Running"`, 1)
	for _, run := range runs {
		require.NoError(t, c.TerminateWorkflow(t.Context(), run.GetExecution().GetWorkflowId(), "", "a restored Temporal"))
	}
	s.WaitFor(30*time.Second, "a lost run is named", func() bool {
		out, _ := s.Reconcile("0s")
		return strings.Contains(out, active+"  it is open, and no run of it is")
	})
}

// eventsOf returns the conversations of the events of one name.
func eventsOf(events []harness.Event, name string) string {
	var ids []string
	for _, e := range events {
		if e.Name == name {
			ids = append(ids, e.Data.ConversationID)
		}
	}
	return strings.Join(ids, " ")
}
