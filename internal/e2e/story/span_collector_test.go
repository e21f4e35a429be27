package story_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	collectorpb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

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

// withSpan gives the traces that have a span of that name.
func (c *collector) withSpan(name string) []spans {
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

// requireOneTree fails if a span's parent is missing, or if there are several without one.
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

// hasUnder reports whether a span named child stands somewhere under one named ancestor.
func (all spans) hasUnder(ancestor, child string) bool {
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
