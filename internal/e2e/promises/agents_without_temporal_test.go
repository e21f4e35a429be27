package promises_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/e2e/chaos"
	"wxdesk/internal/e2e/harness"
)

// Temporal is stopped for ten seconds (two minutes with -share 1). Meanwhile agents accept, reply, note, transfer and close, and each
// call is answered 200 at once. Afterwards everything goes out once, in order.
func TestDesk_worksWithoutTemporal(t *testing.T) { // alone: it measures time
	s := harness.Start(t)
	s.Change("/v1/workstreams/"+harness.DefaultWorkstream, map[string]any{"offer_for": "5m"})
	first, second := s.Create("/v1/queues", map[string]any{"name": "First line"}), s.Create("/v1/queues", map[string]any{"name": "Second line"})
	s.Change("/v1/workstreams/"+harness.DefaultWorkstream, map[string]any{"fallback_queue_id": first})
	ann, bob := s.NewAgent("Ann", first).Connect(), s.NewAgent("Bob", second).Connect()
	type chat struct {
		customer harness.Customer
		id       string
	}
	offered := func(n int) (c chat) {
		c.customer = s.NewCustomer()
		require.True(t, c.customer.WriteAccepted("human"))
		c.id = ann.WaitForOffer(n, 30*time.Second).Data.ConversationID
		return c
	}
	stays, closes, moves, losesReply := offered(1), offered(2), offered(3), offered(4)
	s.WaitForDeliveries()
	o := &agentCalls{s: s}

	s.Command("dev", "stop", "temporal")
	back := time.Now().Add(harness.Sized(10*time.Second, 2*time.Minute))
	o.command(ann, "accept", stays.id, "")
	o.command(ann, "reply", stays.id, "stays 1")
	require.True(t, stays.customer.WriteAccepted("are you there?"), "WeChat is told that it is taken")

	o.command(ann, "accept", closes.id, "")
	o.command(ann, "reply", closes.id, "closes 1")
	o.command(ann, "note", closes.id, "all is said")
	o.command(ann, "reply", closes.id, "closes 2")
	o.command(ann, "close", closes.id, "")

	o.command(ann, "accept", moves.id, "")
	o.command(ann, "note", moves.id, "knows Bob")
	o.transfer(ann, moves.id, second)
	require.Equal(t, moves.id, bob.WaitForOffer(1, 30*time.Second).Data.ConversationID)
	o.command(bob, "accept", moves.id, "")
	o.command(bob, "reply", moves.id, "moves 1")
	o.command(bob, "reply", moves.id, "moves 2")

	o.command(ann, "accept", losesReply.id, "")
	o.command(ann, "reply", losesReply.id, "the former agent's")
	o.transfer(ann, losesReply.id, second)
	require.Equal(t, losesReply.id, bob.WaitForOffer(2, 30*time.Second).Data.ConversationID)
	o.command(bob, "accept", losesReply.id, "")
	o.command(bob, "reply", losesReply.id, "loses 1")

	<-time.After(time.Until(back))
	o.command(ann, "reply", stays.id, "stays 2")
	o.command(ann, "reply", stays.id, "stays 3")
	t.Logf("without Temporal calls were answered within %s", harness.DurationSummary(o.took))
	// The promise is 100 ms. A short run, beside whatever else is tested, asks only that nobody waits for Temporal.
	require.Less(t, slices.Max(o.took), harness.Bound(2*time.Second, 100*time.Millisecond))

	s.Command("dev", "start", "temporal")
	want := map[chat][]string{
		stays: {"stays 1", "stays 2", "stays 3"}, closes: {"closes 1", "closes 2"}, moves: {"moves 1", "moves 2"}, losesReply: {"loses 1"},
	}
	replies := func(texts []string) []string {
		return slices.DeleteFunc(texts, func(text string) bool { return !slices.Contains(o.replies, text) })
	}
	for c, texts := range want {
		s.WaitFor(90*time.Second, "the replies are on the phone", func() bool { return len(replies(c.customer.Answers())) >= len(texts) })
	}
	s.WaitForState(closes.id, "closed agent", 60*time.Second)
	s.WaitForState(stays.id, "active agent", 30*time.Second)
	s.WaitFor(60*time.Second, "what the customer wrote is in the transcript", func() bool {
		return slices.ContainsFunc(s.Transcript(stays.id), func(m harness.Message) bool { return m.Text == "are you there?" })
	})
	s.WaitForDeliveries()
	for c, texts := range want {
		assert.Equal(t, texts, replies(c.customer.Answers()), "once, in order")
	}
	for _, m := range s.Transcript(losesReply.id) {
		if m.Text == "the former agent's" {
			require.Equal(t, "failed", m.Delivery.Status, "a transfer fails what the former agent has not sent yet")
		}
	}
	require.Empty(t, chaos.Owed(s, time.Minute))
	out, err := s.Reconcile("20s")
	require.NoError(t, err, out)
}

// agentCalls are the calls of agents while something is away. No call is repeated.
type agentCalls struct {
	s       *harness.System
	took    []time.Duration
	replies []string
}

// command sends a command for a conversation, with a text if there is one.
func (o *agentCalls) command(d *harness.AgentConnection, command, conversation, text string) {
	o.s.T.Helper()
	body := map[string]any{}
	if text != "" {
		body["text"] = text
	}
	if command == "reply" {
		o.replies = append(o.replies, text)
	}
	o.call(d, command, conversation, body)
}

func (o *agentCalls) transfer(d *harness.AgentConnection, conversation, queue string) {
	o.s.T.Helper()
	o.call(d, "transfer", conversation, map[string]any{"queue_id": queue})
}

func (o *agentCalls) call(d *harness.AgentConnection, command, conversation string, body map[string]any) {
	o.s.T.Helper()
	header := map[string]string{"Authorization": "Bearer " + d.APIToken, "Idempotency-Key": d.NextKey(command)}
	began := time.Now()
	status, answer := o.s.Call(http.MethodPost, "http://"+o.s.HTTPAddr+"/v1/conversations/"+conversation+"/"+command, header, body)
	o.took = append(o.took, time.Since(began))
	require.Equalf(o.s.T, http.StatusOK, status, "%s: %s", command, answer)
	require.True(o.s.T, json.Valid(answer))
}
