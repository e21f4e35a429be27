package api

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"
	"go.opentelemetry.io/otel/metric"

	"wxdesk/internal/telemetry"
)

// Limits of the public listener.
const (
	readWithin = 5 * time.Second // WeChat gives up then; nobody may take longer to say what they want (C23)
	// answerAllWithin is for a request, from its headers to the last byte of its answer: twice what a request of the JSON API may
	// take. A client that does not read until then is hung up on (R19). The event stream renews it with each event.
	answerAllWithin = 2 * requestWithin
	idleFor         = time.Minute
	// maxHeaderBytes is for the request line and all headers; net/http adds 4 KiB of slack. Above: 431 (C24).
	maxHeaderBytes = 8 << 10
	maxHeaders     = 100

	// SurplusConnections is how many connections more than it serves a server answers with 503, so that their senders know why.
	SurplusConnections = 256
)

// NewServer returns a server for the public listener. It serves so many connections at once, and answers requests of further
// ones with 503; more than SurplusConnections of those should be kept waiting by the listener. The metrics show how many are open,
// the surplus included. Its read timeout cancels the context of a request that is still being answered then, so a handler that may
// take longer lifts it once the body is read (liftReadDeadline).
func NewServer(addr string, h http.Handler, connections int, meters metric.MeterProvider) (*http.Server, error) {
	c := &crowd{most: int64(connections)}
	if err := telemetry.MeasureLimits(meters, telemetry.Limit{Name: "connections", Used: c.open.Load, Max: c.most}); err != nil {
		return nil, fmt.Errorf("measure the connections: %w", err)
	}
	return &http.Server{
		Addr:                         addr,
		Handler:                      h,
		ReadHeaderTimeout:            readWithin,
		ReadTimeout:                  readWithin,
		WriteTimeout:                 answerAllWithin,
		IdleTimeout:                  idleFor,
		MaxHeaderBytes:               maxHeaderBytes,
		ConnContext:                  c.enter,
		ConnState:                    c.follow,
		DisableGeneralOptionsHandler: true, // "OPTIONS *" is 404 like everything else that nobody serves
	}, nil
}

// crowd counts the connections of a server, and marks those that are too many.
type crowd struct {
	most int64
	open atomic.Int64
}

// surplusKey is in the context of a connection that is not served.
type surplusKey struct{}

func (c *crowd) enter(ctx context.Context, _ net.Conn) context.Context {
	if c.open.Add(1) > c.most {
		return context.WithValue(ctx, surplusKey{}, true)
	}
	return ctx
}

func (c *crowd) follow(_ net.Conn, state http.ConnState) {
	if state == http.StateClosed || state == http.StateHijacked {
		c.open.Add(-1)
	}
}

// refuseSurplus answers requests of connections that are too many. Those of WeChat are the door's.
func (a *API) refuseSurplus(c *gin.Context) {
	if c.Request.Context().Value(surplusKey{}) == nil {
		return
	}
	c.Abort()
	stopReading(c.Writer)
	if isCallback(c.Request) {
		answerText(c, a.door.journal.note(c.Request.Context(), "", errOverloaded), "")
		return
	}
	overloaded.retry(1).write(c.Request.Context(), c.Writer)
}

// liftReadDeadline lets the rest of a request take as long as its context allows. Recorders in tests have no deadlines.
func liftReadDeadline(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
}

// stopReading makes sure that nothing more of the request is read, not even to throw it away, and that the connection
// ends with the answer.
func stopReading(w http.ResponseWriter) {
	w.Header().Set("Connection", "close")
	_ = http.NewResponseController(w).SetReadDeadline(time.Unix(1, 0))
}

// fewHeaders refuses a crowd of headers, which MaxHeaderBytes alone lets pass when they are short (C24).
func fewHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		lines := 0
		for _, values := range r.Header {
			lines += len(values)
		}
		if lines > maxHeaders {
			stopReading(w)
			w.WriteHeader(http.StatusRequestHeaderFieldsTooLarge)
			return
		}
		next.ServeHTTP(w, r)
	})
}
