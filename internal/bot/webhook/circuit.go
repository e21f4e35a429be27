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
	// circuitFailures is how many questions in a row a bot may fail before it is left alone. A guess: a bot that is down
	// keeps five customers waiting.
	circuitFailures = 5
	// circuitFirstPause doubles with every probe that fails.
	circuitFirstPause = 5 * time.Second
	// circuitLongestPause is also all that a Retry-After can bring about (B02).
	circuitLongestPause = 30 * time.Second
)

// errLeftAlone: the bot keeps failing and is not called for a while.
var errLeftAlone = errors.New("webhook: the bot keeps failing and is left alone for a while")

// circuit leaves bots alone that keep failing, so that their customers reach people at once and a bot that is overloaded
// can recover. It is this process's own: another one finds out by itself.
//
// Closed, every question passes. Open, none does until the pause is over; then a single one does, the probe, and what
// becomes of it decides: closed again, or open for twice as long.
type circuit struct {
	mu sync.Mutex
	// failing has no bot whose last question went well, so it stays as small as the trouble is.
	failing map[circuitKey]*failing
}

// circuitKey names a bot as it is set up: one that was changed begins anew.
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

// call asks the question's bot, or fails with errLeftAlone without asking. An answer that is refused for what it says is a
// sign of life: a customer who knows how to bring it about must not take the bot from the others. What fails after the
// caller has gone counts neither way.
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

// wish is for how long a bot wants to be left alone, 0 where that is no longer than a customer may be made to wait.
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

// failed counts, and opens the circuit where it is time or the bot wishes so. What was asked before it opened and fails
// only now changes nothing.
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
