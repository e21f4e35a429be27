package people_test

import (
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/api/apitest"
	"wxdesk/internal/wechat"
)

// A flood of tries to sign in does not slow callbacks, for which WeChat waits five seconds: two passwords are hashed at a time, a few wait, and the
// rest is answered 503.
func TestSignIn_aFloodSlowsNoCallback(t *testing.T) {
	t.Parallel()
	o := newOffice()
	gate := apitest.NewWeChat(t, wechat.ModeSafe)
	o.Handler = gate.In(o.World)
	var flood sync.WaitGroup
	var stop atomic.Bool
	var refused, hashed atomic.Int64
	for range 64 {
		flood.Go(func() {
			for !stop.Load() {
				o.People.ForgetTries() // as if each came from another network, with another name
				switch o.signIn(t, home, "Lin", "wrong horse").Code {
				case http.StatusServiceUnavailable:
					refused.Add(1)
					time.Sleep(time.Millisecond) //nolint:forbidigo // as a sender on the network needs
				case http.StatusUnauthorized:
					hashed.Add(1)
				}
			}
		})
	}
	var took []time.Duration
	for i := range 20 {
		begun := time.Now()
		cb := gate.Says(apitest.TextOf(i))
		cb.Query.Del("openid")
		answer := cb.Post(t, o)
		took = append(took, time.Since(begun))
		require.Equal(t, http.StatusOK, answer.Code)
		time.Sleep(20 * time.Millisecond) //nolint:forbidigo // the flood goes on
	}
	stop.Store(true)
	flood.Wait()
	slices.Sort(took)
	require.Less(t, took[len(took)/2], time.Second)
	require.Positive(t, refused.Load())
	require.Positive(t, hashed.Load())
}
