package webhook_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/bot"
	"wxdesk/internal/bot/webhook"
	"wxdesk/internal/conversation"
	"wxdesk/internal/secret"
	"wxdesk/internal/wechat"
	"wxdesk/internal/wechat/wxapi"
)

const webhookSecret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

// question is a customer's text, for the bot at url.
func question(url string) bot.Question {
	return bot.Question{
		Tenant: "default", AccountID: "11111111-1111-7111-8111-111111111111", Conversation: "22222222-2222-7222-8222-222222222222",
		Customer: "33333333-3333-7333-8333-333333333333", TurnID: "44444444-4444-7444-8444-444444444444",
		Kind: "text", Text: "canary-text", At: time.Unix(1_700_000_000, 0), Language: "en", First: true, Replies: 5,
		Bot: bot.Bot{Kind: bot.KindWebhook, URL: url, Secret: secret.New(webhookSecret)},
	}
}

func answersWith(t *testing.T, serve http.HandlerFunc) (bot.Answer, error) {
	t.Helper()
	server := httptest.NewServer(serve)
	defer server.Close()
	return webhook.New(wxapi.NewHTTPClient(true)).Answer(t.Context(), question(server.URL))
}

// says answers with a body as JSON.
func says(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		_, _ = io.WriteString(w, body)
	}
}

// roundTrip is a wire that a test writes itself, for a clock that does not wait.
type roundTrip func(try int, r *http.Request) (*http.Response, error)

// over asks a bot over such a wire; it returns how often it was called and how long all took.
func over(t *testing.T, wire roundTrip) (a bot.Answer, tries int, took time.Duration, err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		hc := &http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
			tries++
			return wire(tries, r)
		})}
		a, err = webhook.New(hc).Answer(t.Context(), question("https://bot.example/"))
		took = time.Since(begun)
	})
	return a, tries, took, err
}

type transport func(*http.Request) (*http.Response, error)

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) { return t(r) }

func response(status int, body string, header ...string) *http.Response {
	h := http.Header{"Content-Type": {"application/json"}}
	for i := 0; i < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}
}

const fine = `{"messages":[{"text":"fine"}]}`

// BOT-3, CTX-2
func TestWebhook_asksSignedAndTakesTheAnswer(t *testing.T) {
	t.Parallel()
	var asked map[string]any
	got, err := answersWith(t, func(w http.ResponseWriter, r *http.Request) {
		require.Equal(t, "44444444-4444-7444-8444-444444444444", r.Header.Get("webhook-id"))
		require.Regexp(t, `^v1,[A-Za-z0-9+/]{43}=$`, r.Header.Get("webhook-signature"))
		require.Regexp(t, `^[0-9]{10}$`, r.Header.Get("webhook-timestamp"))
		require.NoError(t, json.NewDecoder(r.Body).Decode(&asked))
		says(`{"messages":[{"text":"one","new":1},{"text":"two"}],"command":{"name":"escalate","reason":"why",
			"summary":"what","queue_id":"q"},"context":{"order":"A-17","vip":1},"later":{"a":"b"}}`)(w, r)
	})
	require.NoError(t, err)
	require.Equal(t, bot.Answer{
		Texts: []string{"one", "two"}, Command: bot.CommandEscalate, Reason: "why", Summary: "what", QueueID: "q",
		Context: map[string]any{"order": "A-17", "vip": 1.0},
	}, got, "unknown members are ignored")
	require.Equal(t, map[string]any{
		"conversation_id": "22222222-2222-7222-8222-222222222222", "turn_id": "44444444-4444-7444-8444-444444444444", "first": true,
		"account":  map[string]any{"id": "11111111-1111-7111-8111-111111111111", "language": "en"},
		"customer": map[string]any{"id": "33333333-3333-7333-8333-333333333333"},
		"message":  map[string]any{"kind": "text", "text": "canary-text", "time": "2023-11-14T22:13:20Z"},
	}, asked)
}

func TestWebhook_replacedSecretSignsInOverlap(t *testing.T) {
	t.Parallel()
	var header string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header = r.Header.Get("Webhook-Signature")
		body, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		signed := r.Header.Get("Webhook-Id") + "." + r.Header.Get("Webhook-Timestamp") + "." + string(body)
		var want []string
		for _, key := range []string{"0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"} {
			mac := hmac.New(sha256.New, []byte(key))
			mac.Write([]byte(signed))
			want = append(want, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
		}
		require.Contains(t, []string{strings.Join(want, " "), want[0]}, header, "the new one first")
		says(fine)(w, r)
	}))
	defer server.Close()
	w, q := webhook.New(wxapi.NewHTTPClient(true)), question(server.URL)
	for replaced, signatures := range map[string]int{
		"": 1, "whsec_ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=": 2, "whsec_of no use": 1,
	} {
		q.Bot.OldSecret = secret.New(replaced)
		_, err := w.Answer(t.Context(), q)
		require.NoError(t, err)
		require.Len(t, strings.Fields(header), signatures)
	}
}

