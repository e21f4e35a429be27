package e2e_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	collectorpb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// Two messages of one conversation are two traces, each whole: from WeChat's callback through the signal, the activities
// and their SQL to the call of WeChat's API. No span tells what was said, or to whom.
func TestTraces_eachMessageHasOneFromItsCallbackToWeChatsAPI(t *testing.T) {
	t.Parallel()
	traces := collectTraces(t)
	s := start(t, "OTEL_EXPORTER_OTLP_ENDPOINT="+traces.url)
	const text, openID = "delivery canary-5e1d0c77", "oCanary-91ab3e-0000000000000"
	s.simulator(http.MethodPost, "/accounts/"+demoAppID+"/followers", map[string]any{"openid": openID, "quiet": true}, nil)
	c := s.customerOf(demoAppID, openID)
	for n := 1; n <= 2; n++ {
		require.True(t, c.manages(text))
		c.gets(n, 20*time.Second)
	}
	answer := c.answers()[0]
	var account struct {
		Items []struct {
			AppSecret      string `json:"app_secret"`
			Token          string
			EncodingAESKey string `json:"encoding_aes_key"`
		}
	}
	s.simulator(http.MethodGet, "/accounts", nil, &account)
	secrets := account.Items[0]
	s.until(10*time.Second, "the worker's metrics tell of both", func() bool {
		_, metrics := s.call(http.MethodGet, "http://"+s.workerOps()+"/metrics", nil, nil)
		return strings.Contains(string(metrics), `wxdesk_deliveries_total{reason="",status="sent"} 2`) &&
			strings.Contains(string(metrics), `wxdesk_answer_seconds_count{account_kind="service"} 2`) &&
			strings.Contains(string(metrics), `wxdesk_receive_seconds_count 2`)
	})
	s.stop() // every process sends what it still has

	callbacks := traces.with("POST /wechat/:account")
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
			assert.Truef(t, trace.has(parent, child), "%s under %s in %v", child, parent, trace.names())
		}
		assert.Truef(t, trace.has("send", "sql.conn.exec"), "recorded after, in %v", trace.names()) // marking tells the trace
	}
	for _, step := range []string{"receive", "ask", "send"} {
		assert.Lenf(t, traces.with(step), 2, "%s belongs to a message's trace", step)
	}
	for _, canary := range forms(text, openID, answer, s.token, secrets.AppSecret, secrets.Token, secrets.EncodingAESKey) {
		assert.NotContains(t, traces.text(), canary)
	}
}

// collector is where the processes send their spans.
type collector struct {
	url   string
	mu    sync.Mutex
	spans []*tracepb.Span
	raw   bytes.Buffer
}

func collectTraces(t *testing.T) *collector {
	t.Helper()
	c := new(collector)
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	c.url = server.URL
	return c
}

// ServeHTTP takes OTLP over HTTP, as protobuf.
func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var request collectorpb.ExportTraceServiceRequest
	if err != nil || r.URL.Path != "/v1/traces" || proto.Unmarshal(body, &request) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, resource := range request.GetResourceSpans() {
		c.raw.WriteString(protojson.Format(resource))
		for _, scope := range resource.GetScopeSpans() {
			c.spans = append(c.spans, scope.GetSpans()...)
		}
	}
}

// text is everything that was sent.
func (c *collector) text() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.raw.String()
}

// with gives the traces that have a span of that name.
func (c *collector) with(name string) []spans {
	c.mu.Lock()
	defer c.mu.Unlock()
	traces, wanted := map[string]spans{}, map[string]bool{}
	for _, span := range c.spans {
		id := string(span.GetTraceId())
		traces[id] = append(traces[id], span)
		wanted[id] = wanted[id] || span.GetName() == name
	}
	var found []spans
	for id, trace := range traces {
		if wanted[id] {
			found = append(found, trace)
		}
	}
	return found
}

// spans are those of one trace.
type spans []*tracepb.Span

// requireOneTree fails where a span's parent is missing, or where there are several without one.
func (all spans) requireOneTree(t *testing.T) (root *tracepb.Span) {
	t.Helper()
	known := map[string]bool{}
	for _, span := range all {
		known[string(span.GetSpanId())] = true
	}
	for _, span := range all {
		if len(span.GetParentSpanId()) == 0 {
			require.Nilf(t, root, "a second root: %s in %s", span.GetName(), all.names())
			root = span
			continue
		}
		require.Truef(t, known[string(span.GetParentSpanId())], "%s has lost its parent in %s", span.GetName(), all.names())
	}
	require.NotNil(t, root)
	return root
}

// has reports whether a span named child stands somewhere under one named ancestor.
func (all spans) has(ancestor, child string) bool {
	byID := map[string]*tracepb.Span{}
	for _, span := range all {
		byID[string(span.GetSpanId())] = span
	}
	for _, span := range all {
		if span.GetName() != child {
			continue
		}
		for up := byID[string(span.GetParentSpanId())]; up != nil; up = byID[string(up.GetParentSpanId())] {
			if up.GetName() == ancestor {
				return true
			}
		}
	}
	return false
}

func (all spans) names() string {
	var names []string
	for _, span := range all {
		names = append(names, span.GetName())
	}
	return strings.Join(names, ", ")
}
