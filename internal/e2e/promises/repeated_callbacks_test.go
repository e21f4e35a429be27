package promises_test

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/e2e/harness"
)

// R4, C10
// Two thousand callbacks (ten thousand with -share 1), each delivered one to four times, some at once and some again much later, over two API and
// two worker processes, of which one each is killed. Each stands once, in order, and has one answer.
func TestRepeats_eachMessageOnce(t *testing.T) { // alone: WeChat's patience is real time
	s := harness.Start(t)
	second := s.StartSecond("api", harness.FreePorts(t, 1)[0])
	s.StartSecond("worker", 0)
	balancer := harness.NewDuplicatingBalancer(s.HTTPAddr, second.Addr)
	defer balancer.Close()
	s.CallSimulator(http.MethodPatch, "/settings", map[string]any{"retry_after": "500ms", "attempts": 8, "window_messages": 10000}, nil)
	s.CallSimulator(http.MethodPatch, "/accounts/"+harness.DemoAppID, map[string]any{"callback_url": balancer.URL + "/wechat/" + s.DemoAccount()}, nil)

	const customers = 50
	each := harness.Sized(40, 200)
	people := make([]harness.Customer, customers)
	for i := range people {
		people[i] = s.NewCustomer()
	}
	var senders sync.WaitGroup
	lost := make([]int, customers)
	for i, c := range people {
		senders.Go(func() {
			for n := range each {
				if !c.WriteAccepted(fmt.Sprintf("message %03d", n)) {
					lost[i]++
				}
			}
		})
	}
	s.WaitFor(harness.Sized(4*time.Minute, time.Hour), "a third is through", func() bool { return balancer.Delivered() > customers*each/3 })
	second.Kill()
	s.WaitFor(harness.Sized(4*time.Minute, time.Hour), "half is through", func() bool { return balancer.Delivered() > customers*each/2 })
	s.Kill("worker")
	second.Launch()
	senders.Wait()
	require.Equal(t, make([]int, customers), lost, "WeChat was told of every message that it is taken")
	balancer.DeliverKept()

	for _, c := range people {
		s.WaitFor(harness.Sized(3*time.Minute, time.Hour), "everything is answered", func() bool { return len(s.DeliveryStatuses(c)) == each })
	}
	for _, c := range people {
		require.Len(t, c.Conversations(), 1)
		var said []string
		for _, m := range s.Transcript(c.Conversations()[0].ID) {
			if m.Author == "customer" {
				said = append(said, m.Text)
			}
		}
		require.Len(t, said, each, "every message once")
		require.True(t, slices.IsSorted(said), "in order")
		fates := s.DeliveryStatuses(c)
		require.Len(t, fates, each, "one answer each")
		shown := len(c.Answers())
		unknown := len(slices.DeleteFunc(fates, func(fate string) bool { return fate != "unknown" }))
		require.LessOrEqual(t, shown, each, "no answer twice")
		require.GreaterOrEqual(t, shown, each-unknown, "an answer that is not on the screen says that it may be lost")
	}
}
