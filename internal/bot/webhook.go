package bot

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"wxdesk/internal/conversation"
)

const (
	// webhookLimit is how long an answer may take in all, tries and pauses included.
	webhookLimit = 8 * time.Second
	webhookTries = 3
	// webhookPause goes before the second try, four times that before the third.
	webhookPause = 200 * time.Millisecond
	// maxWebhookAnswer is how many bytes are read of an answer (B04).
	maxWebhookAnswer = 256 << 10
)

// Webhook asks a program of somebody's own: one POST for each turn, signed by Standard Webhooks, answered with what to
// say. webhook.schema.json describes both bodies, docs/bots.md tells how to write one.
type Webhook struct {
	http    *http.Client
	now     func() time.Time
	circuit *circuit
}

// NewWebhook returns a connector that calls through hc, which decides whom it may reach and is left as it is. Redirects
// are never followed.
func NewWebhook(hc *http.Client) Webhook {
	own := *hc
	own.Jar = nil
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return Webhook{http: &own, now: time.Now, circuit: newCircuit()}
}

// Answer asks the bot, unless it has kept failing recently: then it fails at once.
func (w Webhook) Answer(ctx context.Context, q conversation.Question) (conversation.Answer, error) {
	return w.circuit.call(ctx, q, func() (conversation.Answer, error) { return w.answer(ctx, q) })
}

// answer asks again after a lost connection, 429 or 5xx, as long as there is time. Every try has the turn's id as its
// webhook-id.
func (w Webhook) answer(ctx context.Context, q conversation.Question) (conversation.Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, webhookLimit)
	defer cancel()
	keys, err := webhookKeys(q.Bot)
	if err != nil {
		return conversation.Answer{}, fmt.Errorf("webhook: the secret is of no use: %w", err)
	}
	question, err := json.Marshal(webhookRequestOf(q))
	if err != nil {
		return conversation.Answer{}, errors.New("webhook: the question cannot be written down")
	}
	for try := 1; ; try++ {
		text, err := w.ask(ctx, q, keys, question)
		if err == nil {
			return readWebhookAnswer(text, q)
		}
		passing, isPassing := errors.AsType[*passingError](err)
		if !isPassing || try == webhookTries || !rest(ctx, passing.pause(try)) {
			return conversation.Answer{}, fmt.Errorf("webhook, try %d: %w", try, err)
		}
	}
}

// webhookKeys are the keys to sign with: the secret's, and for a while the replaced one's.
func webhookKeys(b conversation.Bot) (keys [][]byte, err error) {
	key, err := conversation.WebhookKey(b.Secret)
	if err != nil {
		return nil, err
	}
	keys = append(keys, key)
	if old, err := conversation.WebhookKey(b.OldSecret); err == nil {
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
	return max(e.after, webhookPause<<(2*(try-1)))
}

// rest pauses before the next try. Where the time would be over by then it does not even begin: people take over sooner.
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

// ask is one try.
func (w Webhook) ask(ctx context.Context, q conversation.Question, keys [][]byte, question []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, q.Bot.URL, bytes.NewReader(question))
	if err != nil {
		return nil, errors.New("the address cannot be read")
	}
	timestamp := strconv.FormatInt(w.now().Unix(), 10)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "wxdesk")
	req.Header.Set("Webhook-Id", string(q.TurnID))
	req.Header.Set("Webhook-Timestamp", timestamp)
	req.Header.Set("Webhook-Signature", signatures(keys, string(q.TurnID), timestamp, question))
	resp, err := w.http.Do(req)
	if err != nil {
		return nil, notReached(err)
	}
	defer resp.Body.Close() //nolint:errcheck // nothing is left to be lost
	return readWebhookResponse(resp, w.now())
}

// signatures signs by Standard Webhooks 1.0: HMAC-SHA-256 over id, timestamp and body with full stops between them, once
// with each key, with spaces between the signatures.
func signatures(keys [][]byte, id, timestamp string, body []byte) string {
	all := make([]string, len(keys))
	for i, key := range keys {
		mac := hmac.New(sha256.New, key)
		fmt.Fprintf(mac, "%s.%s.%s", id, timestamp, body)
		all[i] = "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	return strings.Join(all, " ")
}

// notReached leaves out the address, whose query may hold a secret. A certificate does not get better by asking again.
func notReached(err error) error {
	if outer, ok := errors.AsType[*url.Error](err); ok {
		err = outer.Err
	}
	if errors.As(err, new(*tls.CertificateVerificationError)) {
		return err
	}
	return &passingError{cause: err}
}

func readWebhookResponse(resp *http.Response, now time.Time) ([]byte, error) {
	switch {
	case resp.StatusCode == http.StatusTooManyRequests, resp.StatusCode >= http.StatusInternalServerError:
		return nil, &passingError{cause: statusError(resp.StatusCode), after: retryAfter(resp.Header.Get("Retry-After"), now)}
	case resp.StatusCode != http.StatusOK:
		return nil, statusError(resp.StatusCode)
	}
	if media, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return nil, errors.New("the answer is not application/json")
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxWebhookAnswer+1))
	switch {
	case err != nil:
		return nil, &passingError{cause: errors.New("the answer breaks off")}
	case len(text) > maxWebhookAnswer:
		return nil, errors.New("the answer is longer than 256 KiB")
	}
	return text, nil
}

type statusError int

func (e statusError) Error() string { return fmt.Sprintf("the bot answered with status %d", int(e)) }

// retryAfter reads a Retry-After, seconds or a date; 0 where there is none. One beyond all measure is as long as any.
func retryAfter(header string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(header, 10, 64); err == nil {
		return time.Duration(min(seconds, 86_400)) * time.Second //nolint:gosec // a day at most
	}
	at, err := http.ParseTime(header)
	if err != nil {
		return 0
	}
	return max(at.Sub(now), 0)
}
