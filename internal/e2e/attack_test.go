package e2e_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	attackedRate    = 10 // callbacks a second
	guessers        = 16 // connections that try tokens, from four networks
	guesserNetworks = 4
	mostStreams     = 20 // of one token
	closed          = "closed"
)

// containerMemory has a process keep within nine tenths of the memory of its container in docker-compose.yml.
const containerMemory = "GOMEMLIMIT=460MiB"

// R19, S12, S13, C23, A04: five attacks at once on one API process, for 20 s with a third of the connections and requests (for a minute
// with all of them with -share 1). Ten callbacks a second are answered success in time meanwhile, the process stays small, and whoever
// is turned away is told why. Afterwards each callback is in the transcript once, and each conversation is offered to an agent. Not
// with the race detector, which needs several times the memory and the time.
func TestR19_attacksBesideWhichCallbacksGoOn(t *testing.T) { // alone: it takes all that the machine has
	customers := sized(20, 64)
	s := start(t)
	floor := newBenchFloor(s, customers/10+1) // each agent has room for ten
	shop := newBenchShop(s)
	// The attackers alone have up to 6,000 connections, and those of callbacks are to be within the limit.
	api := s.second("api", freePorts(t, 1)[0], "WXDESK_MAX_CONNECTIONS=6500", containerMemory)
	shop.address, shop.says = api.addr, "human "+strings.Repeat("a", 2000) // as long as the patterns of rules are reckoned with
	s.publishHostileRules()
	shop.sender().posts(shop.callbackRequest(0)) // the process has served the account before
	before := shop.last

	a := newAttack(t, api.addr)
	a.slowConnections(sized(1000, 3000), shop.callbackRequest(0))
	a.unreadAnswers(sized(333, 1000), s.token)
	a.eventStreams(sized(667, 2000), floor.clients[0].token)
	a.badTokens(sized(10_000, 30_000))
	calls := shop.floods(customers, attackedRate, sized(20*time.Second, time.Minute))
	a.end()
	peak := peakMemory(t, api.pid())
	t.Logf("%d callbacks taken within %s; at most %d MB", len(calls.taken), quantiles(calls.took), peak>>20)
	for name, answers := range a.answers {
		t.Logf("%s: %v", name, answers)
	}

	require.Empty(t, append(calls.others, quantilesOf(calls.refused)...), "every callback is taken")
	// The promise is 500 ms. A short run, beside whatever else is tested, asks only that WeChat does not give up.
	require.Less(t, quantile(calls.took, 0.99), bound(4600*time.Millisecond, 500*time.Millisecond))
	require.Less(t, peak, int64(512<<20))
	a.requireReasons(map[string][]string{
		"slow connections": {closed, "400"},
		"unread answers":   {closed, "200", "429"},
		"event streams":    {"200", "429", "503"}, // the last where a starved Postgres does not say whose token it is
		"bad tokens":       {"401", "429"},
	})
	require.LessOrEqual(t, a.answers["event streams"]["200"], mostStreams)
	require.NotZero(t, a.answers["bad tokens"]["429"])

	s.requireOnce(shop, append(calls.taken, before))
	floor.waitForOffers(customers)
}

// quantilesOf says how long some took, where there are any.
func quantilesOf(all []time.Duration) []string {
	if len(all) == 0 {
		return nil
	}
	return []string{quantiles(all)}
}

// attack is what is done to an API process, and what it answers.
type attack struct {
	t    testing.TB
	addr string
	over context.Context
	stop context.CancelFunc
	all  sync.WaitGroup

	mu      sync.Mutex
	answers map[string]map[string]int // how often each status came, or "closed", by what was tried
}

func newAttack(t testing.TB, addr string) *attack {
	t.Helper()
	a := &attack{t: t, addr: addr, answers: map[string]map[string]int{}}
	a.over, a.stop = context.WithCancel(t.Context())
	t.Cleanup(a.end)
	return a
}

// end ends all of it, and waits for that.
func (a *attack) end() {
	a.stop()
	a.all.Wait()
}

