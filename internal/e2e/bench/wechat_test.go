package bench_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// benchWeChat is WeChat's API as far as an answer needs it, and tells who was answered. The simulator would take a share of the
// machine that is not ours to measure.
type benchWeChat struct {
	*httptest.Server
	mu       sync.Mutex
	answered map[string]chan struct{} // by openid
}

func newBenchWeChat(b *testing.B) *benchWeChat {
	p := &benchWeChat{answered: map[string]chan struct{}{}}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/cgi-bin/message/custom/send" {
			_, _ = io.WriteString(w, `{"access_token":"bench-access-token","expires_in":7200}`)
			return
		}
		var sent struct{ ToUser string }
		_ = json.NewDecoder(r.Body).Decode(&sent)
		select {
		case p.answers(sent.ToUser) <- struct{}{}:
		default: // nobody waits for this one
		}
		_, _ = io.WriteString(w, `{"errcode":0,"errmsg":"ok"}`)
	}))
	b.Cleanup(p.Close)
	return p
}

func (p *benchWeChat) answers(openID string) chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.answered[openID] == nil {
		p.answered[openID] = make(chan struct{}, 16)
	}
	return p.answered[openID]
}
