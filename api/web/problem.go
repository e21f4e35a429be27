package web

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/trace"
)

// Problem is an error as the caller sees it, a problem document after RFC 9457. Type is stable; the sentences are for people and may
// change. It never repeats a value that the caller sent, and never says why something inside failed: the log has that under the same
// trace id.
type Problem struct {
	Type    string  `json:"type" doc:"urn:wxdesk:problem: and a stable name" example:"urn:wxdesk:problem:conversation-closed"`
	Title   string  `json:"title" doc:"What the type means"`
	Status  int     `json:"status" doc:"The HTTP status"`
	Detail  string  `json:"detail,omitempty" doc:"What is the matter this time"`
	Errors  []Fault `json:"errors,omitempty" nullable:"false" doc:"What is wrong with the request, part by part"`
	TraceID string  `json:"trace_id,omitempty" doc:"Names this request towards the operator"`
	// Conversation is what the caller should look at before asking again, as package desk shows it.
	Conversation any `json:"conversation,omitempty"`

	etag       string // of the conversation; "" if none is shown
	retryAfter int    // seconds; 0 where waiting does not help
}

// Fault is one thing that is wrong with a request.
type Fault struct {
	Location string `json:"location,omitempty" doc:"Where, such as body.app_id or query.limit"`
	Message  string `json:"message" doc:"What was expected"`
}

// FaultAt names what is wrong and where.
func FaultAt(location, message string) Fault { return Fault{Location: location, Message: message} }

// problemType begins the type of every problem: a URN, since nothing is served under it.
const problemType = "urn:wxdesk:problem:"

// Problem returns the document with the parts of the request that are wrong.
func (k ProblemKind) Problem(faults ...Fault) *Problem {
	status, title := k.facts()
	return &Problem{Type: problemType + string(k), Title: title, Status: status, Errors: faults}
}

// Because returns the document with a sentence that says what is wrong with this request.
func (k ProblemKind) Because(detail string) *Problem {
	p := k.Problem()
	p.Detail = detail
	return p
}

// Showing adds the conversation as it is now, and its entity tag.
func (p *Problem) Showing(now any, etag string) *Problem {
	p.Conversation, p.etag = now, etag
	return p
}

// Retry is the document for a caller who may try again after so many seconds.
func (k ProblemKind) Retry(seconds int) *Problem {
	p := k.Problem()
	p.retryAfter = seconds
	return p
}

// Error implements error.
func (p *Problem) Error() string { return strings.TrimPrefix(p.Type, problemType) + ": " + p.Title }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders implements huma.HeadersError.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", "Bearer")
	}
	if p.etag != "" {
		h.Set("ETag", p.etag)
	}
	if p.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(p.retryAfter))
	}
	return h
}

// ContentType implements huma.ContentTypeFilter.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// Write answers with the problem where huma does not.
func (p *Problem) Write(ctx context.Context, w http.ResponseWriter) {
	for name, values := range p.GetHeaders() {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p.Traced(ctx)) // if it fails, the caller is gone
}

// Traced returns the problem with the id of the trace, under which the operator finds the cause.
func (p *Problem) Traced(ctx context.Context) *Problem {
	span := trace.SpanContextFromContext(ctx)
	if !span.HasTraceID() {
		return p
	}
	named := *p
	named.TraceID = span.TraceID().String()
	return &named
}
