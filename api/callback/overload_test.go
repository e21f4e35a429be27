package callback_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/api/apitest"
	"wxdesk/internal/account"
	"wxdesk/internal/conversation"
	"wxdesk/internal/wechat"
)

// heap is how much memory is in use, in bytes.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc) //nolint:gosec // no machine has so much
}

// The attacks of R19 that fit into one process: senders that are slow, clients that never read, accounts that are made up,
// connections beyond the limit. Everybody else is served meanwhile, and whoever is turned away is told why.

// unread is a body that nobody may look at.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body is read")
	return 0, io.ErrUnexpectedEOF
}

// R19, C16
// What is refused for its path, its query or its account costs no memory for its body, and what is refused for path or
// query no look-up.
func TestEndpoint_readsNoBodyBeforeItsChecks(t *testing.T) {
	t.Parallel()
	w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
	h := g.In(w)
	query := g.Says(apitest.TextMessage("hi")).Query.Encode()
	for _, c := range []struct {
		target          string
		status, lookUps int
	}{
		{"/wechat/1?" + query, http.StatusNotFound, 0},
		{"/wechat/%30" + apitest.AccountA[1:] + "?" + query, http.StatusNotFound, 0},
		{"/wechat/" + apitest.AccountA, http.StatusBadRequest, 0},
		{"/wechat/" + apitest.AccountA + "?" + strings.Replace(query, "timestamp=", "timestamp=x", 1), http.StatusBadRequest, 0},
		{"/wechat/" + apitest.AccountB + "?" + query, http.StatusNotFound, 1},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, c.target, unread{t})
		r.ContentLength = 1000
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, r)
		apitest.RequireText(t, answer, c.status, "")
		require.Equal(t, c.lookUps, w.LookUps, c.target)
		require.Equal(t, "close", answer.Header().Get("Connection"), "the body is not waited for")
	}
}

// R19, C20
// The bodies of large callbacks share 32 MiB. What is too much for that is told to come again at once, and callbacks of
// the usual size do not notice.
func TestEndpoint_largeCallbacksShareTheirMemory(t *testing.T) {
	t.Parallel()
	apitest.InFakeTime(t, func(t *testing.T) {
		w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
		h := g.In(w)
		var slow sync.WaitGroup
		var ends []func()
		for i := range 128 {
			cb, begun, rest, end := apitest.LargeCallback(g, i)
			ends = append(ends, end)
			slow.Go(func() {
				apitest.RequireText(t, apitest.PostChunked(t, h, cb, io.MultiReader(strings.NewReader(begun), rest)), http.StatusOK, "success")
			})
		}
		synctest.Wait()
		surplus, _, _, _ := apitest.LargeCallback(g, 128)
		answer := apitest.PostChunked(t, h, surplus, strings.NewReader(surplus.Body))
		apitest.RequireText(t, answer, http.StatusServiceUnavailable, "")
		require.Equal(t, "close", answer.Header().Get("Connection"))
		require.Contains(t, w.Logged(), `"reason":"overloaded"`)
		require.Zero(t, apitest.PostInTime(t, h, g.Says(apitest.TextMessage("hi")), http.StatusOK, "success"), "one of the usual size")

		for _, end := range ends {
			end()
		}
		slow.Wait()
		apitest.RequireText(t, apitest.PostChunked(t, h, surplus, strings.NewReader(surplus.Body)), http.StatusOK, "success")
	})
}

// R19, S12, C20
// Senders who know an account send almost all of a body of the greatest size, and then nothing. Their bodies do not
// fill the memory, those that find no room are told so, and others are answered.
func TestEndpoint_slowLargeSendersFillNoMemory(t *testing.T) { // alone: it measures memory
	const senders, places = 300, 128
	w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
	addr := apitest.Serve(t, g.In(w), func(s *http.Server) { s.ReadTimeout = time.Minute })
	body := strings.Repeat("x", 255<<10)
	head := g.Says(apitest.TextMessage("hi")).Raw("POST", fmt.Sprintf("Content-Length: %d\r\n", 256<<10), "")
	before := heap()
	statuses := make(chan string, senders)
	for range senders {
		conn := apitest.Connect(t, addr)
		go func() {
			_, _ = io.WriteString(conn, head)
			go func() { _, _ = io.WriteString(conn, body) }()
			status, _ := bufio.NewReader(conn).ReadString('\n')
			statuses <- status
		}()
	}
	for range senders - places {
		require.Contains(t, <-statuses, "HTTP/1.1 503 ")
	}
	require.Less(t, heap()-before, int64(64<<20))
	cb := g.Says(apitest.TextMessage("hi"))
	answer := apitest.SendRaw(t, addr, cb.Raw("POST", fmt.Sprintf("Connection: close\r\nContent-Length: %d\r\n", len(cb.Body)), cb.Body))
	require.Contains(t, answer, "success")
	require.Empty(t, statuses, "the others still have time")
}

// R19, C16
// Callbacks to accounts that are made up wait for one another, and those to real ones do not wait for them, whether their
// account is known or has to be asked for again.
func TestEndpoint_knownAccountsDoNotWait(t *testing.T) {
	t.Parallel()
	apitest.InFakeTime(t, func(t *testing.T) {
		w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
		h := g.In(w)
		find := w.FindAccount
		w.SetFindAccount(func(ctx context.Context, id conversation.AccountID) (account.CallbackAccount, error) {
			if id != apitest.AccountA {
				<-ctx.Done() // the ledger is slow
				return account.CallbackAccount{}, ctx.Err()
			}
			return find(ctx, id)
		})
		apitest.PostInTime(t, h, g.Says(apitest.TextMessage("hi")), http.StatusOK, "success")

		var strangers sync.WaitGroup
		for range 100 {
			madeUp := g.Says(apitest.TextMessage("hi"))
			madeUp.Account = uuid.NewString()
			strangers.Go(func() { apitest.PostInTime(t, h, madeUp, http.StatusServiceUnavailable, "") })
		}
		synctest.Wait()
		time.Sleep(500 * time.Millisecond) // fake
		require.Zero(t, apitest.PostInTime(t, h, g.Says(apitest.TextMessage("hi")), http.StatusOK, "success"))
		strangers.Wait()

		time.Sleep(3 * time.Second) // fake: what is known of the account is too old
		for range 100 {
			madeUp := g.Says(apitest.TextMessage("hi"))
			madeUp.Account = uuid.NewString()
			strangers.Go(func() { apitest.PostInTime(t, h, madeUp, http.StatusServiceUnavailable, "") })
		}
		synctest.Wait()
		require.Zero(t, apitest.PostInTime(t, h, g.Says(apitest.TextMessage("hi")), http.StatusOK, "success"))
		strangers.Wait()
	})
}
