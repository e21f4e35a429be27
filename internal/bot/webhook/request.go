package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"wxdesk/internal/bot"
)

// ask sends the question once and returns the body of the answer.
func (w Connector) ask(ctx context.Context, q bot.Question, keys [][]byte, question []byte) ([]byte, error) {
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
	return readResponse(resp, w.now())
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

// notReached removes the address from an error, because its query may have a secret. A bad certificate is not tried again.
func notReached(err error) error {
	if outer, ok := errors.AsType[*url.Error](err); ok {
		err = outer.Err
	}
	if errors.As(err, new(*tls.CertificateVerificationError)) {
		return err
	}
	return &passingError{cause: err}
}

func readResponse(resp *http.Response, now time.Time) ([]byte, error) {
	switch {
	case resp.StatusCode == http.StatusTooManyRequests, resp.StatusCode >= http.StatusInternalServerError:
		return nil, &passingError{cause: statusError(resp.StatusCode), after: retryAfter(resp.Header.Get("Retry-After"), now)}
	case resp.StatusCode != http.StatusOK:
		return nil, statusError(resp.StatusCode)
	}
	if media, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return nil, errors.New("the answer is not application/json")
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, &passingError{cause: errors.New("the answer breaks off")}
	case len(text) > maxAnswer:
		return nil, errors.New("the answer is longer than 256 KiB")
	}
	return text, nil
}

type statusError int

func (e statusError) Error() string { return fmt.Sprintf("the bot answered with status %d", int(e)) }

// retryAfter reads a Retry-After, in seconds or as a date; 0 if there is none. A value that is too large for a duration counts as the
// longest one.
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
