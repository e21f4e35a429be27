package story_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/e2e/harness"
)

// DIA-2
// Two messages of one conversation are two traces, each whole: from WeChat's callback through the signal, the activities
// and their SQL to the call of WeChat's API. No span tells what was said, or to whom.
func TestTraces_oneForEachMessage(t *testing.T) {
	t.Parallel()
	traces := collectTraces(t)
	s := harness.Start(t, "OTEL_EXPORTER_OTLP_ENDPOINT="+traces.url)
	const text, openID = "delivery canary-5e1d0c77", "oCanary-91ab3e-0000000000000"
	s.CallSimulator(http.MethodPost, "/accounts/"+harness.DemoAppID+"/followers", map[string]any{"openid": openID, "quiet": true}, nil)
	c := s.CustomerOf(harness.DemoAppID, openID)
	for n := 1; n <= 2; n++ {
		require.True(t, c.WriteAccepted(text))
		c.WaitForAnswers(n, 20*time.Second)
	}
	answer := c.Answers()[0]
	var account struct {
		Items []struct {
			AppSecret      string `json:"app_secret"`
			Token          string
			EncodingAESKey string `json:"encoding_aes_key"`
		}
	}
	s.CallSimulator(http.MethodGet, "/accounts", nil, &account)
	secrets := account.Items[0]
	s.WaitFor(10*time.Second, "the worker's metrics tell of both", func() bool {
		_, metrics := s.Call(http.MethodGet, "http://"+s.WorkerOpsAddr()+"/metrics", nil, nil)
		return strings.Contains(string(metrics), `wxdesk_deliveries_total{reason="",status="sent"} 2`) &&
			strings.Contains(string(metrics), `wxdesk_answer_seconds_count{account_kind="service"} 2`) &&
			strings.Contains(string(metrics), `wxdesk_receive_seconds_count 2`)
	})
	s.Stop() // every process sends what it still has

	callbacks := traces.withSpan("POST /wechat/:account")
	require.Len(t, callbacks, 2)
	for _, trace := range callbacks {
		root := trace.requireOneTree(t)
		assert.Equal(t, "POST /wechat/:account", root.GetName())
		for parent, child := range map[string]string{
			"POST /wechat/:account": "signal conversation",
			"receive":               "sql.conn.query",
			"ask":                   "sql.conn.exec",
			"send":                  "POST /cgi-bin/message/custom/send",
		} {
			assert.Truef(t, trace.hasUnder(parent, child), "%s under %s in %v", child, parent, trace.names())
		}
		assert.Truef(t, trace.hasUnder("send", "sql.conn.exec"), "recorded after, in %v", trace.names()) // marking tells the trace
	}
	for _, step := range []string{"receive", "ask", "send"} {
		assert.Lenf(t, traces.withSpan(step), 2, "%s belongs to a message's trace", step)
	}
	for _, canary := range encodings(text, openID, answer, s.AdminToken, secrets.AppSecret, secrets.Token, secrets.EncodingAESKey) {
		assert.NotContains(t, traces.text(), canary)
	}
}
