package story_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/e2e/harness"
)

// Following is greeted, and unfollowing closes.
func TestFollowing_isGreetedAndUnfollowingCloses(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	var made struct{ OpenID string }
	s.CallSimulator(http.MethodPost, "/accounts/"+harness.DemoAppID+"/followers", map[string]any{}, &made)
	c := s.CustomerOf(harness.DemoAppID, made.OpenID)
	require.Contains(t, c.WaitForAnswers(1, 10*time.Second)[0], "welcome")
	require.Equal(t, "active", c.Conversations()[0].State)

	s.CallSimulator(http.MethodDelete, c.Path(), nil, nil)
	s.WaitFor(10*time.Second, "the conversation is closed", func() bool { return c.Conversations()[0].State == "closed" })
	require.Equal(t, "unfollowed", *c.Conversations()[0].Close)
}
