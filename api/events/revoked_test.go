package events_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/api/apitest"
	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
)

// S9
func TestEvents_endASecondAfterRevocation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := apitest.NewWorld()
		h, _ := apitest.Run(t, w)
		token := w.OnAuthenticate
		var mu sync.Mutex
		revoked := false
		w.OnAuthenticate = func(hash [32]byte) (access.Principal, error) {
			mu.Lock()
			defer mu.Unlock()
			if revoked {
				return access.Principal{}, conversation.ErrNotFound
			}
			return token(hash)
		}
		l := apitest.OpenStream(t, h, "agent", "")
		time.Sleep(time.Minute + time.Second)
		mu.Lock()
		revoked = true
		mu.Unlock()
		start := time.Now()
		<-l.Ended
		require.LessOrEqual(t, time.Since(start), time.Second)
	})
}

func TestEvents_goOnWhileTokensCannotBeLookedUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := apitest.NewWorld()
		h, _ := apitest.Run(t, w)
		token, away := w.OnAuthenticate, atomic.Bool{}
		w.OnAuthenticate = func(hash [32]byte) (access.Principal, error) {
			if away.Load() {
				return access.Principal{}, errors.New("the server is away")
			}
			return token(hash)
		}
		l := apitest.OpenStream(t, h, "agent", "")
		away.Store(true)
		time.Sleep(time.Minute)
		select {
		case <-l.Ended:
			t.Fatal("the stream ended")
		default:
		}
	})
}
