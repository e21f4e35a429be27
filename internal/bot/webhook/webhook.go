package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"wxdesk/internal/bot"
)

const (
	// answerLimit is how long an answer may take in all, tries and pauses included.
	answerLimit = 8 * time.Second
	maxTries    = 3
	// firstPause goes before the second try, four times that before the third.
	firstPause = 200 * time.Millisecond
	// maxAnswer is how many bytes are read of an answer (B04).
	maxAnswer = 256 << 10
)

// Connector asks a program outside wxdesk: one POST for each turn, signed by Standard Webhooks, answered with what to
// say. webhook.schema.json describes both bodies, docs/bots.md tells how to write one.
type Connector struct {
	http    *http.Client
	now     func() time.Time
	circuit *circuit
}

// New returns a connector that calls through hc, which decides whom it may reach and is left as it is. Redirects
// are never followed.
func New(hc *http.Client) Connector {
	own := *hc
	own.Jar = nil
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return Connector{http: &own, now: time.Now, circuit: newCircuit()}
}

// Answer asks the bot. If the bot has kept failing, it fails at once.
func (w Connector) Answer(ctx context.Context, q bot.Question) (bot.Answer, error) {
	return w.circuit.call(ctx, q, func() (bot.Answer, error) { return w.answer(ctx, q) })
}

// answer asks again after a lost connection, 429 or 5xx, as long as there is time. Every try has the turn's id as its
// webhook-id.
func (w Connector) answer(ctx context.Context, q bot.Question) (bot.Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	keys, err := signingKeys(q.Bot)
	if err != nil {
		return bot.Answer{}, fmt.Errorf("webhook: the secret is of no use: %w", err)
	}
	question, err := json.Marshal(requestOf(q))
	if err != nil {
		return bot.Answer{}, errors.New("webhook: the question cannot be written down")
	}
	for try := 1; ; try++ {
		text, err := w.ask(ctx, q, keys, question)
		if err == nil {
			return readAnswer(text, q)
		}
		passing, isPassing := errors.AsType[*passingError](err)
		if !isPassing || try == maxTries || !rest(ctx, passing.pause(try)) {
			return bot.Answer{}, fmt.Errorf("webhook, try %d: %w", try, err)
		}
	}
}

// signingKeys are the keys to sign with: the secret's, and for a while the replaced one's.
func signingKeys(b bot.Bot) (keys [][]byte, err error) {
	key, err := bot.WebhookKey(b.Secret)
	if err != nil {
		return nil, err
	}
	keys = append(keys, key)
	if old, err := bot.WebhookKey(b.OldSecret); err == nil {
		keys = append(keys, old)
	}
	return keys, nil
}

// passingError is a failure that another try may mend.
type passingError struct {
	cause error
	after time.Duration // what the bot asked for; 0 for nothing
}

func (e *passingError) Error() string { return e.cause.Error() }

func (e *passingError) Unwrap() error { return e.cause }

func (e *passingError) pause(try int) time.Duration {
	return max(e.after, firstPause<<(2*(try-1)))
}

// rest pauses before the next try. If the time would be over by then, it returns at once, so that people take over sooner.
func rest(ctx context.Context, pause time.Duration) bool {
	if end, ok := ctx.Deadline(); ok && time.Until(end) <= pause {
		return false
	}
	select {
	case <-ctx.Done():
		return false
	case <-time.After(pause):
		return true
	}
}
