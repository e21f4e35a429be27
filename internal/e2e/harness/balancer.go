package harness

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Balancer is a load balancer between WeChat and the APIs. Where one API refuses the connection, it asks another. Where a request breaks
// off, it answers 502, and WeChat repeats the callback.
type Balancer struct {
	*httptest.Server
	apis        []string
	seen        atomic.Int64
	Failed      atomic.Int64                            // answers of 500 and above
	RetryBroken atomic.Bool                             // asks another API also where a request breaks off
	Intercept   func(r *http.Request, body []byte) bool // answers in place of the API where it returns true
	mu          sync.Mutex
	dice        *rand.Rand
	took        []time.Duration // of each answer since TakeDurations
}

// NewBalancer starts a balancer, which ends with the test.
func NewBalancer(t testing.TB, apis ...string) *Balancer {
	b := &Balancer{apis: apis, dice: rand.New(rand.NewPCG(7, 2026))}
	b.Server = httptest.NewServer(http.HandlerFunc(b.deliver))
	t.Cleanup(b.Close)
	return b
}

func (b *Balancer) deliver(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // WeChat is gone
	}
	b.seen.Add(1)
	if b.Intercept != nil && b.Intercept(r, body) {
		_, _ = io.WriteString(w, "success")
		return
	}
	b.mu.Lock()
	first := b.dice.IntN(len(b.apis))
	b.mu.Unlock()
	began := time.Now()
	defer func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.took = append(b.took, time.Since(began))
	}()
	status, text := http.StatusBadGateway, []byte(nil)
	for i := range b.apis {
		var again bool
		if status, text, again = b.ask(r, b.apis[(first+i)%len(b.apis)], body); !again {
			break
		}
	}
	if status >= http.StatusInternalServerError {
		b.Failed.Add(1)
	}
	w.WriteHeader(status)
	_, _ = w.Write(text)
}

// ask asks one API. It returns again where another one should be asked.
func (b *Balancer) ask(r *http.Request, api string, body []byte) (status int, text []byte, again bool) {
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
		return http.StatusBadGateway, nil, b.RetryBroken.Load() || errors.As(err, &dial) && dial.Op == "dial"
	}
	defer resp.Body.Close() //nolint:errcheck // read below
	text, err = io.ReadAll(resp.Body)
	if err != nil {
		return http.StatusBadGateway, nil, false
	}
	return resp.StatusCode, text, false
}

// TakeDurations returns how long each answer took since the last call.
func (b *Balancer) TakeDurations() []time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	took := b.took
	b.took = nil
	return took
}
