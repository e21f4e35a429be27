package webhook

import (
	"context"
	"errors"
	"sync"
	"time"

	"wxdesk/internal/bot"
	"wxdesk/internal/conversation"
)

const (
	// circuitFailures is how many questions in a row a bot may fail before it is not asked for a while. A guess: a bot that is down
	// keeps five customers waiting.
	circuitFailures = 5
	// circuitFirstPause doubles with every probe that fails.
	circuitFirstPause = 5 * time.Second
	// circuitLongestPause also limits the pause that a Retry-After asks for (B02).
	circuitLongestPause = 30 * time.Second
)

// errLeftAlone says that the bot keeps failing and is not called for a while.
var errLeftAlone = errors.New("webhook: the bot keeps failing and is left alone for a while")

// circuit stops calls to bots that keep failing. So their customers reach people at once, and a bot that is overloaded can recover.
// Each process has its own circuit.
//
// While the circuit is closed, every question passes. While it is open, none does until the pause is over. Then one question passes
// as a probe. If it succeeds, the circuit closes; if it fails, the circuit opens for twice as long.
type circuit struct {
	mu sync.Mutex
	// failing has only bots whose last question failed, so it stays small.
	failing map[circuitKey]*failing
}

// circuitKey names a bot with its settings: after a change of the settings the count begins again.
type circuitKey struct {
	tenant  conversation.Tenant
	bot     conversation.BotID
	version int64
}

// failing is a bot whose last question failed.
type failing struct {
	inRow   int
	pause   time.Duration // the last one; 0 while the circuit is closed
	until   time.Time     // when the pause ends and a probe may pass
	probing bool
}

func newCircuit() *circuit { return &circuit{failing: map[circuitKey]*failing{}} }

// call asks the question's bot, or fails with errLeftAlone without asking. An answer that is refused because of its content shows
// that the bot works. It does not count as a failure, because otherwise one customer could close the bot for all others. A call that
// fails after the caller has gone counts neither way.
func (c *circuit) call(ctx context.Context, q bot.Question, ask func() (bot.Answer, error)) (answer bot.Answer, err error) {
	key := circuitKey{q.Tenant, q.Bot.ID, q.Bot.Version}
	probe, passes := c.enter(key, time.Now())
	if !passes {
		return bot.Answer{}, errLeftAlone
	}
	err = errors.New("webhook: the connector panicked") // unless what follows comes back
	defer func() {
		switch {
		case err == nil, isRefusal(err):
			c.succeeded(key)
		case errors.Is(ctx.Err(), context.Canceled): // a deadline is the bot's to keep
			c.gaveUp(key, probe)
		default:
			c.failed(key, time.Now(), probe, wish(err))
		}
	}()
	answer, err = ask()
	return answer, err
}

// wish returns the pause that the bot asks for (Retry-After), or 0 if the pause is no longer than a customer may be made to wait.
func wish(err error) time.Duration {
	if passing, ok := errors.AsType[*passingError](err); ok && passing.after > answerLimit {
		return passing.after
	}
	return 0
}

func (c *circuit) enter(key circuitKey, now time.Time) (probe, passes bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f := c.failing[key]
	switch {
	case f == nil || f.pause == 0:
		return false, true
	case f.probing || now.Before(f.until):
		return false, false
	}
	f.probing = true
	return true, true
}

func (c *circuit) succeeded(key circuitKey) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.failing, key)
}

// failed counts a failure, and opens the circuit after enough of them or if the bot asks for it. A question that was asked before the
// circuit opened and fails afterwards changes nothing.
func (c *circuit) failed(key circuitKey, now time.Time, probe bool, wish time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f := c.failing[key]
	if f == nil {
		f = &failing{}
		c.failing[key] = f
	}
	f.inRow++
	opens := f.pause == 0 && (f.inRow >= circuitFailures || wish > 0)
	if !opens && !probe {
		return
	}
	f.pause = min(max(2*f.pause, circuitFirstPause, wish), circuitLongestPause)
	f.until = now.Add(f.pause)
	f.probing = false
}

func (c *circuit) gaveUp(key circuitKey, probe bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f := c.failing[key]; f != nil && probe {
		f.probing = false
	}
}
