package story_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/e2e/harness"
)

// The same story told straight and with continue-as-new forced as often as the setting allows has the same effects.
func TestStory_straightAndContinuedAreEqual(t *testing.T) {
	t.Parallel()
	straight := tellStory(t, "straight")
	continued := tellStory(t, "continued", "WXDESK_CONTINUE_AFTER=10")
	require.Equal(t, straight.effects, continued.effects)
	require.Equal(t, 2, straight.runs)
	require.Greater(t, continued.runs, 4)
}

type outcome struct {
	effects []string
	runs    int
}

func tellStory(t *testing.T, name string, environ ...string) outcome {
	t.Helper()
	s := harness.Start(t, append(environ, "WXDESK_MASTER_KEYS="+fixtureKey(t))...)
	c := s.NewCustomer()
	texts := []string{"hello", "delivery", "what?", "opening hours", "returns", "human please", "still there?", "I wait"}
	answered := 0
	for _, text := range texts {
		require.True(t, c.WriteAccepted(text))
		if answered < 6 {
			answered++
			c.WaitForAnswers(answered, 20*time.Second)
		}
	}
	first := c.Conversations()[0].ID
	s.WaitFor(20*time.Second, "all is in the transcript", func() bool { return len(s.Transcript(first)) == len(texts)+answered })

	key := map[string]string{"Idempotency-Key": "story"}
	path := "/v1/conversations/" + first + "/close"
	var once, twice map[string]any
	require.Equal(t, http.StatusOK, s.CallAPI(http.MethodPost, path, key, nil, &once))
	require.Equal(t, http.StatusOK, s.CallAPI(http.MethodPost, path, key, nil, &twice), "the same key gets the same answer")
	require.Equal(t, once, twice)
	require.Equal(t, "closed", once["conversation"].(map[string]any)["state"])
	require.Equal(t, http.StatusConflict, s.CallAPI(http.MethodPost, path, map[string]string{"Idempotency-Key": "later"}, nil, nil))

	require.True(t, c.WriteAccepted("returns"))
	c.WaitForAnswers(answered+1, 20*time.Second)
	s.WaitForDeliveries()

	var out outcome
	for _, conversation := range c.Conversations() {
		out.effects = append(out.effects, conversation.State+" "+conversation.Holder)
		for _, m := range s.Transcript(conversation.ID) {
			line := m.Author + ": " + m.Text
			if m.Delivery != nil {
				line += " (" + m.Delivery.Status + ")"
			}
			out.effects = append(out.effects, line)
		}
	}
	out.effects = append(out.effects, "screen: "+strings.Join(c.Answers(), "\n"))
	out.runs = replayRuns(s, name)
	return out
}
