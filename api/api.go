// Package api is the front door: WeChat's callbacks come in here, and agents, supervisors and administrators reach the
// contact centre through its HTTP API.
//
// It proves who sent a callback, hands it over durably and only then answers; it proves who calls the API, asks one port
// and answers. What a conversation does next is decided elsewhere: this package knows neither Temporal nor Postgres, only
// the interfaces of ports.go.
//
// Two kinds of routes share one router. Callbacks are plain Gin handlers that answer with text or nothing (door.go). The
// JSON API consists of huma operations (routes.go lists them with who may call them), whose errors are problem documents
// after RFC 9457 (problem.go lists their types). openapi.yaml is generated from the operations.
package api

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"wxdesk/internal/routing"
)

// Config is what the API needs. All ports, MayCall, HTTP, PublicURL and CursorKey must be given.
type Config struct {
	Doors       Doors
	Inbox       Inbox
	Spool       Spool
	Records     Records
	Accounts    Accounts
	Setups      Setups
	Platform    Platform
	Transcripts Transcripts
	Commands    Commands
	Notices     Notices
	Presences   Presences
	Connections Connections
	Feed        Feed
	Tokens      Tokens
	Audit       Audit
	Bots        Bots
	FAQ         FAQ
	People      People

	// Judge tries conditions when routing is tried out. nil: none holds.
	Judge routing.Judge

	// MayCall fails with conversation.ErrAddress where a URL that an administrator gives may not be called.
	MayCall func(ctx context.Context, url string) error
	// PublicURL is how WeChat reaches the listener, such as https://desk.example; the callback URLs begin with it.
	PublicURL string
	// HTTP calls PublicURL as WeChat would, to try out an account: it follows no redirect and decides which addresses may be
	// called.
	HTTP *http.Client
	// EgressIPs are the addresses and networks that our calls to WeChat come from, for WeChat's IP allow list; nil where
	// nobody has said.
	EgressIPs []string
	// CursorKey proves that a page's cursor is one of ours: at least 32 random bytes, the same in every API process.
	CursorKey []byte

	Log     *slog.Logger         // default: slog.Default
	Now     func() time.Time     // default: time.Now
	Tracers trace.TracerProvider // default: none
	Meters  metric.MeterProvider // default: none
}

// minCursorKey is the output size of SHA-256, below which an HMAC key weakens it (RFC 2104).
const minCursorKey = 32

// API answers HTTP requests. It holds no state that another process would miss, and is safe for concurrent use. Event
// streams need Run beside the handler.
type API struct {
	cfg     Config
	router  *gin.Engine
	openAPI *huma.OpenAPI
	cursors cursors
	hub     *hub
	agents  *connections
	places  *turnstile // of API tokens
	tries   *tries
	refused *refusals
	spool   *spool
	door    *door
}

// New sets up the API. It panics where a setting is missing that no deployment can do without.
func New(cfg Config) *API {
	if len(cfg.CursorKey) < minCursorKey {
		panic(fmt.Sprintf("api: the cursor key has %d bytes, want %d", len(cfg.CursorKey), minCursorKey))
	}
	a := &API{cfg: withDefaults(cfg), cursors: cursors{key: cfg.CursorKey}, hub: newHub()}
	a.tries, a.refused = newTries(a.cfg.Now), newRefusals(a.cfg)
	a.places = newTurnstile(requestsPerToken, 0)
	turns := newTurnstile(perCustomer, placeFor)
	a.agents = newConnections(a.cfg, turns)
	a.spool = newSpool(a.cfg, turns)
	a.spool.measure(a.cfg.Meters)
	a.door = newDoor(a.cfg, a.spool)
	a.measureLimits()
	a.router = a.newRouter()
	a.door.register(a.router)
	a.registerOperations()
	return a
}

// Run hands on what waits in the spool, keeps event streams supplied and agents' presence true until ctx ends, and ends all
// streams then. Without it there are none: they are answered 503.
func (a *API) Run(ctx context.Context) {
	var work sync.WaitGroup
	work.Go(func() { a.readFeed(ctx) })
	work.Go(func() { a.barRevoked(ctx) })
	work.Go(func() { a.refused.run(ctx) })
	work.Go(func() { a.agents.beat(ctx) })
	work.Go(func() { a.spool.run(ctx) })
	work.Wait()
}

// Handler returns the handler of the public listener; NewServer wraps it with the right limits.
func (a *API) Handler() http.Handler { return fewHeaders(a.router) }

func withDefaults(cfg Config) Config {
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Tracers == nil {
		cfg.Tracers = tracenoop.NewTracerProvider()
	}
	if cfg.Meters == nil {
		cfg.Meters = metricnoop.NewMeterProvider()
	}
	cfg.PublicURL = strings.TrimRight(cfg.PublicURL, "/")
	return cfg
}