// B07
func TestWebhook_ignoresForbiddenParts(t *testing.T) {
	t.Parallel()
	for body, ignored := range map[string][]string{
		`{"messages":[{"text":"fine"}],"command":{"name":"transfer","reason":"canary"}}`:                                         {"an unknown command"},
		`{"messages":[{"text":"fine"}],"command":{}}`:                                                                            {"an unknown command"},
		`{"messages":[{"text":"fine"}],"conversation_id":"99999999-9999-7999-8999-999999999999"}`:                                {"another conversation"},
		`{"messages":[{"text":"fine"}],"conversation_id":["canary"]}`:                                                            {"another conversation"},
		`{"messages":[{"text":"fine"}],"conversation_id":"22222222-2222-7222-8222-222222222222"}`:                                nil,
		`{"messages":[{"text":"fine"}],"actions":[{"name":"close","conversation_id":"99999999-9999-7999-8999-999999999999"}]}`:   nil,
		`{"messages":[{"text":"fine"}],"conversation_id":"99999999-9999-7999-8999-999999999999","command":{"name":"take-over"}}`: {"an unknown command", "another conversation"},
	} {
		got, err := answersWith(t, says(body))
		require.NoError(t, err, body)
		require.Equal(t, bot.Answer{Texts: []string{"fine"}, Ignored: ignored}, got, body)
	}
	_, err := answersWith(t, says(`{"command":{"name":"canary"}}`))
	require.ErrorContains(t, err, "neither", "nothing is left of it")
}

// R15, B01
func TestWebhook_silentBotFailsInEightSeconds(t *testing.T) {
	t.Parallel()
	_, _, took, err := over(t, func(_ int, r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	})
	require.Error(t, err)
	require.Equal(t, 8*time.Second, took)
	require.NotErrorIs(t, err, conversation.ErrLater)
}

// B02
func TestWebhook_retriesPassingFailuresTwice(t *testing.T) {
	t.Parallel()
	for name, fails := range map[string]func() (*http.Response, error){
		"a lost connection": func() (*http.Response, error) { return nil, errors.New("connection refused") },
		"502":               func() (*http.Response, error) { return response(502, "<html>"), nil },
		"429":               func() (*http.Response, error) { return response(429, "", "Retry-After", "1"), nil },
	} {
		_, tries, took, err := over(t, func(int, *http.Request) (*http.Response, error) { return fails() })
		require.Error(t, err, name)
		require.Equal(t, 3, tries, name)
		require.LessOrEqual(t, took, 2*time.Second, name)

		a, tries, _, err := over(t, func(try int, _ *http.Request) (*http.Response, error) {
			if try < 3 {
				return fails()
			}
			return response(200, fine), nil
		})
		require.NoError(t, err, name)
		require.Equal(t, 3, tries, name)
		require.Equal(t, []string{"fine"}, a.Texts, name)
	}
}

// B02
func TestWebhook_longRetryAfterEndsAtOnce(t *testing.T) {
	t.Parallel()
	for _, after := range []string{"86400", "9", "99999999999999", "Wed, 01 Jan 2200 00:00:00 GMT"} {
		_, tries, took, err := over(t, func(int, *http.Request) (*http.Response, error) {
			return response(503, "", "Retry-After", after), nil
		})
		require.Error(t, err)
		require.Equal(t, 1, tries, after)
		require.Zero(t, took, after)
	}
}

