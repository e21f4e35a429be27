package events_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/api/apitest"
	"wxdesk/internal/access"
)

func TestEvents_resumeWithoutGapOrDouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := apitest.NewWorld()
		h, _ := apitest.Run(t, w)
		var all []string
		cursor, n := "", 0
		for range 20 {
			l := apitest.OpenStream(t, h, "agent", cursor)
			for range 3 {
				n++
				w.Feed.Publish(numbered(n, apitest.AgentA), numbered(-n, apitest.AgentB))
				synctest.Wait()
			}
			l.Leave()
			<-l.Ended
			all = append(all, l.Heard()...)
			cursor = l.LastID()
			for range 2 { // while nobody listens
				n++
				w.Feed.Publish(numbered(n, apitest.AgentA))
			}
			synctest.Wait()
		}
		last := apitest.OpenStream(t, h, "agent", cursor)
		all = append(all, last.Heard()...)
		require.Len(t, all, n)
		for i, event := range all {
			require.Equal(t, fmt.Sprint("message ", i+1), event)
		}
	})
}

func TestEvents_resumeReadsMoreThanOneBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := apitest.NewWorld()
		h, _ := apitest.Run(t, w)
		l := apitest.OpenStream(t, h, "supervisor", "")
		l.Leave()
		<-l.Ended
		for n := range 1201 {
			w.Feed.Publish(numbered(n, apitest.AgentB))
		}
		synctest.Wait()
		require.Len(t, apitest.OpenStream(t, h, "supervisor", l.LastID()).Heard(), 1201)
	})
}

func TestEvents_resetOnAnUnknownCursor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := apitest.NewWorld()
		w.Feed.Publish(numbered(1, apitest.AgentA))
		h, _ := apitest.Run(t, w)
		first := apitest.OpenStream(t, h, "agent", "")
		good := first.LastID()
		require.NotEmpty(t, good)
		for name, cursor := range map[string]string{"made up": "abc", "changed": apitest.Flip(good, 8*20), "too long": strings.Repeat("A", 5000)} {
			l := apitest.OpenStream(t, h, "agent", cursor)
			require.Equal(t, []string{"reset"}, l.Heard(), name)
			w.Feed.Publish(numbered(2, apitest.AgentA))
			synctest.Wait()
			require.Equal(t, []string{"reset", "message 2"}, l.Heard(), "the stream goes on from now")
		}
		w.OnAuthenticate = func([32]byte) (access.Principal, error) {
			return access.Principal{Tenant: "another", TokenID: "t", Role: access.RoleAdmin}, nil
		}
		require.Equal(t, []string{"reset"}, apitest.OpenStream(t, h, "admin", good).Heard(), "of another tenant")
	})
}

func TestEvents_cursorExpiresAfterItsStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := apitest.NewWorld()
		h, _ := apitest.Run(t, w)
		l := apitest.OpenStream(t, h, "agent", "")
		old := l.LastID()
		w.Feed.Publish(numbered(1, apitest.AgentA))
		time.Sleep(4 * time.Minute) // of the bubble's clock
		require.Equal(t, []string{"message 1"}, apitest.OpenStream(t, h, "agent", old).Heard())
		time.Sleep(2 * time.Minute)
		require.Equal(t, []string{"reset"}, apitest.OpenStream(t, h, "agent", old).Heard(), "five minutes are over")
		require.Equal(t, []string{"message 1"}, l.Heard())
		require.Empty(t, apitest.OpenStream(t, h, "agent", l.LastID()).Heard(), "heartbeats renew it")
	})
}
