package workflows_test

import (
	"context"
	"errors"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"wxdesk/internal/account"
	"wxdesk/internal/bot"
	"wxdesk/internal/callback"
	"wxdesk/internal/conversation"
	"wxdesk/internal/delivery"
	"wxdesk/internal/routing"
	"wxdesk/internal/secret"
	"wxdesk/internal/wechat"
)

// twist is what befalls a call of the ledger.
type twist int

const (
	plain   twist = iota
	twice         // executed twice, the last result is delivered
	thrice        // executed three times
	lost          // executed, and the result is lost: the caller tries again
	late          // executed, and once more after other calls
	away          // not executed: the ledger is away
	refused       // not executed: the rule book says no
	broken        // not executed, and never will be
	panics        // the call panics
	twists
)

// chaos wraps the ledger in memory and twists its calls.
type chaos struct {
	ledger // the rest goes through as it is
	inner  *memory
	mu     sync.Mutex
	calls  int
	befell string // the call that met the last twist
	twist  func(call int, name string) twist
	away   func() bool // an outage
	old    []func()    // calls that run late
	healed atomic.Bool

	// Planted defects.
	markingFails    atomic.Bool // "nothing to claim now" is an error
	unreadableIsOff atomic.Bool // a message that cannot be opened counts as an outage
}

var errAway = conversation.ErrLater

// call performs a call as the twist for it says.
func call[Out any](c *chaos, name string, do func() (Out, error)) (out Out, err error) {
	c.mu.Lock()
	n, what := c.calls, plain
	c.calls++
	if !c.healed.Load() {
		what = c.twist(n, name)
		if what != plain {
			c.befell = name
		}
		if c.away() {
			what = away
		}
	}
	var old func()
	if len(c.old) > 0 && n%3 == 0 {
		old, c.old = c.old[0], c.old[1:]
	}
	if what == late {
		c.old = append(c.old, func() { _, _ = do() })
	}
	c.mu.Unlock()
	if old != nil {
		old()
	}
	switch what {
	case away:
		return out, errAway
	case refused:
		return out, conversation.ErrClosed
	case broken:
		return out, secret.ErrUnavailable
	case panics:
		panic("a fault in the ledger's code")
	case lost:
		_, _ = do()
		return out, errAway
	case thrice:
		_, _ = do()
		_, _ = do()
	case twice:
		_, _ = do()
	}
	return do()
}

func (c *chaos) AccountKeys(ctx context.Context, t conversation.Tenant, id conversation.AccountID) (account.CallbackKeys, error) {
	return call(c, "AccountKeys", func() (account.CallbackKeys, error) { return c.inner.AccountKeys(ctx, t, id) })
}

func (c *chaos) Receive(ctx context.Context, in callback.Batch) (callback.Result, error) {
	return call(c, "Receive", func() (callback.Result, error) { return c.inner.Receive(ctx, in) })
}

func (c *chaos) ReadSituation(ctx context.Context, r conversation.Ref) (conversation.Situation, error) {
	return call(c, "ReadSituation", func() (conversation.Situation, error) { return c.inner.ReadSituation(ctx, r) })
}

func (c *chaos) Turn(ctx context.Context, r conversation.Ref) (bot.Turn, error) {
	turn, err := call(c, "Turn", func() (bot.Turn, error) { return c.inner.Turn(ctx, r) })
	if c.unreadableIsOff.Load() && errors.Is(err, secret.ErrUnavailable) {
		return turn, errAway
	}
	return turn, err
}

func (c *chaos) StoreAnswer(ctx context.Context, r conversation.Ref, turn conversation.MessageID, e conversation.Epoch, a bot.Answer) (conversation.Situation, error) {
	return call(c, "StoreAnswer", func() (conversation.Situation, error) { return c.inner.StoreAnswer(ctx, r, turn, e, a) })
}

