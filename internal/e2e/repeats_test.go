package e2e_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// R4: two thousand callbacks (ten thousand with -share 1), each delivered one to four times, some at once and some again much later, over two API and
// two worker processes, of which one each is killed. Each stands once, in order, and has one answer.
func TestR4_everyMessageOnceHoweverOftenItIsDelivered(t *testing.T) { // alone: WeChat's patience is real time
	s := start(t)
	second := s.second("api", freePorts(t, 1)[0])
	s.second("worker", 0)
	balancer := newBalancer(s.http, second.addr)
	defer balancer.Close()
	s.simulator(http.MethodPatch, "/settings", map[string]any{"retry_after": "500ms", "attempts": 8, "window_messages": 10000}, nil)
	s.simulator(http.MethodPatch, "/accounts/"+demoAppID, map[string]any{"callback_url": balancer.URL + "/wechat/" + s.demoAccount()}, nil)

	const customers = 50
	each := sized(40, 200)
	people := make([]customer, customers)
	for i := range people {
		people[i] = s.follower()
	}
	var senders sync.WaitGroup
	lost := make([]int, customers)
	for i, c := range people {
		senders.Go(func() {
			for n := range each {
				if !c.manages(fmt.Sprintf("message %03d", n)) {
					lost[i]++
				}
			}
		})
	}
	s.until(sized(4*time.Minute, time.Hour), "a third is through", func() bool { return balancer.count() > customers*each/3 })
	second.kill()
	s.until(sized(4*time.Minute, time.Hour), "half is through", func() bool { return balancer.count() > customers*each/2 })
	s.kill("worker")
	second.launch()
	senders.Wait()
	require.Equal(t, make([]int, customers), lost, "WeChat was told of every message that it is taken")
	balancer.again()

	for _, c := range people {
		s.until(sized(3*time.Minute, time.Hour), "everything is answered", func() bool { return len(s.fates(c)) == each })
	}
	for _, c := range people {
		require.Len(t, c.conversations(), 1)
		var said []string
		for _, m := range s.transcript(c.conversations()[0].ID) {
			if m.Author == "customer" {
				said = append(said, m.Text)
			}
		}
		require.Len(t, said, each, "every message once")
		require.True(t, slices.IsSorted(said), "in order")
		fates := s.fates(c)
		require.Len(t, fates, each, "one answer each")
		shown := len(c.answers())
		unknown := len(slices.DeleteFunc(fates, func(fate string) bool { return fate != "unknown" }))
		require.LessOrEqual(t, shown, each, "no answer twice")
		require.GreaterOrEqual(t, shown, each-unknown, "an answer that is not on the screen says that it may be lost")
	}
}

// fates are the final delivery states of what the customer was answered.
func (s *system) fates(c customer) (fates []string) {
	s.t.Helper()
	for _, conversation := range c.conversations() {
		for _, m := range s.transcript(conversation.ID) {
			if m.Delivery != nil && m.Delivery.Status != "queued" && m.Delivery.Status != "sending" {
				fates = append(fates, m.Delivery.Status)
			}
		}
	}
	return fates
}

// balancer stands between WeChat and two APIs and delivers each callback one to four times.
type balancer struct {
	*httptest.Server
	apis  []string
	mu    sync.Mutex
	dice  *rand.Rand
	seen  int
	later []func()
	extra sync.WaitGroup
}

func newBalancer(apis ...string) *balancer {
	b := &balancer{apis: apis, dice: rand.New(rand.NewPCG(4, 2026))}
	b.Server = httptest.NewServer(http.HandlerFunc(b.deliver))
	return b
}

func (b *balancer) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.seen
}

// deliver gives WeChat the first delivery's answer.
func (b *balancer) deliver(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	b.mu.Lock()
	b.seen++
	first := b.to(r, body)
	for range b.dice.IntN(4) {
		again := b.to(r, body)
		if b.dice.IntN(3) == 0 {
			b.later = append(b.later, func() { _, _ = again() })
			continue
		}
		b.extra.Go(func() { _, _ = again() })
	}
	b.mu.Unlock()
	status, text := first()
	w.WriteHeader(status)
	_, _ = w.Write(text)
}

// to prepares one delivery to one of the APIs; where that one is dead, to the other, as any balancer does.
func (b *balancer) to(r *http.Request, body []byte) func() (int, []byte) {
	path, contentType := r.URL.String(), r.Header.Get("Content-Type")
	first := b.dice.IntN(len(b.apis))
	return func() (int, []byte) {
		for i := range b.apis {
			target := "http://" + b.apis[(first+i)%len(b.apis)] + path
			resp, err := http.Post(target, contentType, bytes.NewReader(body)) //nolint:gosec // addresses of this test
			if err != nil {
				continue
			}
			defer resp.Body.Close() //nolint:errcheck // read below
			text, _ := io.ReadAll(resp.Body)
			return resp.StatusCode, text
		}
		return http.StatusBadGateway, nil
	}
}

// again delivers what was kept for later.
func (b *balancer) again() {
	b.extra.Wait()
	for _, deliver := range b.later {
		deliver()
	}
}

// process is an API or a worker beside those of wxdesk dev.
type process struct {
	s    *system
	role string
	addr string
	env  []string // settings of its own
	cmd  *exec.Cmd
	log  *output
}

// second starts another process of a role.
func (s *system) second(role string, port int, environ ...string) *process {
	s.t.Helper()
	p := s.newProcess(role, port, environ...)
	p.launch()
	return p
}

// newProcess returns a process of a role that is still to be started. It ends with the test.
func (s *system) newProcess(role string, port int, environ ...string) *process {
	p := &process{s: s, role: role, addr: at(port), env: environ}
	s.t.Cleanup(p.kill)
	return p
}

// pid returns the number of the process.
func (p *process) pid() int { return p.cmd.Process.Pid }

// wait waits until the process ends by itself, and returns how it did.
func (p *process) wait() error { return p.cmd.Wait() }

func (p *process) launch() {
	p.s.t.Helper()
	p.begin()
	p.s.until(30*time.Second, "the second "+p.role+" runs", func() bool {
		return strings.Contains(p.log.String(), "public listener") || strings.Contains(p.log.String(), "polling")
	})
}

// begin starts the process, and does not wait until it is of use.
func (p *process) begin() {
	p.s.t.Helper()
	settings, err := os.ReadFile(filepath.Join(p.s.dir, ".wxdesk", "env"))
	require.NoError(p.s.t, err)
	p.log = &output{}
	p.cmd = exec.Command(binary, p.role)
	p.cmd.Dir = p.s.dir
	p.cmd.Env = append(slices.Clone(p.s.env), strings.Split(strings.TrimSpace(string(settings)), "\n")...)
	p.cmd.Env = append(append(p.cmd.Env, "WXDESK_HTTP_ADDR="+p.addr), p.env...)
	p.cmd.Stderr = p.log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	require.NoError(p.s.t, p.cmd.Start())
}

// kill ends it as a crash would.
func (p *process) kill() {
	if p.cmd.ProcessState == nil {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	}
	if text := p.log.String(); strings.Contains(text, "WARNING: DATA RACE") {
		p.s.t.Errorf("data race in the second %s:\n%s", p.role, text)
	}
}
