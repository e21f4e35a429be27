package e2e_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The story of the contact centre, through public doors: the bot gives up, an agent is asked, takes it, answers, hands on;
// the next one ends it; the customer comes back and meets the same person.
func TestPeople_fromTheBotToAnAgentAndBackAgain(t *testing.T) {
	t.Parallel()
	s := start(t, "WXDESK_MASTER_KEYS="+fixtureKey(t))
	first, second := s.create("/v1/queues", map[string]any{"name": "First line"}), s.create("/v1/queues", map[string]any{"name": "Second line"})
	s.sets("/v1/workstreams/"+defaultWorkstream, map[string]any{"fallback_queue_id": first}) // the default queue would be Bob's, too
	ann, bob := s.agent("Ann", first).opens(), s.agent("Bob", second).opens()
	c := s.follower()

	require.True(t, c.manages("human"))
	offer := ann.offered(1, 30*time.Second)
	id := offer.Data.ConversationID
	s.stands(id, "active queue", 15*time.Second)
	require.Equal(t, http.StatusNotFound, bob.api(http.MethodGet, "/v1/conversations/"+id, nil, nil), "S5: it is not this agent's")
	require.Equal(t, http.StatusNotFound, bob.does("accept", id, nil))
	ann.must("accept", id, map[string]any{"assignment_id": offer.Data.AssignmentID})
	s.stands(id, "active agent", 15*time.Second)

	ann.must("reply", id, map[string]any{"text": "Ann here, how can I help?"})
	s.until(30*time.Second, "the reply is on the phone", func() bool { return slices.Contains(c.answers(), "Ann here, how can I help?") })
	before := len(c.answers())
	require.True(t, c.manages("I want my money back"))
	ann.must("note", id, map[string]any{"text": "knows Bob"})
	ann.must("transfer", id, map[string]any{"queue_id": second})

	handed := bob.offered(1, 30*time.Second)
	require.Equal(t, id, handed.Data.ConversationID)
	bob.must("accept", id, nil)
	require.NotEqual(t, http.StatusOK, ann.does("reply", id, map[string]any{"text": "too late"}), "the agent has it no more")
	bob.must("reply", id, map[string]any{"text": "Bob here. Done."})
	bob.must("end", id, nil)
	s.stands(id, "wrap_up agent", 15*time.Second)
	bob.must("close", id, nil)
	s.stands(id, "closed agent", 30*time.Second)
	require.Equal(t, before+1, len(c.gets(before+1, 10*time.Second)), "the bot said nothing while people had it")

	require.True(t, c.manages("human"))
	again := ann.offered(2, 30*time.Second)
	require.NotEqual(t, id, again.Data.ConversationID, "closed is final, and Bob, who had the last one, does not serve this queue")
	s.quiet()
	s.replay("people")
}

// create posts a part of the set-up and returns its id.
func (s *system) create(path string, body any) string {
	s.t.Helper()
	var out struct{ ID string }
	require.Equal(s.t, http.StatusCreated, s.api(http.MethodPost, path, nil, body, &out))
	return out.ID
}
