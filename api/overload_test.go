package api_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
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

	"wxdesk/internal/conversation"
	"wxdesk/internal/wechat"
)

// The attacks of R19 that fit into one process: senders that are slow, clients that never read, accounts that are made up,
// connections beyond the limit. Everybody else is served meanwhile, and whoever is turned away is told why.

// unread is a body that nobody may look at.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body is read")
	return 0, io.ErrUnexpectedEOF
}

// R19: what is refused for its path, its query or its account costs no memory for its body, and what is refused for path or
// query no look-up.
func TestDoor_readsNoBodyBeforePathQueryAndAccount(t *testing.T) {
	t.Parallel()
	w, g := newWorld(), newGate(t, wechat.ModeSafe)
	h := g.in(w)
	query := g.says(message("hi")).query.Encode()
	for _, c := range []struct {
		target          string
		status, lookUps int
	}{
		{"/wechat/1?" + query, http.StatusNotFound, 0},
		{"/wechat/%30" + accountA[1:] + "?" + query, http.StatusNotFound, 0},
		{"/wechat/" + accountA, http.StatusBadRequest, 0},
		{"/wechat/" + accountA + "?" + strings.Replace(query, "timestamp=", "timestamp=x", 1), http.StatusBadRequest, 0},
		{"/wechat/" + accountB + "?" + query, http.StatusNotFound, 1},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, c.target, unread{t})
		r.ContentLength = 1000
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, r)
		requireText(t, answer, c.status, "")
		require.Equal(t, c.lookUps, w.lookUps, c.target)
		require.Equal(t, "close", answer.Header().Get("Connection"), "the body is not waited for")
	}
}

// largeCallback is a callback whose body comes through a pipe: half of it at once.
func largeCallback(g gate, customer int) (cb callback, begun string, rest io.Reader, end func()) {
	cb = g.says(from(customer))
	cb.query.Del("openid")
	cb.body += strings.Repeat(" ", 200<<10-len(cb.body))
	reader, writer := io.Pipe()
	half := len(cb.body) / 2
	return cb, cb.body[:half], reader, func() {
		_, _ = io.WriteString(writer, cb.body[half:])
		_ = writer.Close()
	}
}

// postChunked sends a callback's body in chunks, so that it may become 256 KiB.
func postChunked(t *testing.T, h http.Handler, cb callback, body io.Reader) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/wechat/"+accountA+"?"+cb.query.Encode(), body)
	r.ContentLength = -1
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, r)
	return answer
}

// R19: the bodies of large callbacks share 32 MiB. What is too much for that is told to come again at once, and callbacks of
// the usual size do not notice.
func TestDoor_largeCallbacksShareTheirMemory(t *testing.T) {
	t.Parallel()
	inFakeTime(t, func(t *testing.T) {
		w, g := newWorld(), newGate(t, wechat.ModeSafe)
		h := g.in(w)
		var slow sync.WaitGroup
		var ends []func()
		for i := range 128 {
			cb, begun, rest, end := largeCallback(g, i)
			ends = append(ends, end)
			slow.Go(func() {
				requireText(t, postChunked(t, h, cb, io.MultiReader(strings.NewReader(begun), rest)), http.StatusOK, "success")
			})
		}
		synctest.Wait()
		surplus, _, _, _ := largeCallback(g, 128)
		answer := postChunked(t, h, surplus, strings.NewReader(surplus.body))
		requireText(t, answer, http.StatusServiceUnavailable, "")
		require.Equal(t, "close", answer.Header().Get("Connection"))
		require.Contains(t, w.logged(), `"reason":"overloaded"`)
		require.Zero(t, within46(t, h, g.says(message("hi")), http.StatusOK, "success"), "one of the usual size")

		for _, end := range ends {
			end()
		}
		slow.Wait()
		requireText(t, postChunked(t, h, surplus, strings.NewReader(surplus.body)), http.StatusOK, "success")
	})
}

// R19, S12: senders who know an account send almost all of a body of the greatest size, and then nothing. Their bodies do not
// fill the memory, those that find no room are told so, and others are answered.
func TestR19_slowLargeSendersFillNoMemory(t *testing.T) { // alone: it measures memory
	const senders, places = 300, 128
	w, g := newWorld(), newGate(t, wechat.ModeSafe)
	addr := serve(t, g.in(w), func(s *http.Server) { s.ReadTimeout = time.Minute })
	body := strings.Repeat("x", 255<<10)
	head := g.says(message("hi")).raw("POST", fmt.Sprintf("Content-Length: %d\r\n", 256<<10), "")
	before := heap()
	statuses := make(chan string, senders)
	for range senders {
		conn := connect(t, addr)
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
	cb := g.says(message("hi"))
	answer := send(t, addr, cb.raw("POST", fmt.Sprintf("Connection: close\r\nContent-Length: %d\r\n", len(cb.body)), cb.body))
	require.Contains(t, answer, "success")
	require.Empty(t, statuses, "the others still have time")
}

// heap is how much memory is in use, in bytes.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc) //nolint:gosec // no machine has so much
}

