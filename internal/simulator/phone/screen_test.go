package phone_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/simulator/simulatortest"
)

func TestScreen_waitsUntilThereIsSomething(t *testing.T) {
	t.Parallel()
	w := simulatortest.New(t)
	waiting := make(chan simulatortest.Answer)
	go func() {
		waiting <- w.Try("GET", w.Path("followers/"+simulatortest.OpenID+"/screen?after=1&wait=30"), "")
	}()
	w.Say("hello") // item 1: not what is waited for
	w.Send(w.AccessToken(), "hi")
	out := (<-waiting).JSON
	require.EqualValues(t, 2, out["next"])
	require.Len(t, out["items"], 1)

	began := time.Now()
	out = w.Do("GET", w.Path("followers/"+simulatortest.OpenID+"/screen?after=2&wait=1"), "", 200)
	require.Empty(t, out["items"])
	require.GreaterOrEqual(t, time.Since(began), time.Second)
}

func TestScreen_tellsWhatChangedSinceARevision(t *testing.T) {
	t.Parallel()
	w := simulatortest.New(t)
	w.Say("hello")
	out := w.Do("GET", w.Path("followers/"+simulatortest.OpenID+"/screen?changed=0"), "", 200)
	rev := int(out["rev"].(float64))
	require.Empty(t, w.Do("GET", w.Path(fmt.Sprintf("followers/%s/screen?changed=%d", simulatortest.OpenID, rev)), "", 200)["items"])
	require.Len(t, w.Do("GET", w.Path(fmt.Sprintf("followers/%s/screen?changed=1", simulatortest.OpenID)), "", 200)["items"], 1, "the verdict came later")
	require.Len(t, w.Do("GET", w.Path("followers/"+simulatortest.OpenID+"/screen?changed=99999"), "", 200)["items"], 1, "a revision of another process gives all")
}