func (c *chaos) RequestHandOver(ctx context.Context, r conversation.Ref, why conversation.EscalationReason) (conversation.Situation, error) {
	return call(c, "RequestHandOver", func() (conversation.Situation, error) { return c.inner.RequestHandOver(ctx, r, why) })
}

func (c *chaos) RoutingQuestion(ctx context.Context, r conversation.Ref) (routing.Question, error) {
	return call(c, "RoutingQuestion", func() (routing.Question, error) { return c.inner.RoutingQuestion(ctx, r) })
}

func (c *chaos) HandOver(ctx context.Context, r conversation.Ref, d routing.Decision) (conversation.Situation, error) {
	return call(c, "HandOver", func() (conversation.Situation, error) { return c.inner.HandOver(ctx, r, d) })
}

func (c *chaos) HandOverPlainly(ctx context.Context, r conversation.Ref, why string) (conversation.Situation, error) {
	return call(c, "HandOverPlainly", func() (conversation.Situation, error) { return c.inner.HandOverPlainly(ctx, r, why) })
}

func (c *chaos) Due(ctx context.Context, r conversation.Ref) (conversation.Situation, error) {
	return call(c, "Due", func() (conversation.Situation, error) { return c.inner.Due(ctx, r) })
}

func (c *chaos) Credentials(ctx context.Context, t conversation.Tenant, id conversation.AccountID) (wechat.Credentials, error) {
	return call(c, "Credentials", func() (wechat.Credentials, error) { return c.inner.Credentials(ctx, t, id) })
}

func (c *chaos) MarkSending(ctx context.Context, r conversation.Ref, attempt string) (delivery.Marking, error) {
	mark, err := call(c, "MarkSending", func() (delivery.Marking, error) { return c.inner.MarkSending(ctx, r, attempt) })
	if c.markingFails.Load() && err == nil && mark.MessageID == "" {
		return mark, errAway
	}
	return mark, err
}

func (c *chaos) RecordOutcome(ctx context.Context, r conversation.Ref, id conversation.MessageID, attempt string, o wechat.SendOutcome) (conversation.Situation, error) {
	return call(c, "RecordOutcome", func() (conversation.Situation, error) { return c.inner.RecordOutcome(ctx, r, id, attempt, o) })
}

func (c *chaos) CloseConversation(ctx context.Context, r conversation.Ref, why conversation.CloseReason) (conversation.Situation, error) {
	return call(c, "Close", func() (conversation.Situation, error) { return c.inner.CloseConversation(ctx, r, why) })
}

// heal ends all faults, and late calls with them.
func (c *chaos) heal() {
	c.mu.Lock()
	old := c.old
	c.old = nil
	c.mu.Unlock()
	c.healed.Store(true)
	for _, do := range old {
		do()
	}
}

// backup is the ledger as it was at a moment.
type backup struct {
	receipts map[string]receipt
	rows     map[conversation.ID]*row
}

func (m *memory) copy() backup {
	m.mu.Lock()
	defer m.mu.Unlock()
	b := backup{receipts: maps.Clone(m.receipts), rows: map[conversation.ID]*row{}}
	for id, r := range m.rows {
		copied := *r
		copied.messages = nil
		for _, msg := range r.messages {
			same := *msg
			copied.messages = append(copied.messages, &same)
		}
		b.rows[id] = &copied
	}
	return b
}

// restore brings the ledger back to how it was.
func (m *memory) restore(b backup) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.note("restore")
	m.receipts, m.rows = b.receipts, b.rows
}

// runIsGone closes what is open and has no run, as telling a run does that is not there.
func (m *memory) runIsGone() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.supersedeAll()
}

// lastNotBefore is the largest time before which something that is owed may not be done.
func (m *memory) lastNotBefore() (last time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range m.rows {
		for _, msg := range r.messages {
			if msg.status == conversation.DeliveryQueued {
				last = later(last, msg.notBefore)
			}
		}
	}
	return last
}