// B03
func TestWebhook_garbageFailsUnquoted(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"nothing": "", "null": "null", "HTML": "<html>canary</html>", "cut": `{"messages":[{"text":"canary`, "an array": `["canary"]`,
		"nothing said": "{}", "no messages": `{"messages":[]}`, "a number for a text": `{"messages":[{"text":5}]}`,
		"a text for messages": `{"messages":"canary"}`, "a blank text": `{"messages":[{"text":" \u200b"}]}`, "null for a message": `{"messages":[null]}`,
		"an unknown command": `{"command":{"name":"canary"}}`, "a command without name": `{"command":{}}`, "a text for a command": `{"command":"end"}`,
		"something behind": fine + "canary", "not UTF-8": "{\"messages\":[{\"text\":\"\xff\"}]}", "four messages": `{"messages":[{"text":"1"},{"text":"2"},{"text":"3"},{"text":"4"}]}`,
	} {
		_, err := answersWith(t, says(body))
		require.Error(t, err, name)
		require.NotContains(t, err.Error(), "canary", name)
		require.NotErrorIs(t, err, conversation.ErrLater, name)
	}
	for name, serve := range map[string]http.HandlerFunc{
		"another media type": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, fine)
		},
		"404":     http.NotFound,
		"204":     func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) },
		"hung up": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		_, err := answersWith(t, serve)
		require.Error(t, err, name)
	}
}

// B04
func TestWebhook_cutsAnEndlessAnswer(t *testing.T) {
	t.Parallel()
	var written atomic.Int64
	_, err := answersWith(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for written.Load() < 100<<20 {
			n, err := w.Write([]byte(strings.Repeat(" ", 64<<10)))
			if err != nil {
				return
			}
			written.Add(int64(n))
		}
	})
	require.ErrorContains(t, err, "256 KiB")
	require.Less(t, written.Load(), int64(50<<20))

	_, err = answersWith(t, says(fine+strings.Repeat(" ", 256<<10-len(fine))))
	require.NoError(t, err, "256 KiB are allowed")
}

// B05
func TestWebhook_splitsLongTextsWithinLimits(t *testing.T) {
	t.Parallel()
	answer := func(replies int, texts ...string) (bot.Answer, error) {
		var body struct {
			Messages []map[string]string `json:"messages"`
		}
		for _, text := range texts {
			body.Messages = append(body.Messages, map[string]string{"text": text})
		}
		text, err := json.Marshal(body)
		require.NoError(t, err)
		server := httptest.NewServer(says(string(text)))
		defer server.Close()
		q := question(server.URL)
		q.Replies = replies
		return webhook.New(wxapi.NewHTTPClient(true)).Answer(context.Background(), q)
	}
	long := strings.Repeat("茶", 1500) // 4,500 bytes
	got, err := answer(3, long)
	require.NoError(t, err)
	require.Len(t, got.Texts, 3)
	require.Equal(t, long, strings.Join(got.Texts, ""))
	for _, text := range got.Texts {
		require.True(t, utf8.ValidString(text))
		require.LessOrEqual(t, len(text), wechat.MaxTextBytes)
	}
	for name, try := range map[string]func() (bot.Answer, error){
		"more than three":         func() (bot.Answer, error) { return answer(5, long, "and") },
		"more than the allowance": func() (bot.Answer, error) { return answer(2, long) },
		"no place to split at":    func() (bot.Answer, error) { return answer(5, "a"+strings.Repeat("\u0301", 2000), "b") },
	} {
		_, err := try()
		require.Error(t, err, name)
	}
	_, err = answer(0, "short")
	require.NoError(t, err, "what needs no split is left for WeChat to count")
}

// B11
func TestWebhook_refusesRedirectsAndPrivateHosts(t *testing.T) {
	t.Parallel()
	var reached atomic.Int64
	inside := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reached.Add(1)
		says(fine)(w, r)
	}))
	defer inside.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		_, err := answersWith(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, inside.URL, status) })
		require.ErrorContains(t, err, fmt.Sprint(status))
	}
	_, err := webhook.New(wxapi.NewHTTPClient(false)).Answer(t.Context(), question(inside.URL))
	require.ErrorIs(t, err, wxapi.ErrAddressRefused)

	self := httptest.NewUnstartedServer(inside.Config.Handler)
	self.Config.ErrorLog = log.New(io.Discard, "", 0) // it notices that it is not trusted
	self.StartTLS()
	defer self.Close()
	_, err = webhook.New(wxapi.NewHTTPClient(true)).Answer(t.Context(), question(self.URL))
	require.ErrorContains(t, err, "certificate")
	require.ErrorContains(t, err, "try 1")
	require.Zero(t, reached.Load())
}

func TestWebhook_needsAUsableSecret(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "whsec_", "whsec_c2hvcnQ=", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="} {
		q := question("https://bot.example/")
		q.Bot.Secret = secret.New(text)
		_, err := webhook.New(&http.Client{}).Answer(t.Context(), q)
		require.ErrorIs(t, err, bot.ErrWebhookSecret)
	}
}
