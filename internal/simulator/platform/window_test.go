package platform_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/simulator/simulatortest"
)

func TestWindow_allowsFiveMessagesIn48Hours(t *testing.T) {
	t.Parallel()
	w := simulatortest.NewStill(t)
	require.Equal(t, 45015, w.Send(w.AccessToken(), "a"), "nothing was said yet")
	w.Say("hello")
	for range 5 {
		require.Equal(t, 0, w.Send(w.AccessToken(), "a"))
	}
	require.Equal(t, 45047, w.Send(w.AccessToken(), "a"))
	w.Say("hello again")
	require.Equal(t, 0, w.Send(w.AccessToken(), "a"), "a new message fills the bucket anew")
	w.Do("POST", "/_sim/clock", `{"advance":"47h59m"}`, 200)
	require.Equal(t, 0, w.Send(w.AccessToken(), "a"))
	w.Do("POST", "/_sim/clock", `{"advance":"1m"}`, 200)
	require.Equal(t, 45015, w.Send(w.AccessToken(), "a"))
	require.Len(t, w.Heard(), 7)
}

func TestWindow_usesTheBucketThatEndsFirst(t *testing.T) {
	t.Parallel()
	w := simulatortest.NewStill(t)
	w.Say("hello")                            // five in 48 h
	w.Act(`{"kind":"click","key":"HELP"}`)    // three in a minute
	w.Act(`{"kind":"view","url":"http://u"}`) // none
	for range 2 {
		require.Equal(t, 0, w.Send(w.AccessToken(), "a"))
	}
	w.Do("POST", "/_sim/clock", `{"advance":"1m"}`, 200) // the tap's third is lost
	for range 5 {
		require.Equal(t, 0, w.Send(w.AccessToken(), "a"))
	}
	require.Equal(t, 45047, w.Send(w.AccessToken(), "a"))
}

func TestWindow_endsWithTheSubscription(t *testing.T) {
	t.Parallel()
	w := simulatortest.NewStill(t)
	w.Say("hello")
	w.Do("DELETE", w.Path("followers/"+simulatortest.OpenID), "", 200)
	require.Equal(t, 45015, w.Send(w.AccessToken(), "a"))
	w.Do("POST", w.Path("followers"), `{"openid":"`+simulatortest.OpenID+`"}`, 201)
	for range 3 {
		require.Equal(t, 0, w.Send(w.AccessToken(), "a"))
	}
	require.Equal(t, 45047, w.Send(w.AccessToken(), "a"), "following opens three in a minute")
}

func TestWindow_followsTheSettings(t *testing.T) {
	t.Parallel()
	w := simulatortest.NewStill(t)
	w.Do("PATCH", "/_sim/settings", `{"window_messages":50}`, 200)
	w.Say("hello")
	for range 50 {
		require.Equal(t, 0, w.Send(w.AccessToken(), "a"))
	}
	require.Equal(t, 45047, w.Send(w.AccessToken(), "a"))
}
