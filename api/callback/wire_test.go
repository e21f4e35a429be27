package callback_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/api/apitest"
	"wxdesk/internal/callback"
	"wxdesk/internal/conversation"
	"wxdesk/internal/wechat"
)

// chunked is a body in one chunk.
func chunked(body string) string { return fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(body), body) }

// C21
// Each of these is a good callback whose length can be read in two ways, or in none.
func TestWire_refusesAmbiguousLengths(t *testing.T) {
	t.Parallel()
	w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
	addr := apitest.Serve(t, g.In(w), apitest.QuickBodies)
	cb := g.Says(apitest.TextMessage("hi"))
	length := fmt.Sprintf("Content-Length: %d\r\n", len(cb.Body))
	for name, raw := range map[string]string{
		"two lengths that differ":  cb.Raw("POST", length+"Content-Length: 1\r\n", cb.Body),
		"a length with a sign":     cb.Raw("POST", "Content-Length: +"+length[16:], cb.Body),
		"a length in hex":          cb.Raw("POST", fmt.Sprintf("Content-Length: %#x\r\n", len(cb.Body)), cb.Body),
		"two lengths in one":       cb.Raw("POST", "Content-Length: 1, "+length[16:], cb.Body),
		"chunked twice":            cb.Raw("POST", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", chunked(cb.Body)),
		"chunked, then identity":   cb.Raw("POST", "Transfer-Encoding: chunked, identity\r\n", chunked(cb.Body)),
		"chunked, but not quite":   cb.Raw("POST", "Transfer-Encoding: xchunked\r\n", chunked(cb.Body)),
		"chunked behind a control": cb.Raw("POST", "Transfer-Encoding: \x0bchunked\r\n", chunked(cb.Body)),
		"a space before the colon": cb.Raw("POST", "Transfer-Encoding : chunked\r\n"+length, cb.Body),
		"a chunk size with a sign": cb.Raw("POST", "Transfer-Encoding: chunked\r\n", "+"+chunked(cb.Body)),
		"a chunk without an end":   cb.Raw("POST", "Transfer-Encoding: chunked\r\n", strings.TrimSuffix(chunked(cb.Body), "\r\n0\r\n\r\n")),
		"a last chunk is missing":  cb.Raw("POST", "Transfer-Encoding: chunked\r\n", strings.TrimSuffix(chunked(cb.Body), "0\r\n\r\n")),
	} {
		require.Regexp(t, `^HTTP/1.1 (400|501) `, apitest.SendRaw(t, addr, raw), name)
		require.NotContains(t, apitest.SendRaw(t, addr, raw), "success", name)
	}
	apitest.RequireNothingKept(t, w)
}

// C21
// Where both a length and chunks are given, the chunks count, as RFC 9112 has it, and what is proved is what was read: a
// message comes in where it is signed, and none comes in by the other reading.
func TestWire_onlyTheSignedChunksCount(t *testing.T) {
	t.Parallel()
	w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
	addr := apitest.Serve(t, g.In(w), apitest.AsIs)
	good, other := g.Says(apitest.TextMessage("in chunks")), g.Says(apitest.TextMessage("by length"))
	forged := strings.Replace(other.Body, "Encrypt><![CDATA[", "Encrypt><![CDATA[AAAA", 1)
	both := "Transfer-Encoding: chunked\r\nConnection: close\r\n"

	apitest.SendRaw(t, addr, good.Raw("POST", fmt.Sprintf("Content-Length: %d\r\n", len(forged))+both, chunked(good.Body)))
	require.Len(t, w.Received, 1)
	require.Equal(t, good.Encrypt(t), w.Received[0].Ciphertext)

	answer := apitest.SendRaw(t, addr, good.Raw("POST", fmt.Sprintf("Content-Length: %d\r\n", len(good.Body))+both, good.Body))
	require.Contains(t, answer, "HTTP/1.1 400")
	answer = apitest.SendRaw(t, addr, good.Raw("POST", fmt.Sprintf("Content-Length: %d\r\n", len(good.Body))+both, chunked(forged)))
	require.Contains(t, answer, "HTTP/1.1 403")
	require.Len(t, w.Received, 1)
}

// C25
func TestWire_refusesOtherMethods(t *testing.T) {
	t.Parallel()
	w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
	addr := apitest.Serve(t, g.In(w), apitest.AsIs)
	cb := g.Says(apitest.TextMessage("hi"))
	for _, method := range []string{"PUT", "DELETE", "TRACE", "HEAD", "CONNECT", "PATCH", "OPTIONS", "get", "POST2"} {
		answer := apitest.SendRaw(t, addr, cb.Raw(method, fmt.Sprintf("Connection: close\r\nX-Canary: canary\r\nContent-Length: %d\r\n", len(cb.Body)), cb.Body))
		require.Contains(t, answer, "HTTP/1.1 405", method)
		require.Contains(t, answer, "\r\nAllow: GET, POST\r\n", method)
		require.NotContains(t, answer, "canary", method)
	}
	apitest.RequireNothingKept(t, w)
}

// C26
func TestWire_refusesOtherPathSpellings(t *testing.T) {
	t.Parallel()
	w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
	addr := apitest.Serve(t, g.In(w), apitest.AsIs)
	cb := g.Says(apitest.TextMessage("hi"))
	for _, path := range []string{
		"//wechat/" + apitest.AccountA, "/wechat//" + apitest.AccountA, "/wechat/" + apitest.AccountA + "/", "/wechat/../wechat/" + apitest.AccountA, "/./wechat/" + apitest.AccountA,
		"/wechat/%2e%2e/wechat/" + apitest.AccountA, "/%2e/wechat/" + apitest.AccountA, "/wechat%2f" + apitest.AccountA, "/WECHAT/" + apitest.AccountA, "/wechat/" + strings.ToUpper(apitest.AccountA),
		"/wechat/" + apitest.AccountA + ";x", "/wechat/" + apitest.AccountA + "%20", "/wechat/" + apitest.AccountA + "%3f", "/wechat\\" + apitest.AccountA, "/" + apitest.AccountA, "http://x//wechat/" + apitest.AccountA,
	} {
		answer := apitest.SendRaw(t, addr, strings.Replace(
			cb.Raw("POST", fmt.Sprintf("Connection: close\r\nContent-Length: %d\r\n", len(cb.Body)), cb.Body), "/wechat/"+apitest.AccountA, path, 1))
		require.Contains(t, answer, "HTTP/1.1 404", path)
		require.NotContains(t, strings.ToLower(answer), "location:", path)
	}
	apitest.RequireNothingKept(t, w)
}

// C28
// Twice as many at once as there is room for: not more get in, and the others are told so while those still wait. Whoever is
// told success is kept; who is told to come again may be kept too, if the machine was slower than WeChat's patience.
func TestWire_keepsWhatItAcknowledgesInAFlood(t *testing.T) {
	t.Parallel()
	const room, flood = 512, 1024
	w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModePlain)
	var mu sync.Mutex
	var inside []context.Context // of each that came in; who is given up on has left, whenever its write notices
	release := make(chan struct{})
	w.TakeCallback = func(ctx context.Context, _ callback.Received) error {
		mu.Lock()
		inside = append(inside, ctx)
		mu.Unlock()
		select {
		case <-release:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	addr := apitest.Serve(t, g.In(w), apitest.AsIs)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	var sending sync.WaitGroup
	refused, accepted := 0, map[conversation.CustomerKey]bool{}
	open := sync.OnceFunc(func() {
		waiting := slices.DeleteFunc(inside, func(ctx context.Context) bool { return ctx.Err() != nil })
		if len(waiting) > room {
			t.Errorf("%d are inside", len(waiting))
		}
		close(release)
	})
	for i := range flood {
		cb := g.Says(apitest.TextOf(i))
		cb.Query.Del("openid")
		sending.Go(func() {
			r, _ := http.NewRequest(http.MethodPost, "http://"+addr+"/wechat/"+apitest.AccountA+"?"+cb.Query.Encode(), strings.NewReader(cb.Body))
			answer, err := client.Do(r)
			if err != nil {
				return // as good as a 503: WeChat repeats
			}
			_ = answer.Body.Close()
			mu.Lock()
			defer mu.Unlock()
			switch answer.StatusCode {
			case http.StatusOK:
				accepted[conversation.CustomerKey(wechat.CustomerKey(g.IDKey, wechat.OpenID(fmt.Sprintf("oCustomer%d", i))))] = true
			case http.StatusServiceUnavailable:
				if refused++; refused == flood-room {
					open()
				}
			default:
				t.Errorf("status %d", answer.StatusCode)
			}
		})
	}
	sending.Wait()
	require.GreaterOrEqual(t, refused, flood-room)
	w.Mu.Lock() // a write that was given up on may end now
	defer w.Mu.Unlock()
	for _, h := range w.Received {
		delete(accepted, h.CustomerKey)
	}
	require.Empty(t, accepted, "told success, and not kept")
}

// S12, C23
// A thousand connections that say nothing, never finish their headers, or give one byte of their body a second.
// Callbacks meanwhile are answered in less than a second, and none of the thousand is left after five.
func TestWire_slowConnectionsStarveNobody(t *testing.T) { // alone: it measures time
	w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
	addr := apitest.Serve(t, g.In(w), apitest.AsIs)
	head := strings.TrimSuffix(g.Says(apitest.TextMessage("hi")).Raw("POST", "", ""), "\r\n")
	openings := []string{"", "P", head, head + "X-Slow: ", head + "Content-Length: 1000\r\n\r\n", head + "Transfer-Encoding: chunked\r\n\r\n3e8\r\n<xml>"}
	var slow sync.WaitGroup
	lives := make([]time.Duration, 1000)
	connected := make(chan struct{}, len(lives))
	for i := range lives {
		slow.Go(func() { lives[i] = dripped(t, addr, openings[i%len(openings)], connected) })
	}
	for range lives {
		<-connected
	}

	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	const rounds, each = 5, 100
	var worst []time.Duration
	for range rounds {
		took := make([]time.Duration, each)
		for i := range took {
			cb := g.Says(apitest.TextMessage("hi"))
			began := time.Now()
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+addr+"/wechat/"+apitest.AccountA+"?"+cb.Query.Encode(), strings.NewReader(cb.Body))
			require.NoError(t, err)
			answer, err := client.Do(r)
			require.NoError(t, err)
			require.NoError(t, answer.Body.Close())
			require.Equal(t, http.StatusOK, answer.StatusCode)
			took[i] = time.Since(began)
		}
		slices.Sort(took)
		worst = append(worst, took[each*99/100])
	}
	slices.Sort(worst)
	require.Less(t, worst[rounds/2], time.Second, "p99 of the middle round of %v", worst)

	slow.Wait()
	require.Len(t, w.Received, rounds*each)
	for i, life := range lives {
		// Who says nothing at all is cut off when the headers are due, and so is everybody else; the rest is for a busy machine.
		require.Less(t, life, 15*time.Second, "%q", openings[i%len(openings)])
		require.Greater(t, life, 4*time.Second, "%q", openings[i%len(openings)])
	}
}

// dripped opens a connection, says the opening and then one byte a second, and returns how long the server bore it.
func dripped(t *testing.T, addr, opening string, connected chan<- struct{}) time.Duration {
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", addr)
	began := time.Now()
	connected <- struct{}{}
	if err != nil {
		t.Error(err)
		return 0
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(began.Add(30 * time.Second))
	_, _ = io.WriteString(conn, opening)
	over := make(chan struct{})
	go func() {
		defer close(over)
		answer, _ := io.ReadAll(conn)
		if strings.Contains(string(answer), "success") {
			t.Errorf("%q is taken", opening)
		}
	}()
	drip := time.NewTicker(time.Second)
	defer drip.Stop()
	for {
		select {
		case <-over:
			return time.Since(began)
		case <-drip.C:
			if opening != "" {
				_, _ = io.WriteString(conn, "x")
			}
		}
	}
}
