package e2e_test

import (
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const defaultWorkstream = "00000000-0000-7000-8000-000000000003"

// sets changes a part of the set-up.
func (s *system) sets(path string, change any) {
	s.t.Helper()
	require.Equal(s.t, http.StatusOK, s.api(http.MethodPatch, path, nil, change, nil))
}

// waits has a new customer ask for a person and returns the conversation, once it has come to its queue.
func (s *system) waits() (customer, string) {
	s.t.Helper()
	c := s.follower()
	require.True(s.t, c.manages("human"))
	s.until(30*time.Second, "the conversation has come to people", func() bool {
		conversations := c.conversations()
		return len(conversations) == 1 && conversations[0].Holder == "queue"
	})
	return c, c.conversations()[0].ID
}

// takes waits for the nth offer and accepts it.
func (d *agentClient) takes(n int) string {
	d.s.t.Helper()
	id := d.offered(n, 30*time.Second).Data.ConversationID
	d.must("accept", id, nil)
	return id
}

func TestPeople_anOfferThatNobodyAnswersGoesToTheNextAgent(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.sets("/v1/workstreams/"+defaultWorkstream, map[string]any{"offer_for": "1s"})
	silent := s.agent("Silent").opens()
	_, id := s.waits()
	require.Equal(t, id, silent.offered(1, 30*time.Second).Data.ConversationID)
	awaited := s.agent("Awake").opens()
	require.Equal(t, id, awaited.offered(1, 30*time.Second).Data.ConversationID)
	require.Equal(t, http.StatusOK, awaited.does("accept", id, nil))
	s.stands(id, "active agent", 15*time.Second)
	require.Equal(t, http.StatusNotFound, silent.api(http.MethodGet, "/v1/conversations/"+id+"/messages", nil, nil), "S5: this agent never had it")
}

func TestPeople_twoWhoTakeTheSameConversationAtOnce(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.sets("/v1/workstreams/"+defaultWorkstream, map[string]any{"mode": "pick"})
	ann, bob := s.agent("Ann").opens(), s.agent("Bob").opens()
	_, id := s.waits()
	var status [2]int
	var both sync.WaitGroup
	both.Go(func() { status[0] = ann.does("pick", id, nil) })
	both.Go(func() { status[1] = bob.does("pick", id, nil) })
	both.Wait()
	slices.Sort(status[:])
	require.Equal(t, http.StatusOK, status[0])
	require.Contains(t, []int{http.StatusConflict, http.StatusNotFound}, status[1], "one gets it, the other is told no")
	s.stands(id, "active agent", 15*time.Second)
}

func TestPeople_theWorkOfAnAgentWhoIsGoneGoesToAnother(t *testing.T) {
	t.Parallel()
	s := start(t, "WXDESK_AGENT_GRACE=1s")
	ann := s.agent("Ann").opens()
	_, id := s.waits()
	require.Equal(t, id, ann.takes(1))
	s.stands(id, "active agent", 15*time.Second)
	ann.leaves()
	bob := s.agent("Bob").opens()
	require.Equal(t, id, bob.offered(1, 30*time.Second).Data.ConversationID)
	bob.must("accept", id, nil)
	require.NotEqual(t, http.StatusOK, ann.does("reply", id, map[string]any{"text": "I am back"}))
	s.until(30*time.Second, "the agent is offline", func() bool { return ann.presence() == "offline" })
}

func TestPeople_aSupervisorTakesOverAndClosesByForce(t *testing.T) {
	t.Parallel()
	s := start(t)
	ann, bob := s.agent("Ann").opens(), s.agent("Bob").opens()
	_, id := s.waits()
	var first *agentClient
	s.until(30*time.Second, "somebody is asked", func() bool {
		for _, d := range []*agentClient{ann, bob} {
			for _, e := range d.events() {
				if e.Name == "offer" {
					first = d
				}
			}
		}
		return first != nil
	})
	first.must("accept", id, nil)
	chief := s.supervisor("chief")
	other := ann
	if first == ann {
		other = bob
	}
	chief.must("assign", id, map[string]any{"agent_id": other.id})
	s.stands(id, "active agent", 15*time.Second)
	require.NotEqual(t, http.StatusOK, first.does("reply", id, map[string]any{"text": "mine?"}))
	other.must("reply", id, map[string]any{"text": "mine now"})
	require.Equal(t, http.StatusForbidden, other.does("force-close", id, nil))
	chief.must("force-close", id, nil)
	s.stands(id, "closed agent", 30*time.Second)
}

func TestPeople_outOfHoursAndOverflow(t *testing.T) {
	t.Parallel()
	s := start(t)
	closed := s.create("/v1/operating-hours", map[string]any{"name": "Never", "time_zone": "Asia/Shanghai", "weekly": []any{}})
	night := s.create("/v1/queues", map[string]any{"name": "Night"})
	s.sets("/v1/queues/"+defaultQueue, map[string]any{
		"hours_id": closed, "overflow": map[string]any{"out_of_hours": map[string]any{"do": "transfer", "queue_id": night}},
	})
	route := s.create("/v1/rulesets", map[string]any{"kind": "route", "workstream_id": defaultWorkstream, "name": "Everything"})
	s.publishes(route, []map[string]any{{"name": "all", "when": "", "queue": defaultQueue}})
	owl := s.agent("Owl", night).opens()
	_, id := s.waits()
	require.Equal(t, id, owl.offered(1, 30*time.Second).Data.ConversationID, "out of hours it goes on")

	full := s.create("/v1/queues", map[string]any{"name": "Full", "overflow": map[string]any{
		"full": map[string]any{"items": 1, "do": "end"}, "wait": map[string]any{"seconds": 2, "do": "transfer", "queue_id": night},
	}})
	s.publishes(route, []map[string]any{{"name": "all", "when": "", "queue": full}})
	s.agent("Nobody there", full)
	_, waiting := s.waits()
	c := s.follower()
	require.True(t, c.manages("human"))
	s.until(30*time.Second, "the second is told that the queue is full, and closed", func() bool {
		conversations := c.conversations()
		return len(conversations) == 1 && conversations[0].State == "closed"
	})
	require.Equal(t, "queue-overflow", *c.conversations()[0].Close)
	owl.must("accept", id, nil)
	require.Equal(t, waiting, owl.offered(2, 30*time.Second).Data.ConversationID, "who waits too long goes on as well")
}

// publishes puts rules into force.
func (s *system) publishes(ruleset string, rules []map[string]any) {
	s.t.Helper()
	require.Equal(s.t, http.StatusOK, s.api(http.MethodPut, "/v1/rulesets/"+ruleset+"/versions/draft", nil, map[string]any{"rules": rules}, nil))
	require.Equal(s.t, http.StatusOK, s.api(http.MethodPost, "/v1/rulesets/"+ruleset+"/publish", nil, map[string]any{}, nil))
}

// The story ends the same whichever step a worker dies at.
func TestPeople_aWorkerKilledAtEachStep(t *testing.T) {
	t.Parallel()
	s := start(t)
	ann := s.agent("Ann").opens()
	c := s.follower()
	steps := 0
	dies := func() {
		steps++
		s.until(30*time.Second, "a worker runs", func() bool { return s.pid("worker") > 0 })
		s.kill("worker")
	}
	require.True(t, c.manages("human"))
	dies()
	id := ann.offered(1, 60*time.Second).Data.ConversationID
	dies()
	ann.must("accept", id, nil)
	dies()
	ann.must("reply", id, map[string]any{"text": "one"})
	dies()
	require.True(t, c.manages("and another thing"))
	dies()
	ann.must("reply", id, map[string]any{"text": "two"})
	dies()
	s.settled(id, 2)
	ann.must("wait", id, nil)
	dies()
	require.True(t, c.manages("are you there?"))
	require.Equal(t, id, ann.offered(2, 60*time.Second).Data.ConversationID, "affinity")
	dies()
	ann.must("accept", id, nil)
	dies()
	ann.must("end", id, nil)
	dies()
	ann.must("close", id, nil)
	s.stands(id, "closed agent", 30*time.Second)
	got := c.answers()
	for _, text := range []string{"one", "two"} {
		n := 0
		for _, a := range got {
			if a == text {
				n++
			}
		}
		require.LessOrEqual(t, n, 1, "at most once")
	}
	require.Equal(t, 10, steps)
}

// settled waits until it is known of n replies of agents what became of them: sent, or lost with a worker.
func (s *system) settled(conversation string, n int) {
	s.t.Helper()
	s.until(60*time.Second, "the replies are settled", func() bool {
		settled := 0
		for _, m := range s.transcript(conversation) {
			if m.Author == "agent" && m.Delivery != nil && slices.Contains([]string{"sent", "unknown"}, m.Delivery.Status) {
				settled++
			}
		}
		return settled == n
	})
}

// R8: work that waits finds its agent within ten seconds, though the worker that distributes is killed just then.
func TestR8_whoWaitsFindsAnAgentThoughTheDistributorIsKilled(t *testing.T) {
	t.Parallel()
	s := start(t)
	ann := s.agent("Ann")
	_, id := s.waits()
	s.kill("worker")
	killed := time.Now()
	desk := ann.opens()
	offer := desk.offered(1, 30*time.Second)
	require.Equal(t, id, offer.Data.ConversationID)
	require.Less(t, offer.At.Sub(killed), 10*time.Second)
}