// connect opens a connection that the test closes.
func connect(t *testing.T, addr string) net.Conn {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(30*time.Second)))
	return conn
}

// R19: clients that send requests and read no answer are hung up on, each when its write deadline has passed.
func TestR19_clientsThatNeverReadAreHungUpOn(t *testing.T) {
	t.Parallel()
	const clients = 100
	gone := make(chan struct{}, clients)
	addr := serve(t, newWorld().handler(), func(s *http.Server) {
		quickBothWays(s)
		track := s.ConnState
		s.ConnState = func(c net.Conn, state http.ConnState) {
			track(c, state)
			if state == http.StateClosed {
				gone <- struct{}{}
			}
		}
	})
	asks := strings.Repeat("GET /v1/nothing HTTP/1.1\r\nHost: x\r\n\r\n", 1000)
	for range clients {
		conn := connect(t, addr)
		require.NoError(t, conn.(*net.TCPConn).SetReadBuffer(4<<10))
		go func() {
			for err := error(nil); err == nil; {
				_, err = io.WriteString(conn, asks)
			}
		}()
	}
	for range clients {
		<-gone
	}
}

// R19: beyond its connections a server answers 503, with the reason, and serves again when one of them has ended.
func TestR19_connectionsBeyondTheLimitAreTold503(t *testing.T) {
	t.Parallel()
	w, g := newWorld(), newGate(t, wechat.ModeSafe)
	closed := make(chan struct{}, 10)
	addr := serveFew(t, g.in(w), 3, func(s *http.Server) {
		track := s.ConnState
		s.ConnState = func(c net.Conn, state http.ConnState) {
			track(c, state)
			if state == http.StateClosed {
				closed <- struct{}{}
			}
		}
	})
	ask := "GET /v1/accounts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer admin\r\nConnection: close\r\n\r\n"
	cb := g.says(message("hi"))
	callback := cb.raw("POST", fmt.Sprintf("Connection: close\r\nContent-Length: %d\r\n", len(cb.body)), cb.body)
	var open []net.Conn
	for range 3 {
		conn := connect(t, addr)
		_, err := io.WriteString(conn, strings.Replace(ask, "Connection: close\r\n", "", 1))
		require.NoError(t, err)
		status, err := bufio.NewReader(conn).ReadString('\n')
		require.NoError(t, err)
		require.Contains(t, status, "200 OK")
		open = append(open, conn)
	}
	answer := send(t, addr, ask)
	require.Contains(t, answer, "HTTP/1.1 503 ")
	require.Contains(t, answer, "urn:wxdesk:problem:overloaded")
	require.Contains(t, answer, "\r\nRetry-After: 1\r\n")
	<-closed
	answer = send(t, addr, callback)
	require.Contains(t, answer, "HTTP/1.1 503 ")
	require.Contains(t, w.logged(), `"reason":"overloaded"`)
	<-closed
	requireNothingKept(t, w)

	require.NoError(t, open[0].Close())
	<-closed
	require.Contains(t, send(t, addr, ask), "HTTP/1.1 200 ")
	<-closed
	require.Contains(t, send(t, addr, callback), "success")
}

// R19: callbacks to accounts that are made up wait for one another, and those to real ones do not wait for them, whether their
// account is known or has to be asked for again.
func TestR19_knownAccountsDoNotWaitForStrangers(t *testing.T) {
	t.Parallel()
	inFakeTime(t, func(t *testing.T) {
		w, g := newWorld(), newGate(t, wechat.ModeSafe)
		h := g.in(w)
		find := w.door
		w.answerDoors(func(ctx context.Context, id conversation.AccountID) (conversation.Door, error) {
			if id != accountA {
				<-ctx.Done() // the ledger is slow
				return conversation.Door{}, ctx.Err()
			}
			return find(ctx, id)
		})
		within46(t, h, g.says(message("hi")), http.StatusOK, "success")

		var strangers sync.WaitGroup
		for range 100 {
			madeUp := g.says(message("hi"))
			madeUp.account = uuid.NewString()
			strangers.Go(func() { within46(t, h, madeUp, http.StatusServiceUnavailable, "") })
		}
		synctest.Wait()
		time.Sleep(500 * time.Millisecond) // fake
		require.Zero(t, within46(t, h, g.says(message("hi")), http.StatusOK, "success"))
		strangers.Wait()

		time.Sleep(3 * time.Second) // fake: what is known of the account is too old
		for range 100 {
			madeUp := g.says(message("hi"))
			madeUp.account = uuid.NewString()
			strangers.Go(func() { within46(t, h, madeUp, http.StatusServiceUnavailable, "") })
		}
		synctest.Wait()
		require.Zero(t, within46(t, h, g.says(message("hi")), http.StatusOK, "success"))
		strangers.Wait()
	})
}
