package story_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/e2e/harness"
)

// BOT-7
// The story of the contact centre, over the HTTP API: the bot gives up, an agent is asked, takes it, answers, hands on;
// the next one ends it; the customer comes back and meets the same person.
func TestPeople_fromTheBotToAnAgentAndBackAgain(t *testing.T) {
	t.Parallel()
	s := harness.Start(t, "WXDESK_MASTER_KEYS="+fixtureKey(t))
	first, second := s.Create("/v1/queues", map[string]any{"name": "First line"}), s.Create("/v1/queues", map[string]any{"name": "Second line"})
	s.Change("/v1/workstreams/"+harness.DefaultWorkstream, map[string]any{"fallback_queue_id": first}) // the default queue would be Bob's, too
	ann, bob := s.NewAgent("Ann", first).Connect(), s.NewAgent("Bob", second).Connect()
	c := s.NewCustomer()

	require.True(t, c.WriteAccepted("human"))
	offer := ann.WaitForOffer(1, 30*time.Second)
	id := offer.Data.ConversationID
	s.WaitForState(id, "active queue", 15*time.Second)
	require.Equal(t, http.StatusNotFound, bob.CallAPI(http.MethodGet, "/v1/conversations/"+id, nil, nil), "S5: it is not this agent's")
	require.Equal(t, http.StatusNotFound, bob.CommandStatus("accept", id, nil))
	ann.MustCommand("accept", id, map[string]any{"assignment_id": offer.Data.AssignmentID})
	s.WaitForState(id, "active agent", 15*time.Second)

	ann.MustCommand("reply", id, map[string]any{"text": "Ann here, how can I help?"})
	s.WaitFor(30*time.Second, "the reply is on the phone", func() bool { return slices.Contains(c.Answers(), "Ann here, how can I help?") })
	before := len(c.Answers())
	require.True(t, c.WriteAccepted("I want my money back"))
	ann.MustCommand("note", id, map[string]any{"text": "knows Bob"})
	ann.MustCommand("transfer", id, map[string]any{"queue_id": second})

	handed := bob.WaitForOffer(1, 30*time.Second)
	require.Equal(t, id, handed.Data.ConversationID)
	bob.MustCommand("accept", id, nil)
	require.NotEqual(t, http.StatusOK, ann.CommandStatus("reply", id, map[string]any{"text": "too late"}), "the agent has it no more")
	bob.MustCommand("reply", id, map[string]any{"text": "Bob here. Done."})
	bob.MustCommand("end", id, nil)
	s.WaitForState(id, "wrap_up agent", 15*time.Second)
	bob.MustCommand("close", id, nil)
	s.WaitForState(id, "closed agent", 30*time.Second)
	require.Equal(t, before+1, len(c.WaitForAnswers(before+1, 10*time.Second)), "the bot said nothing while people had it")

	require.True(t, c.WriteAccepted("human"))
	again := ann.WaitForOffer(2, 30*time.Second)
	require.NotEqual(t, id, again.Data.ConversationID, "closed is final, and Bob, who had the last one, does not serve this queue")
	s.WaitForDeliveries()
	replayRuns(s, "people")
}
