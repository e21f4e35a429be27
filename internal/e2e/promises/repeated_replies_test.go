package promises_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/e2e/harness"
)

// R12, R13
// An agent's call that comes five times at once, at two APIs, makes one reply, and each of the five gets its answer. The
// replies arrive in the order in which they were made (R13). Twenty replies; a thousand with -share 1.
func TestReply_repeatedCallMakesOne(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	apis := []string{s.HTTPAddr, s.StartSecond("api", harness.FreePorts(t, 1)[0]).Addr}
	s.CallSimulator(http.MethodPatch, "/settings", map[string]any{"window_messages": 1_000_000}, nil)
	ann := s.NewAgent("Ann").Connect()
	c := s.NewCustomer()
	require.True(t, c.WriteAccepted("human"))
	id := ann.AcceptOffer(1)

	replies := func(texts []string) []string {
		return slices.DeleteFunc(texts, func(text string) bool { return !strings.HasPrefix(text, "reply-") })
	}
	var want []string
	for n := range harness.Sized(20, 1000) {
		if n%4 == 0 { // a message allows five replies from when it is acknowledged; what is still to be sent then is among them
			s.WaitFor(time.Minute, "the replies so far are on the phone", func() bool { return len(replies(c.Answers())) == n })
			require.True(t, c.WriteAccepted("go on"))
		}
		want = append(want, fmt.Sprintf("reply-%04d", n))
		var answers [5]string
		var calls sync.WaitGroup
		for i := range answers {
			calls.Go(func() { answers[i] = replyAt(ann.Agent, apis[i%2], id, want[n]) })
		}
		calls.Wait()
		for _, answer := range answers {
			require.Equal(t, answers[0], answer, want[n])
		}
		require.Contains(t, answers[0], "200 ")
	}

	s.WaitFor(harness.Sized(time.Minute, 10*time.Minute), "the last reply is on the phone", func() bool {
		return slices.Contains(c.Answers(), want[len(want)-1])
	})
	require.Equal(t, want, replies(c.Answers()))
	var written []string
	for _, m := range s.Transcript(id) {
		written = append(written, m.Text)
	}
	require.Equal(t, want, replies(written))
}

// replyAt replies through one of the APIs, with the text as the idempotency key. It repeats the call while the answer is 503, and returns
// status and answer.
func replyAt(a harness.Agent, api, conversation, text string) string {
	header := map[string]string{"Authorization": "Bearer " + a.APIToken, "Idempotency-Key": text}
	for deadline := time.Now().Add(time.Minute); ; {
		status, answer := a.System.Call(http.MethodPost, "http://"+api+"/v1/conversations/"+conversation+"/reply", header, map[string]any{"text": text})
		if status != http.StatusServiceUnavailable || time.Now().After(deadline) {
			return fmt.Sprint(status, " ", string(answer))
		}
	}
}
