package attack_test

import (
	"bufio"
	"bytes"
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

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/e2e/harness"
)

const (
	attackedRate    = 10 // callbacks a second
	guessers        = 16 // connections that try tokens, from four networks
	guesserNetworks = 4
	mostStreams     = 20 // of one token
	closed          = "closed"
)

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

// repeat has so many attackers act again and again until the attack is over.
func (a *attack) repeat(attackers int, act func(attacker int)) {
	for n := range attackers {
		a.all.Go(func() {
			for a.over.Err() == nil {
				act(n)
			}
		})
	}
}

// count counts an answer. An answer that is still missing at the end does not count.
func (a *attack) count(name, answer string) {
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
func (a *attack) slowConnections(n int, good harness.Callback) {
	ask, _, _ := strings.Cut(string(good), "\r\n")
	head := ask + "\r\nHost: wxdesk\r\n"
	openings := []string{"", "P", head, head + "X-Slow: ", head + "Content-Length: 1000\r\n\r\n<xml>"}
	a.repeat(n, func(attacker int) {
		conn, release, err := a.dial(attacker % 200)
		if err != nil {
			return
		}
		defer release()
		opening := openings[attacker%len(openings)]
		if _, err := io.WriteString(conn, opening); err != nil {
			a.count("slow connections", closed)
			return
		}
		read := bufio.NewReader(conn)
		for a.over.Err() == nil {
			_ = conn.SetReadDeadline(time.Now().Add(time.Second))
			_, err := read.Peek(1)
			switch {
			case err == nil:
				a.count("slow connections", status(read))
				return
			case !errors.Is(err, os.ErrDeadlineExceeded):
				a.count("slow connections", closed)
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
	for _, path := range []string{"/v1/rulesets/export?workstream_id=" + harness.DefaultWorkstream, "/v1/openapi.yaml", "/v1/conversations?limit=200"} {
		asks = fmt.Appendf(asks, "GET %s HTTP/1.1\r\nHost: wxdesk\r\nAuthorization: Bearer %s\r\n\r\n", path, token)
	}
	a.repeat(n, func(attacker int) {
		conn, release, err := a.dial(attacker % 200)
		if err != nil {
			return
		}
		defer release()
		for left := asks; a.over.Err() == nil; {
			_ = conn.SetWriteDeadline(time.Now().Add(time.Second))
			wrote, err := conn.Write(left)
			if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
				a.count("unread answers", closed)
				return
			}
			if left = left[wrote:]; len(left) == 0 {
				left = asks
			}
		}
		_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
		a.count("unread answers", status(bufio.NewReader(conn)))
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

// eventStream opens an event stream. It reports whether to ask again: if this machine was too busy to ask in time, it was hung up on.
func (a *attack) eventStream(attacker int, token string) (again bool) {
	began := time.Now()
	conn, release, err := a.dial(attacker % 200)
	if err != nil {
		a.count("event streams", err.Error())
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
	a.count("event streams", got)
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
					a.count("bad tokens", err.Error())
					return
				}
				read := bufio.NewReader(conn)
				for first := true; guess < n; first = false {
					_, _ = fmt.Fprintf(conn, "GET /v1/conversations HTTP/1.1\r\nHost: wxdesk\r\nAuthorization: Bearer wxd_%040d\r\n\r\n", guess)
					got := status(read)
					if got == closed && !first {
						break
					}
					a.count("bad tokens", got)
					guess += guessers
				}
				release()
			}
		})
	}
}

// madeUpAccounts sends callbacks for accounts that there are not, each for another one and as fast as they are answered. They are made of
// a callback for a real account with that id. Whoever is hung up on comes again.
func (a *attack) madeUpAccounts(n int, good harness.Callback, id string) {
	a.repeat(n, func(attacker int) {
		conn, release, err := a.dial(206 + attacker%16)
		if err != nil {
			return
		}
		defer release()
		read := bufio.NewReader(conn)
		for first := true; a.over.Err() == nil; first = false {
			_, _ = conn.Write(bytes.Replace(good, []byte(id), []byte(uuid.NewString()), 1))
			got := status(read)
			if got == closed && !first {
				return
			}
			a.count("made-up accounts", got)
		}
	})
}

// status reads an answer and returns its status; "closed" if there is none. Only what does not end, an event stream, is left.
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
