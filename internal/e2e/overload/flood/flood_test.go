package flood_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/e2e/harness"
)

// R20
// Three hundred messages (twenty thousand with -share 1) of one customer over three API processes and two workers, while WeChat takes
// 1.5 s for each of the first forty answers (for each answer with -share 1). No workflow task fails, no run grows too long, each
// message is answered once, and of each answer it is known what became of it.
func TestLoad_threeAPIsAndSlowWeChat(t *testing.T) { // alone: it takes all that the machine has
	const senders = 4
	each := harness.Sized(75, 5000)
	s := harness.Start(t)
	apis := []string{s.HTTPAddr}
	for range 2 {
		apis = append(apis, s.StartSecond("api", harness.FreePorts(t, 1)[0]).Addr)
	}
	s.StartSecond("worker", 0)
	front := harness.NewBalancer(t, apis...)
	s.CallSimulator(http.MethodPatch, "/settings", map[string]any{"window_messages": 1_000_000}, nil)
	s.CallSimulator(http.MethodPatch, "/accounts/"+harness.DemoAppID, map[string]any{"callback_url": front.URL + "/wechat/" + s.DemoAccount()}, nil)
	s.CallSimulator(http.MethodPost, "/faults", map[string]any{"kind": "slow", "delay": "1500ms", "path": harness.SendPath, "count": harness.Sized(40, senders*5000)}, nil)
	c := s.NewCustomer()
	var sending sync.WaitGroup
	refused := make([]int, senders)
	for sender := range senders {
		sending.Go(func() {
			for n := range each {
				if !c.WriteAccepted(fmt.Sprintf("sender %d message %04d", sender, n)) {
					refused[sender]++
				}
			}
		})
	}
	sending.Wait()
	require.Equal(t, make([]int, senders), refused, "every callback was taken")

	db := s.Database()
	var lines, answers, unanswered, unsent, unknown int
	s.PollEvery(time.Second, harness.Sized(8*time.Minute, 24*time.Hour), "every line has an answer, and each is sent", func() bool {
		err := db.QueryRow(`
			select (select count(*) from messages where author = 'customer'),
				(select count(*) from messages where turn_id is not null),
				(select count(*) from messages m where author = 'customer' and not exists (
					select from messages a where a.tenant = m.tenant and a.turn_id = m.id)),
				(select count(*) from deliveries where status in ('queued', 'sending')),
				(select count(*) from deliveries where status = 'unknown')`).Scan(&lines, &answers, &unanswered, &unsent, &unknown)
		return err == nil && lines >= senders*each && unanswered == 0 && unsent == 0
	})
	require.Equal(t, senders*each, lines, "none lost, none doubled")
	require.Equal(t, lines, answers, "one answer each")
	require.Zero(t, unknown, "answers of which nobody knows whether they arrived")
	require.Len(t, c.Answers(), lines, "each on the phone once")
	conversations := c.Conversations()
	require.Len(t, conversations, 1)
	harness.RequireOrder(t, s.Transcript(conversations[0].ID), senders)
	s.RequireBoundedHistories()
}
