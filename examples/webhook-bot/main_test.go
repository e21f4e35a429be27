package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	gobot "wxdesk/internal/bot"
	"wxdesk/internal/bot/webhook"
	"wxdesk/internal/secret"
	"wxdesk/internal/wechat/wxapi"
)

const (
	shared = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
	other  = "whsec_ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA="
)

// ask has the product's connector ask the example.
func ask(t *testing.T, key, text string, first bool) (gobot.Answer, error) {
	t.Helper()
	mine, err := keyOf(shared)
	require.NoError(t, err)
	server := httptest.NewServer(bot{mine})
	defer server.Close()
	return webhook.New(wxapi.NewHTTPClient(true)).Answer(t.Context(), gobot.Question{
		TurnID: "00000000-0000-7000-8000-00000000000a", Kind: "text", Text: text, First: first, Replies: 5,
		Bot: gobot.Bot{Kind: gobot.KindWebhook, URL: server.URL, Secret: secret.New(key)},
	})
}

func TestBot_answersTheConnector(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text  string
		first bool
		want  gobot.Answer
	}{
		{"hello", true, gobot.Answer{Texts: []string{"Welcome! I repeat what you write; “human” brings a person."}}},
		{"tea", false, gobot.Answer{Texts: []string{"You wrote: tea"}}},
		{"Human!", false, gobot.Answer{Command: gobot.CommandEscalate, Reason: "the customer asked for a person"}},
		{"bye", false, gobot.Answer{Texts: []string{"Good-bye!"}, Command: gobot.CommandEnd}},
	} {
		got, err := ask(t, shared, c.text, c.first)
		require.NoError(t, err)
		require.Equal(t, c.want, got)
	}
}

func TestBot_answersNobodyElse(t *testing.T) {
	t.Parallel()
	_, err := ask(t, other, "tea", false)
	require.ErrorContains(t, err, "status 401")

	mine, err := keyOf(shared)
	require.NoError(t, err)
	for name, change := range map[string]func(http.Header){
		"no signature":       func(h http.Header) { h.Del("Webhook-Signature") },
		"another turn":       func(h http.Header) { h.Set("Webhook-Id", "x") },
		"an old one":         func(h http.Header) { h.Set("Webhook-Timestamp", "1600000000") },
		"another second":     func(h http.Header) { h.Set("Webhook-Timestamp", "1700000001") },
		"no timestamp":       func(h http.Header) { h.Del("Webhook-Timestamp") },
		"the key of another": func(h http.Header) { h.Set("Webhook-Signature", "v1,c29tZXRoaW5n") },
	} {
		h := http.Header{
			"Webhook-Id": {"msg_p5jXN8AQM9LWM0D4loKWxJek"}, "Webhook-Timestamp": {"1614265330"},
			"Webhook-Signature": {"v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
		}
		change(h)
		require.False(t, bot{mine}.signed(h, []byte(`{"test": 2432232314}`), time.Unix(1_614_265_330, 0)), name)
	}
}

// The vector is published with the specification.
func TestBot_verifiesThePublishedVector(t *testing.T) {
	t.Parallel()
	key, err := keyOf("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	require.NoError(t, err)
	h := http.Header{
		"Webhook-Id": {"msg_p5jXN8AQM9LWM0D4loKWxJek"}, "Webhook-Timestamp": {"1614265330"},
		"Webhook-Signature": {"v1,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
	}
	require.True(t, bot{key}.signed(h, []byte(`{"test": 2432232314}`), time.Unix(1_614_265_330, 0)))
	require.False(t, bot{key}.signed(h, bytes.ToUpper([]byte(`{"test": 2432232314}`)), time.Unix(1_614_265_330, 0)))
}
