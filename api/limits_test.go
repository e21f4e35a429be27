package api_test

import (
	"bufio"
	"context"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/api"
	"wxdesk/api/apitest"
	"wxdesk/internal/account"
	"wxdesk/internal/callback"
	"wxdesk/internal/conversation"
	"wxdesk/internal/wechat"
)

func TestLimits_maximumOfEach(t *testing.T) {
	t.Parallel()
	g := apitest.NewGauges()
	_, err := api.NewServer("127.0.0.1:0", g.Measured(apitest.NewWorld()).Handler(), 4096, g.Meters)
	require.NoError(t, err)
	most := g.Points(t, "wxdesk_limit_max")
	require.Equal(t, map[string]int64{
		"connections": 4096, "callbacks": 512, "large-callback-bytes": 32 << 20, "account-lookups": 8, "new-account-lookups": 8,
		"streams-of-a-token": 20, "requests-of-a-token": 8, "wrong-tokens-of-a-network": 200, "wrong-ids-of-a-token": 100,
		"password-hashes": 18, "sign-in-lookups": 132,
	}, most)
	g.RequireUsed(t, map[string]int64{})

	text, err := os.ReadFile("../docs/operations.md")
	require.NoError(t, err)
	for _, limit := range slices.Sorted(maps.Keys(most)) {
		require.True(t, strings.Contains(string(text), "`"+limit+"`"), "the table of limits lacks %s", limit)
	}
}

func TestLimits_callbacksUnderWay(t *testing.T) {
	t.Parallel()
	apitest.InFakeTime(t, func(t *testing.T) {
		w, gate, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe), apitest.NewGauges()
		gate.In(w)
		h, taken := g.Measured(w).Handler(), make(chan struct{})
		w.TakeCallback = func(context.Context, callback.Received) error { <-taken; return nil }
		var posts sync.WaitGroup
		for i := range 3 {
			cb := gate.Says(apitest.TextOf(i))
			cb.Query.Del("openid")
			posts.Go(func() { apitest.PostInTime(t, h, cb, http.StatusOK, "success") })
		}
		synctest.Wait()
		g.RequireUsed(t, map[string]int64{"callbacks": 3})
		close(taken)
		posts.Wait()
		g.RequireUsed(t, map[string]int64{})
	})
}

func TestLimits_roomForLargeCallbacks(t *testing.T) {
	t.Parallel()
	apitest.InFakeTime(t, func(t *testing.T) {
		w, gate, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe), apitest.NewGauges()
		gate.In(w)
		h := g.Measured(w).Handler()
		cb, begun, rest, end := apitest.LargeCallback(gate, 1)
		var post sync.WaitGroup
		post.Go(func() {
			apitest.RequireText(t, apitest.PostChunked(t, h, cb, io.MultiReader(strings.NewReader(begun), rest)), http.StatusOK, "success")
		})
		synctest.Wait()
		g.RequireUsed(t, map[string]int64{"large-callback-bytes": 256 << 10})
		end()
		post.Wait()
		g.RequireUsed(t, map[string]int64{})
	})
}

func TestLimits_accountLookUps(t *testing.T) {
	t.Parallel()
	apitest.InFakeTime(t, func(t *testing.T) {
		w, gate, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe), apitest.NewGauges()
		gate.In(w)
		h, find, found := g.Measured(w).Handler(), w.FindAccount, make(chan struct{})
		apitest.PostInTime(t, h, gate.Says(apitest.TextMessage("hi")), http.StatusOK, "success")
		time.Sleep(3 * time.Second) // fake: what is known of the account is too old
		w.SetFindAccount(func(ctx context.Context, id conversation.AccountID) (account.CallbackAccount, error) {
			<-found
			return find(ctx, id)
		})
		madeUp := gate.Says(apitest.TextMessage("hi"))
		madeUp.Account = uuid.NewString()
		var posts sync.WaitGroup
		posts.Go(func() { apitest.PostInTime(t, h, gate.Says(apitest.TextMessage("hi")), http.StatusOK, "success") })
		posts.Go(func() { apitest.PostInTime(t, h, madeUp, http.StatusNotFound, "") })
		synctest.Wait()
		g.RequireUsed(t, map[string]int64{"account-lookups": 1, "new-account-lookups": 1})
		close(found)
		posts.Wait()
		g.RequireUsed(t, map[string]int64{})
	})
}

func TestLimits_streamsOfTheTokenWithMost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, g := apitest.NewWorld(), apitest.NewGauges()
		h, _ := apitest.RunAPI(t, g.Measured(w))
		agent, first, second := apitest.OpenStream(t, h, "agent", ""), apitest.OpenStream(t, h, "supervisor", ""), apitest.OpenStream(t, h, "supervisor", "")
		g.RequireUsed(t, map[string]int64{"streams-of-a-token": 2})
		for _, l := range []*apitest.EventStream{agent, first, second} {
			l.Leave()
			<-l.Ended
		}
		g.RequireUsed(t, map[string]int64{})
	})
}

func TestLimits_triesOfTheMostRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, g := apitest.NewWorld(), apitest.NewGauges()
		h := g.Measured(w).Handler()
		apitest.AskFrom(t, h, "192.0.2.1:1", uuid.NewString(), "/v1/conversations")
		for range 2 {
			apitest.AskFrom(t, h, "192.0.3.1:1", uuid.NewString(), "/v1/conversations")
			apitest.AskFrom(t, h, "192.0.2.1:1", "agent", "/v1/conversations/"+uuid.NewString())
		}
		g.RequireUsed(t, map[string]int64{"wrong-tokens-of-a-network": 2, "wrong-ids-of-a-token": 2})
		time.Sleep(time.Minute) // fake: they may try again
		g.RequireUsed(t, map[string]int64{})
	})
}

func TestLimits_connections(t *testing.T) {
	t.Parallel()
	g, closed := apitest.NewGauges(), make(chan struct{}, 1)
	addr := apitest.ServeMeasured(t, apitest.NewWorld().Handler(), 16, g.Meters, func(s *http.Server) {
		track := s.ConnState
		s.ConnState = func(c net.Conn, state http.ConnState) {
			track(c, state)
			if state == http.StateClosed {
				closed <- struct{}{}
			}
		}
	})
	conn := apitest.Connect(t, addr)
	_, err := io.WriteString(conn, "GET /v1/accounts HTTP/1.1\r\nHost: x\r\n\r\n")
	require.NoError(t, err)
	_, err = bufio.NewReader(conn).ReadString('\n')
	require.NoError(t, err)
	g.RequireUsed(t, map[string]int64{"connections": 1})
	require.NoError(t, conn.Close())
	<-closed
	g.RequireUsed(t, map[string]int64{})
}
