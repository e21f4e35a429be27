package activities

import (
	"sync"
	"time"

	"wxdesk/internal/conversation"
	"wxdesk/internal/wechat"
)

const (
	// quickAnswer is how long WeChat's last answer for an account may have taken for the next message to be sent directly.
	quickAnswer = time.Second
	// slowFor is how long an account's messages go over the queue after a slow answer, or none.
	slowFor = 30 * time.Second
	// preparedFor is how long an access token that was at hand is taken to be at hand. A token in the store lives five minutes more.
	preparedFor = time.Minute
)

// pace is what a process remembers of its sends, by account.
type pace struct {
	mu       sync.Mutex
	slow     map[conversation.AccountID]time.Time // until then
	prepared map[conversation.AccountID]time.Time
}

// quick reports whether a message may be sent directly: WeChat answered soon the last time.
func (p *pace) quick(id conversation.AccountID) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Now().After(p.slow[id])
}

// saw takes in what came of a call, and how long it took.
func (p *pace) saw(id conversation.AccountID, took time.Duration, o wechat.SendOutcome) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if answered := o.Status == wechat.SendSent || o.Status == wechat.SendFailed; answered && took <= quickAnswer {
		delete(p.slow, id)
		return
	}
	if p.slow == nil {
		p.slow = map[conversation.AccountID]time.Time{}
	}
	p.slow[id] = time.Now().Add(slowFor)
}

// ready reports whether the account's access token was at hand a short time ago.
func (p *pace) ready(id conversation.AccountID) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Now().Before(p.prepared[id])
}

func (p *pace) nowReady(id conversation.AccountID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.prepared == nil {
		p.prepared = map[conversation.AccountID]time.Time{}
	}
	p.prepared[id] = time.Now().Add(preparedFor)
}
