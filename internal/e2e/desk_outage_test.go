package e2e_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Temporal is stopped for ten seconds (two minutes with -share 1). Meanwhile agents accept, reply, note, transfer and close, and each
// call is answered 200 at once. Afterwards everything goes out once, in order.
func TestDesk_worksWithoutTemporal(t *testing.T) { // alone: it measures time
	s := start(t)
	s.sets("/v1/workstreams/"+defaultWorkstream, map[string]any{"offer_for": "5m"})
	first, second := s.create("/v1/queues", map[string]any{"name": "First line"}), s.create("/v1/queues", map[string]any{"name": "Second line"})
	s.sets("/v1/workstreams/"+defaultWorkstream, map[string]any{"fallback_queue_id": first})
	ann, bob := s.agent("Ann", first).opens(), s.agent("Bob", second).opens()
	type chat struct {
		customer customer
		id       string
	}
	offered := func(n int) (c chat) {
		c.customer = s.follower()
		require.True(t, c.customer.manages("human"))
		c.id = ann.offered(n, 30*time.Second).Data.ConversationID
		return c
	}
	stays, closes, moves, losesReply := offered(1), offered(2), offered(3), offered(4)
	s.quiet()
	o := &outage{s: s}

	s.wxdesk("dev", "stop", "temporal")
	back := time.Now().Add(sized(10*time.Second, 2*time.Minute))
	o.does(ann, "accept", stays.id, "")
	o.does(ann, "reply", stays.id, "stays 1")
	require.True(t, stays.customer.manages("are you there?"), "WeChat is told that it is taken")

	o.does(ann, "accept", closes.id, "")
	o.does(ann, "reply", closes.id, "closes 1")
	o.does(ann, "note", closes.id, "all is said")
	o.does(ann, "reply", closes.id, "closes 2")
	o.does(ann, "close", closes.id, "")

	o.does(ann, "accept", moves.id, "")
	o.does(ann, "note", moves.id, "knows Bob")
	o.transfers(ann, moves.id, second)
	require.Equal(t, moves.id, bob.offered(1, 30*time.Second).Data.ConversationID)
	o.does(bob, "accept", moves.id, "")
	o.does(bob, "reply", moves.id, "moves 1")
	o.does(bob, "reply", moves.id, "moves 2")

	o.does(ann, "accept", losesReply.id, "")
	o.does(ann, "reply", losesReply.id, "the former agent's")
	o.transfers(ann, losesReply.id, second)
	require.Equal(t, losesReply.id, bob.offered(2, 30*time.Second).Data.ConversationID)
	o.does(bob, "accept", losesReply.id, "")
	o.does(bob, "reply", losesReply.id, "loses 1")

	<-time.After(time.Until(back))
	o.does(ann, "reply", stays.id, "stays 2")
	o.does(ann, "reply", stays.id, "stays 3")
	t.Logf("without Temporal calls were answered within %s", quantiles(o.took))
	// The promise is 100 ms. A short run, beside whatever else is tested, asks only that nobody waits for Temporal.
	require.Less(t, slices.Max(o.took), bound(2*time.Second, 100*time.Millisecond))

	s.wxdesk("dev", "start", "temporal")
	want := map[chat][]string{
		stays: {"stays 1", "stays 2", "stays 3"}, closes: {"closes 1", "closes 2"}, moves: {"moves 1", "moves 2"}, losesReply: {"loses 1"},
	}
	replies := func(texts []string) []string {
		return slices.DeleteFunc(texts, func(text string) bool { return !slices.Contains(o.replies, text) })
	}
	for c, texts := range want {
		s.until(90*time.Second, "the replies are on the phone", func() bool { return len(replies(c.customer.answers())) >= len(texts) })
	}
	s.stands(closes.id, "closed agent", 60*time.Second)
	s.stands(stays.id, "active agent", 30*time.Second)
	s.until(60*time.Second, "what the customer wrote is in the transcript", func() bool {
		return slices.ContainsFunc(s.transcript(stays.id), func(m message) bool { return m.Text == "are you there?" })
	})
	s.quiet()
	for c, texts := range want {
		assert.Equal(t, texts, replies(c.customer.answers()), "once, in order")
	}
	for _, m := range s.transcript(losesReply.id) {
		if m.Text == "the former agent's" {
			require.Equal(t, "failed", m.Delivery.Status, "a transfer fails what the former agent has not sent yet")
		}
	}
	require.Empty(t, s.owes(time.Minute))
	out, err := s.reconcile("20s")
	require.NoError(t, err, out)
}

// outage is what agents do while something is away, each call once.
type outage struct {
	s       *system
	took    []time.Duration
	replies []string
}

// does commands a conversation with a text, if there is one.
func (o *outage) does(d *agentClient, command, conversation, text string) {
	o.s.t.Helper()
	body := map[string]any{}
	if text != "" {
		body["text"] = text
	}
	if command == "reply" {
		o.replies = append(o.replies, text)
	}
	o.calls(d, command, conversation, body)
}

func (o *outage) transfers(d *agentClient, conversation, queue string) {
	o.s.t.Helper()
	o.calls(d, "transfer", conversation, map[string]any{"queue_id": queue})
}

func (o *outage) calls(d *agentClient, command, conversation string, body map[string]any) {
	o.s.t.Helper()
	header := map[string]string{"Authorization": "Bearer " + d.token, "Idempotency-Key": d.nextKey(command)}
	began := time.Now()
	status, answer := o.s.call(http.MethodPost, "http://"+o.s.http+"/v1/conversations/"+conversation+"/"+command, header, body)
	o.took = append(o.took, time.Since(began))
	require.Equalf(o.s.t, http.StatusOK, status, "%s: %s", command, answer)
	require.True(o.s.t, json.Valid(answer))
}