// by has so many attackers go on by turns until it is over.
func (a *attack) by(attackers int, act func(attacker int)) {
	for n := range attackers {
		a.all.Go(func() {
			for a.over.Err() == nil {
				act(n)
			}
		})
	}
}

// note counts an answer. What is still to be answered in the end does not count.
func (a *attack) note(name, answer string) {
	if answer == closed && a.over.Err() != nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.answers[name] == nil {
		a.answers[name] = map[string]int{}
	}
	a.answers[name][answer]++
}

// requireReasons fails the test where anybody was answered something else than what that attack may be.
func (a *attack) requireReasons(allowed map[string][]string) {
	a.t.Helper()
	for name, answers := range allowed {
		for _, got := range slices.Sorted(maps.Keys(a.answers[name])) {
			require.Contains(a.t, answers, got, "%s: %v", name, a.answers[name])
		}
	}
}

// dial opens a connection from an address of a network of its own, which keeps little that is not read. It is closed when the
// attack is over.
func (a *attack) dial(network int) (conn net.Conn, release func(), err error) {
	dialer := net.Dialer{
		LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 1, byte(network), 1)},
		Control: func(_, _ string, c syscall.RawConn) error {
			return c.Control(func(fd uintptr) { _ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4<<10) })
		},
	}
	conn, err = dialer.DialContext(a.over, "tcp", a.addr)
	if err != nil {
		return nil, nil, err
	}
	forget := context.AfterFunc(a.over, func() { _ = conn.SetReadDeadline(time.Unix(1, 0)) })
	return conn, func() {
		forget()
		_ = conn.Close()
	}, nil
}

// slowConnections say nothing, half of a header, or a byte a second, and come again when they are hung up on.
func (a *attack) slowConnections(n int, good rawRequest) {
	ask, _, _ := strings.Cut(string(good), "\r\n")
	head := ask + "\r\nHost: wxdesk\r\n"
	openings := []string{"", "P", head, head + "X-Slow: ", head + "Content-Length: 1000\r\n\r\n<xml>"}
	a.by(n, func(attacker int) {
		conn, release, err := a.dial(attacker % 200)
		if err != nil {
			return
		}
		defer release()
		opening := openings[attacker%len(openings)]
		if _, err := io.WriteString(conn, opening); err != nil {
			a.note("slow connections", closed)
			return
		}
		read := bufio.NewReader(conn)
		for a.over.Err() == nil {
			_ = conn.SetReadDeadline(time.Now().Add(time.Second))
			_, err := read.Peek(1)
			switch {
			case err == nil:
				a.note("slow connections", status(read))
				return
			case !errors.Is(err, os.ErrDeadlineExceeded):
				a.note("slow connections", closed)
				return
			case opening != "" && strings.HasSuffix(opening, ">"), strings.HasSuffix(opening, " "):
				_, _ = io.WriteString(conn, "x")
			}
		}
	})
}

// unreadAnswers asks for what is long, again and again, and reads nothing until it is over.
func (a *attack) unreadAnswers(n int, token string) {
	var asks []byte
	for _, path := range []string{"/v1/rulesets/export?workstream_id=" + defaultWorkstream, "/v1/openapi.yaml", "/v1/conversations?limit=200"} {
		asks = fmt.Appendf(asks, "GET %s HTTP/1.1\r\nHost: wxdesk\r\nAuthorization: Bearer %s\r\n\r\n", path, token)
	}
	a.by(n, func(attacker int) {
		conn, release, err := a.dial(attacker % 200)
		if err != nil {
			return
		}
		defer release()
		for left := asks; a.over.Err() == nil; {
			_ = conn.SetWriteDeadline(time.Now().Add(time.Second))
			wrote, err := conn.Write(left)
			if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
				a.note("unread answers", closed)
				return
			}
			if left = left[wrote:]; len(left) == 0 {
				left = asks
			}
		}
		_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
		a.note("unread answers", status(bufio.NewReader(conn)))
	})
}

