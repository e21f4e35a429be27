package api_test

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

	"wxdesk/internal/conversation"
	"wxdesk/internal/wechat"
)

// raw is a callback as it goes over the wire, with the headers that a test says, the length included.
func (cb callback) raw(method, headers, body string) string {
	return method + " /wechat/" + cb.account + "?" + cb.query.Encode() + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n" + body
}

// chunked is a body in one chunk.
func chunked(body string) string { return fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(body), body) }

// Each of these is a good callback whose length can be read in two ways, or in none.
func TestBad_C21_aBodyOfDoubtfulLengthIsNotTaken(t *testing.T) {
	t.Parallel()
	w, g := newWorld(), newGate(t, wechat.ModeSafe)
	addr := serve(t, g.in(w), quickBodies)
	cb := g.says(message("hi"))
	length := fmt.Sprintf("Content-Length: %d\r\n", len(cb.body))
	for name, raw := range map[string]string{
		"two lengths that differ":  cb.raw("POST", length+"Content-Length: 1\r\n", cb.body),
		"a length with a sign":     cb.raw("POST", "Content-Length: +"+length[16:], cb.body),
		"a length in hex":          cb.raw("POST", fmt.Sprintf("Content-Length: %#x\r\n", len(cb.body)), cb.body),
		"two lengths in one":       cb.raw("POST", "Content-Length: 1, "+length[16:], cb.body),
		"chunked twice":            cb.raw("POST", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", chunked(cb.body)),
		"chunked, then identity":   cb.raw("POST", "Transfer-Encoding: chunked, identity\r\n", chunked(cb.body)),
		"chunked, but not quite":   cb.raw("POST", "Transfer-Encoding: xchunked\r\n", chunked(cb.body)),
		"chunked behind a control": cb.raw("POST", "Transfer-Encoding: \x0bchunked\r\n", chunked(cb.body)),
		"a space before the colon": cb.raw("POST", "Transfer-Encoding : chunked\r\n"+length, cb.body),
		"a chunk size with a sign": cb.raw("POST", "Transfer-Encoding: chunked\r\n", "+"+chunked(cb.body)),
		"a chunk without an end":   cb.raw("POST", "Transfer-Encoding: chunked\r\n", strings.TrimSuffix(chunked(cb.body), "\r\n0\r\n\r\n")),
		"a last chunk is missing":  cb.raw("POST", "Transfer-Encoding: chunked\r\n", strings.TrimSuffix(chunked(cb.body), "0\r\n\r\n")),
	} {
		require.Regexp(t, `^HTTP/1.1 (400|501) `, send(t, addr, raw), name)
		require.NotContains(t, send(t, addr, raw), "success", name)
	}
	requireNothingKept(t, w)
}

// Where both a length and chunks are given, the chunks count, as RFC 9112 has it, and what is proved is what was read: a
// message comes in where it is signed, and none comes in by the other reading.
func TestBad_C21_ofLengthAndChunksOnlyTheSignedReadingIsTaken(t *testing.T) {
	t.Parallel()
	w, g := newWorld(), newGate(t, wechat.ModeSafe)
	addr := serve(t, g.in(w), asIs)
	good, other := g.says(message("in chunks")), g.says(message("by length"))
	forged := strings.Replace(other.body, "Encrypt><![CDATA[", "Encrypt><![CDATA[AAAA", 1)
	both := "Transfer-Encoding: chunked\r\nConnection: close\r\n"

	send(t, addr, good.raw("POST", fmt.Sprintf("Content-Length: %d\r\n", len(forged))+both, chunked(good.body)))
	require.Len(t, w.handovers, 1)
	require.Equal(t, good.encrypt(t), w.handovers[0].Ciphertext)

	answer := send(t, addr, good.raw("POST", fmt.Sprintf("Content-Length: %d\r\n", len(good.body))+both, good.body))
	require.Contains(t, answer, "HTTP/1.1 400")
	answer = send(t, addr, good.raw("POST", fmt.Sprintf("Content-Length: %d\r\n", len(good.body))+both, chunked(forged)))
	require.Contains(t, answer, "HTTP/1.1 403")
	require.Len(t, w.handovers, 1)
}

func TestBad_C25_otherMethodsOverTheWire(t *testing.T) {
	t.Parallel()
	w, g := newWorld(), newGate(t, wechat.ModeSafe)
	addr := serve(t, g.in(w), asIs)
	cb := g.says(message("hi"))
	for _, method := range []string{"PUT", "DELETE", "TRACE", "HEAD", "CONNECT", "PATCH", "OPTIONS", "get", "POST2"} {
		answer := send(t, addr, cb.raw(method, fmt.Sprintf("Connection: close\r\nX-Canary: canary\r\nContent-Length: %d\r\n", len(cb.body)), cb.body))
		require.Contains(t, answer, "HTTP/1.1 405", method)
		require.Contains(t, answer, "\r\nAllow: GET, POST\r\n", method)
		require.NotContains(t, answer, "canary", method)
	}
	requireNothingKept(t, w)
}

func TestBad_C26_otherSpellingsOfThePathOverTheWire(t *testing.T) {
	t.Parallel()
	w, g := newWorld(), newGate(t, wechat.ModeSafe)
	addr := serve(t, g.in(w), asIs)
	cb := g.says(message("hi"))
	for _, path := range []string{
		"//wechat/" + accountA, "/wechat//" + accountA, "/wechat/" + accountA + "/", "/wechat/../wechat/" + accountA, "/./wechat/" + accountA,
		"/wechat/%2e%2e/wechat/" + accountA, "/%2e/wechat/" + accountA, "/wechat%2f" + accountA, "/WECHAT/" + accountA, "/wechat/" + strings.ToUpper(accountA),
		"/wechat/" + accountA + ";x", "/wechat/" + accountA + "%20", "/wechat/" + accountA + "%3f", "/wechat\\" + accountA, "/" + accountA, "http://x//wechat/" + accountA,
	} {
		answer := send(t, addr, strings.Replace(
			cb.raw("POST", fmt.Sprintf("Connection: close\r\nContent-Length: %d\r\n", len(cb.body)), cb.body), "/wechat/"+accountA, path, 1))
		require.Contains(t, answer, "HTTP/1.1 404", path)
		require.NotContains(t, strings.ToLower(answer), "location:", path)
	}
	requireNothingKept(t, w)
}

// Twice as many at once as there is room for: not more get in, and the others are told so while those still wait. Whoever is
// told success is kept; who is told to come again may be kept too, where the machine was slower than WeChat's patience.
func TestBad_C28_underAFloodWhoIsToldSuccessIsKept(t *testing.T) {
	t.Parallel()
	const room, flood = 512, 1024
	w, g := newWorld(), newGate(t, wechat.ModePlain)
	var mu sync.Mutex
	var inside []context.Context // of each that came in; who is given up on has left, whenever its write notices
	release := make(chan struct{})
	w.write = func(ctx context.Context, _ conversation.Handover) error {
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
	addr := serve(t, g.in(w), asIs)
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
		cb := g.says(from(i))
		cb.query.Del("openid")
		sending.Go(func() {
			r, _ := http.NewRequest(http.MethodPost, "http://"+addr+"/wechat/"+accountA+"?"+cb.query.Encode(), strings.NewReader(cb.body))
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
	w.mu.Lock() // a write that was given up on may end now
	defer w.mu.Unlock()
	for _, h := range w.handovers {
		delete(accepted, h.CustomerKey)
	}
	require.Empty(t, accepted, "told success, and not kept")
}

// S12, C23: a thousand connections that say nothing, never finish their headers, or give one byte of their body a second.
// Callbacks meanwhile are answered in less than a second, and none of the thousand is left after five.
func TestS12_C23_aThousandSlowConnectionsStarveNobody(t *testing.T) { // alone: it measures time
	w, g := newWorld(), newGate(t, wechat.ModeSafe)
	addr := serve(t, g.in(w), asIs)
	head := strings.TrimSuffix(g.says(message("hi")).raw("POST", "", ""), "\r\n")
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
			cb := g.says(message("hi"))
			began := time.Now()
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+addr+"/wechat/"+accountA+"?"+cb.query.Encode(), strings.NewReader(cb.body))
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
	require.Len(t, w.handovers, rounds*each)
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
