package harness

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync"
)

// DuplicatingBalancer is a load balancer between WeChat and the APIs that delivers each callback one to four times.
type DuplicatingBalancer struct {
	*httptest.Server
	apis  []string
	mu    sync.Mutex
	dice  *rand.Rand
	seen  int
	later []func()
	extra sync.WaitGroup
}

// NewDuplicatingBalancer starts a balancer. The caller closes it.
func NewDuplicatingBalancer(apis ...string) *DuplicatingBalancer {
	b := &DuplicatingBalancer{apis: apis, dice: rand.New(rand.NewPCG(4, 2026))}
	b.Server = httptest.NewServer(http.HandlerFunc(b.deliver))
	return b
}

// Delivered returns how many callbacks have come from WeChat so far.
func (b *DuplicatingBalancer) Delivered() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.seen
}

// deliver delivers a callback, and answers WeChat what the first delivery was answered.
func (b *DuplicatingBalancer) deliver(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	b.mu.Lock()
	b.seen++
	first := b.prepare(r, body)
	for range b.dice.IntN(4) {
		again := b.prepare(r, body)
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

// prepare returns a function that delivers the callback to one of the APIs, or to another where that one is dead.
func (b *DuplicatingBalancer) prepare(r *http.Request, body []byte) func() (int, []byte) {
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

// DeliverKept delivers the repeats that were kept back.
func (b *DuplicatingBalancer) DeliverKept() {
	b.extra.Wait()
	for _, deliver := range b.later {
		deliver()
	}
}