// eventStreams opens event streams with one token, all at once, and keeps those that it gets.
func (a *attack) eventStreams(n int, token string) {
	for attacker := range n {
		a.all.Go(func() {
			for a.over.Err() == nil && a.eventStream(attacker, token) {
			}
		})
	}
}

// eventStream opens an event stream. It reports whether to ask again: where this machine was too busy to ask in time, it was hung up on.
func (a *attack) eventStream(attacker int, token string) (again bool) {
	began := time.Now()
	conn, release, err := a.dial(attacker % 200)
	if err != nil {
		a.note("event streams", err.Error())
		return false
	}
	defer release()
	_, _ = fmt.Fprintf(conn, "GET /v1/events HTTP/1.1\r\nHost: wxdesk\r\nAuthorization: Bearer %s\r\n\r\n", token)
	late := time.Since(began) > 4*time.Second
	read := bufio.NewReader(conn)
	got := status(read)
	if got == closed && late {
		return true
	}
	a.note("event streams", got)
	if got == strconv.Itoa(http.StatusOK) {
		_, _ = io.Copy(io.Discard, read)
	}
	return false
}

// badTokens asks for something with tokens that there are not, from a few networks, as fast as it is answered. A connection that is closed
// between two answers is opened again.
func (a *attack) badTokens(n int) {
	for attacker := range guessers {
		a.all.Go(func() {
			for guess := attacker; guess < n && a.over.Err() == nil; {
				conn, release, err := a.dial(201 + attacker%guesserNetworks)
				if err != nil {
					a.note("bad tokens", err.Error())
					return
				}
				read := bufio.NewReader(conn)
				for first := true; guess < n; first = false {
					_, _ = fmt.Fprintf(conn, "GET /v1/conversations HTTP/1.1\r\nHost: wxdesk\r\nAuthorization: Bearer wxd_%040d\r\n\r\n", guess)
					got := status(read)
					if got == closed && !first {
						break
					}
					a.note("bad tokens", got)
					guess += guessers
				}
				release()
			}
		})
	}
}

// status reads an answer and returns its status; "closed" where there is none. Only what does not end, an event stream, is left.
func status(read *bufio.Reader) string {
	resp, err := http.ReadResponse(read, nil)
	if err != nil {
		return closed
	}
	if resp.ContentLength >= 0 {
		_, _ = io.Copy(io.Discard, resp.Body)
	}
	return strconv.Itoa(resp.StatusCode)
}

// publishHostileRules puts rules into force that cost as much as they may, in the default workstream and the default queue. None holds,
// so that all are asked.
func (s *system) publishHostileRules() {
	s.t.Helper()
	dear := func(fact, more string, rule int) string {
		return fmt.Sprintf(`%s%s.matches("[\\p{L}\\p{N}]{170}%d$")`, more, fact, rule)
	}
	of := func(kind, owner, id string, position int, rules []map[string]any) {
		made := s.create("/v1/rulesets", map[string]any{"kind": kind, owner: id, "name": fmt.Sprint(kind, position), "position": position})
		s.publishes(made, rules)
	}
	for set := range 10 {
		var rules []map[string]any
		for n := range 100 {
			rules = append(rules, map[string]any{
				"name": fmt.Sprint(n), "when": dear("message.text", "", set*100+n), "set": map[string]any{"x": n},
			})
		}
		if set == 0 {
			rules[99] = map[string]any{"name": "all", "when": "", "set": map[string]any{"load": strings.Repeat("a", 2000)}}
		}
		of("classification", "workstream_id", defaultWorkstream, set, rules)
	}
	s.sets("/v1/queues/"+defaultQueue, map[string]any{"method": "custom"})
	for _, kind := range []string{"prioritisation", "assignment"} {
		var rules []map[string]any
		for n := range 100 {
			rules = append(rules, map[string]any{"name": fmt.Sprint(n), "when": dear("string(item.attributes.load)", "item.waited_seconds >= 0 && ", n)})
		}
		if kind == "assignment" {
			rules[99] = map[string]any{"name": "anybody", "when": ""}
		}
		of(kind, "queue_id", defaultQueue, 0, rules)
	}
}
