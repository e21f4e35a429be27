package api

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/metric"

	"wxdesk/api/web"
	"wxdesk/internal/telemetry"
)

// Limits of the public listener.
const (
	readWithin = 5 * time.Second // WeChat gives up then; nobody may take longer to say what they want (C23)
	// answerAllWithin is for a request, from its headers to the last byte of its answer: twice what a request of the JSON API may
	// take. A client that does not read until then is hung up on (R19). The event stream renews it with each event.
	answerAllWithin = 2 * web.RequestWithin
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
// take longer lifts it once the body is read (web.LiftReadDeadline).
func NewServer(addr string, h http.Handler, connections int, meters metric.MeterProvider) (*http.Server, error) {
	c := &connectionCount{most: int64(connections)}
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
		ConnContext:                  c.opened,
		ConnState:                    c.changed,
		DisableGeneralOptionsHandler: true, // "OPTIONS *" is 404 like everything else that nobody serves
	}, nil
}

// connectionCount counts the connections of a server, and marks those that are too many.
type connectionCount struct {
	most int64
	open atomic.Int64
}

// surplusKey is in the context of a connection that is not served.
type surplusKey struct{}

func (c *connectionCount) opened(ctx context.Context, _ net.Conn) context.Context {
	if c.open.Add(1) > c.most {
		return context.WithValue(ctx, surplusKey{}, true)
	}
	return ctx
}

func (c *connectionCount) changed(_ net.Conn, state http.ConnState) {
	if state == http.StateClosed || state == http.StateHijacked {
		c.open.Add(-1)
	}
}

// fewHeaders refuses a request with very many headers, which MaxHeaderBytes alone lets pass when they are short (C24).
func fewHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		lines := 0
		for _, values := range r.Header {
			lines += len(values)
		}
		if lines > maxHeaders {
			web.StopReading(w)
			w.WriteHeader(http.StatusRequestHeaderFieldsTooLarge)
			return
		}
		next.ServeHTTP(w, r)
	})
}
