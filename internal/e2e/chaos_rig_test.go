package e2e_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// rig is the whole system as it runs in earnest: two APIs behind a balancer, two workers. The second of each reach
// Postgres, Temporal and WeChat over links that can be broken. What WeChat sends, it sends with its own patience: 5 s,
// three attempts.
type rig struct {
	*system
	front   *front
	links   map[string]*link
	api2    *kept
	worker2 *kept
}

func newRig(t testing.TB, environ ...string) *rig {
	t.Helper()
	r := &rig{system: start(t, environ...)}
	ledger, err := url.Parse(r.setting("DATABASE_URL"))
	require.NoError(t, err)
	r.links = map[string]*link{
		"postgres": newLink(t, ledger.Host), "temporal": newLink(t, r.temporal), "wechat": newLink(t, r.sim),
	}
	ledger.Host = r.links["postgres"].addr()
	second := at(freePorts(t, 1)[0])
	settings := append(r.settings(), "DATABASE_URL="+ledger.String(), "TEMPORAL_ADDRESS="+r.links["temporal"].addr(),
		"WXDESK_WECHAT_API=http://"+r.links["wechat"].addr(), "WXDESK_HTTP_ADDR="+second)
	r.api2 = keep(r.system, settings, "api")
	r.worker2 = keep(r.system, settings, "worker")
	r.front = newFront(t, r.http, second)
	r.until(60*time.Second, "the second pair runs", func() bool {
		return strings.Contains(r.api2.log.String(), "public listener") && strings.Contains(r.worker2.log.String(), "polling")
	})
	r.simulator(http.MethodPatch, "/settings", map[string]any{"window_messages": 1_000_000}, nil)
	r.simulator(http.MethodPatch, "/accounts/"+demoAppID, map[string]any{"callback_url": r.front.URL + "/wechat/" + r.demoAccount()}, nil)
	return r
}

// kept is a process beside those of wxdesk dev, which is started again when it dies, as they are.
type kept struct {
	log  *output
	mu   sync.Mutex
	cmd  *exec.Cmd
	ends chan struct{}
	done chan struct{}
}

func keep(s *system, settings []string, role string) *kept {
	k := &kept{log: &output{}, ends: make(chan struct{}), done: make(chan struct{})}
	go k.run(s, settings, role)
	s.t.Cleanup(func() {
		close(k.ends)
		k.signal(syscall.SIGCONT)
		k.signal(syscall.SIGKILL)
		<-k.done
		if strings.Contains(k.log.String(), "WARNING: DATA RACE") {
			s.t.Errorf("data race in the second %s:\n%s", role, k.log)
		}
	})
	return k
}

func (k *kept) run(s *system, settings []string, role string) {
	defer close(k.done)
	for {
		cmd := exec.Command(binary, role)
		cmd.Dir, cmd.Env, cmd.Stderr = s.dir, settings, k.log
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		k.mu.Lock()
		err := cmd.Start()
		k.cmd = cmd
		k.mu.Unlock()
		if err != nil {
			s.t.Errorf("start the second %s: %v", role, err)
			return
		}
		_ = cmd.Wait()
		select {
		case <-k.ends:
			return
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// count is how often a word stands in its log.
func (k *kept) count(word string) int { return strings.Count(k.log.String(), word) }

// pid returns the number of the process as it runs now.
func (k *kept) pid() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.cmd.Process.Pid
}

// signal sends a signal to the process, where it runs.
func (k *kept) signal(sig syscall.Signal) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.cmd != nil && k.cmd.Process != nil {
		_ = k.cmd.Process.Signal(sig)
	}
}

// front stands between WeChat and the APIs, as any balancer does: where one refuses the connection, the other is asked.
// What breaks off under way is 502, and WeChat repeats.
type front struct {
	*httptest.Server
	apis     []string
	seen     atomic.Int64
	failed   atomic.Int64                            // answers of 500 and above
	persists atomic.Bool                             // asks the other API also where the first one breaks off
	lie      func(r *http.Request, body []byte) bool // answers in the product's name
	mu       sync.Mutex
	dice     *rand.Rand
	took     []time.Duration // of every answer since the clock was last read
}

// clock returns how long each answer took since it was last called.
func (f *front) clock() []time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	took := f.took
	f.took = nil
	return took
}

func newFront(t testing.TB, apis ...string) *front {
	f := &front{apis: apis, dice: rand.New(rand.NewPCG(7, 2026))}
	f.Server = httptest.NewServer(http.HandlerFunc(f.deliver))
	t.Cleanup(f.Close)
	return f
}

func (f *front) deliver(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // WeChat is gone
	}
	f.seen.Add(1)
	if f.lie != nil && f.lie(r, body) {
		_, _ = io.WriteString(w, "success")
		return
	}
	f.mu.Lock()
	first := f.dice.IntN(len(f.apis))
	f.mu.Unlock()
	began := time.Now()
	defer func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.took = append(f.took, time.Since(began))
	}()
	status, text := http.StatusBadGateway, []byte(nil)
	for i := range f.apis {
		var again bool
		if status, text, again = f.to(r, f.apis[(first+i)%len(f.apis)], body); !again {
			break
		}
	}
	if status >= http.StatusInternalServerError {
		f.failed.Add(1)
	}
	w.WriteHeader(status)
	_, _ = w.Write(text)
}

// to asks one API. Again says that it was not reached.
func (f *front) to(r *http.Request, api string, body []byte) (status int, text []byte, again bool) {
	ctx, cancel := context.WithTimeout(r.Context(), 6*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+api+r.URL.String(), bytes.NewReader(body))
	if err != nil {
		return http.StatusBadGateway, nil, false
	}
	req.Header.Set("Content-Type", r.Header.Get("Content-Type"))
	req.Close = true
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		var dial *net.OpError
		return http.StatusBadGateway, nil, f.persists.Load() || errors.As(err, &dial) && dial.Op == "dial"
	}
	defer resp.Body.Close() //nolint:errcheck // read below
	text, err = io.ReadAll(resp.Body)
	if err != nil {
		return http.StatusBadGateway, nil, false
	}
	return resp.StatusCode, text, false
}
