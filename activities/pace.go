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
	// preparedFor is how long an access token that was at hand counts as at hand. A token in the store lives five minutes longer.
	preparedFor = time.Minute
)

// pace is what a process remembers of its sends, by account.
type pace struct{ slow, prepared timed }

// saw records the result of a call and how long it took. While an account is slow, its messages go over the task queue.
func (p *pace) saw(id conversation.AccountID, took time.Duration, o wechat.SendOutcome) {
	if answered := o.Status == wechat.SendSent || o.Status == wechat.SendFailed; answered && took <= quickAnswer {
		p.slow.set(id, 0)
		return
	}
	p.slow.set(id, slowFor)
}

// timed is a mark for accounts that passes.
type timed struct{ until sync.Map }

func (m *timed) set(id conversation.AccountID, length time.Duration) {
	m.until.Store(id, time.Now().Add(length))
}

func (m *timed) has(id conversation.AccountID) bool {
	until, ok := m.until.Load(id)
	return ok && time.Now().Before(until.(time.Time))
}
