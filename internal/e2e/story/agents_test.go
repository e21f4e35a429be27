package story_test

import (
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/e2e/harness"
)

// DSK-6
func TestPeople_missedOfferGoesToTheNext(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	s.Change("/v1/workstreams/"+harness.DefaultWorkstream, map[string]any{"offer_for": "1s"})
	silent := s.NewAgent("Silent").Connect()
	_, id := s.NewCustomerInQueue()
	require.Equal(t, id, silent.WaitForOffer(1, 30*time.Second).Data.ConversationID)
	awaited := s.NewAgent("Awake").Connect()
	require.Equal(t, id, awaited.WaitForOffer(1, 30*time.Second).Data.ConversationID)
	require.Equal(t, http.StatusOK, awaited.CommandStatus("accept", id, nil))
	s.WaitForState(id, "active agent", 15*time.Second)
	require.Equal(t, http.StatusNotFound, silent.CallAPI(http.MethodGet, "/v1/conversations/"+id+"/messages", nil, nil), "S5: this agent never had it")
}

// WS-3
func TestPeople_oneOfTwoPicksWins(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	s.Change("/v1/workstreams/"+harness.DefaultWorkstream, map[string]any{"mode": "pick"})
	ann, bob := s.NewAgent("Ann").Connect(), s.NewAgent("Bob").Connect()
	_, id := s.NewCustomerInQueue()
	var status [2]int
	var both sync.WaitGroup
	both.Go(func() { status[0] = ann.CommandStatus("pick", id, nil) })
	both.Go(func() { status[1] = bob.CommandStatus("pick", id, nil) })
	both.Wait()
	slices.Sort(status[:])
	require.Equal(t, http.StatusOK, status[0])
	require.Contains(t, []int{http.StatusConflict, http.StatusNotFound}, status[1], "one gets it, the other is told no")
	s.WaitForState(id, "active agent", 15*time.Second)
}

// D4
func TestPeople_goneAgentsWorkGoesToAnother(t *testing.T) {
	t.Parallel()
	s := harness.Start(t, "WXDESK_AGENT_GRACE=1s")
	ann := s.NewAgent("Ann").Connect()
	_, id := s.NewCustomerInQueue()
	require.Equal(t, id, ann.AcceptOffer(1))
	s.WaitForState(id, "active agent", 15*time.Second)
	ann.Disconnect()
	bob := s.NewAgent("Bob").Connect()
	require.Equal(t, id, bob.WaitForOffer(1, 30*time.Second).Data.ConversationID)
	bob.MustCommand("accept", id, nil)
	require.NotEqual(t, http.StatusOK, ann.CommandStatus("reply", id, map[string]any{"text": "I am back"}))
	s.WaitFor(30*time.Second, "the agent is offline", func() bool { return ann.Presence() == "offline" })
}

// SUP-4
func TestPeople_supervisorAssignsAndForceCloses(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	ann, bob := s.NewAgent("Ann").Connect(), s.NewAgent("Bob").Connect()
	_, id := s.NewCustomerInQueue()
	var first *harness.AgentConnection
	s.WaitFor(30*time.Second, "somebody is asked", func() bool {
		for _, d := range []*harness.AgentConnection{ann, bob} {
			for _, e := range d.Events() {
				if e.Name == "offer" {
					first = d
				}
			}
		}
		return first != nil
	})
	first.MustCommand("accept", id, nil)
	chief := s.NewSupervisor("chief")
	other := ann
	if first == ann {
		other = bob
	}
	chief.MustCommand("assign", id, map[string]any{"agent_id": other.ID})
	s.WaitForState(id, "active agent", 15*time.Second)
	require.NotEqual(t, http.StatusOK, first.CommandStatus("reply", id, map[string]any{"text": "mine?"}))
	other.MustCommand("reply", id, map[string]any{"text": "mine now"})
	require.Equal(t, http.StatusForbidden, other.CommandStatus("force-close", id, nil))
	chief.MustCommand("force-close", id, nil)
	s.WaitForState(id, "closed agent", 30*time.Second)
}

// CLS-1, OPH-2, OVF-2
func TestPeople_outOfHoursAndOverflow(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	closed := s.Create("/v1/operating-hours", map[string]any{"name": "Never", "time_zone": "Asia/Shanghai", "weekly": []any{}})
	night := s.Create("/v1/queues", map[string]any{"name": "Night"})
	s.Change("/v1/queues/"+harness.DefaultQueue, map[string]any{
		"hours_id": closed, "overflow": map[string]any{"out_of_hours": map[string]any{"do": "transfer", "queue_id": night}},
	})
	route := s.Create("/v1/rulesets", map[string]any{"kind": "route", "workstream_id": harness.DefaultWorkstream, "name": "Everything"})
	s.PublishRules(route, []map[string]any{{"name": "all", "when": "", "queue": harness.DefaultQueue}})
	owl := s.NewAgent("Owl", night).Connect()
	_, id := s.NewCustomerInQueue()
	require.Equal(t, id, owl.WaitForOffer(1, 30*time.Second).Data.ConversationID, "out of hours it goes on")

	full := s.Create("/v1/queues", map[string]any{"name": "Full", "overflow": map[string]any{
		"full": map[string]any{"items": 1, "do": "end"}, "wait": map[string]any{"seconds": 2, "do": "transfer", "queue_id": night},
	}})
	s.PublishRules(route, []map[string]any{{"name": "all", "when": "", "queue": full}})
	s.NewAgent("Nobody there", full)
	_, waiting := s.NewCustomerInQueue()
	c := s.NewCustomer()
	require.True(t, c.WriteAccepted("human"))
	s.WaitFor(30*time.Second, "the second is told that the queue is full, and closed", func() bool {
		conversations := c.Conversations()
		return len(conversations) == 1 && conversations[0].State == "closed"
	})
	require.Equal(t, "queue-overflow", *c.Conversations()[0].Close)
	owl.MustCommand("accept", id, nil)
	require.Equal(t, waiting, owl.WaitForOffer(2, 30*time.Second).Data.ConversationID, "who waits too long goes on as well")
}
