package e2e_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// R12: an agent's call that comes five times at once, at two APIs, makes one reply, and each of the five gets its answer. The
// replies arrive in the order in which they were made (R13). Twenty replies; a thousand with -share 1.
func TestR12_aCallThatIsRepeatedMakesOneReply(t *testing.T) {
	t.Parallel()
	s := start(t)
	apis := []string{s.http, s.second("api", freePorts(t, 1)[0]).addr}
	s.simulator(http.MethodPatch, "/settings", map[string]any{"window_messages": 1_000_000}, nil)
	ann := s.agent("Ann").opens()
	c := s.follower()
	require.True(t, c.manages("human"))
	id := ann.takes(1)

	replies := func(texts []string) []string {
		return slices.DeleteFunc(texts, func(text string) bool { return !strings.HasPrefix(text, "reply-") })
	}
	var want []string
	for n := range sized(20, 1000) {
		if n%4 == 0 { // a message allows five replies from when it is acknowledged; what is still to be sent then is among them
			s.until(time.Minute, "the replies so far are on the phone", func() bool { return len(replies(c.answers())) == n })
			require.True(t, c.manages("go on"))
		}
		want = append(want, fmt.Sprintf("reply-%04d", n))
		var answers [5]string
		var calls sync.WaitGroup
		for i := range answers {
			calls.Go(func() { answers[i] = ann.repliesAt(apis[i%2], id, want[n]) })
		}
		calls.Wait()
		for _, answer := range answers {
			require.Equal(t, answers[0], answer, want[n])
		}
		require.Contains(t, answers[0], "200 ")
	}

	s.until(sized(time.Minute, 10*time.Minute), "the last reply is on the phone", func() bool {
		return slices.Contains(c.answers(), want[len(want)-1])
	})
	require.Equal(t, want, replies(c.answers()))
	var written []string
	for _, m := range s.transcript(id) {
		written = append(written, m.Text)
	}
	require.Equal(t, want, replies(written))
}

// repliesAt replies by one of the APIs with the text as the key, again while nobody takes it, and returns status and answer.
func (a agent) repliesAt(api, conversation, text string) string {
	header := map[string]string{"Authorization": "Bearer " + a.token, "Idempotency-Key": text}
	for deadline := time.Now().Add(time.Minute); ; {
		status, answer := a.s.call(http.MethodPost, "http://"+api+"/v1/conversations/"+conversation+"/reply", header, map[string]any{"text": text})
		if status != http.StatusServiceUnavailable || time.Now().After(deadline) {
			return fmt.Sprint(status, " ", string(answer))
		}
	}
}
