// Package api assembles what a process serves on its public listener: WeChat's callbacks come in here, and agents, supervisors
// and administrators reach the contact centre through its HTTP API.
//
// The work is done in six rooms. Package callback proves who sent a callback, hands it over durably and only then answers.
// Package desk is for agents and supervisors, and package events tells them what happens. Package admin is for those who set up, package
// people lets people in. Package web has what all of them need: problem documents, API tokens and sessions, strict JSON, cursors. None of
// the others imports another one of them. What a conversation does next is decided elsewhere: the rooms know neither Temporal nor Postgres,
// only the interfaces beside their handlers.
//
// Two kinds of routes share one router. Callbacks are plain Gin handlers that answer with text or nothing. The JSON API consists
// of huma operations (routes.go lists them with who may call them), whose errors are problem documents after RFC 9457.
// openapi.yaml is generated from the operations.
package api

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"wxdesk/api/admin"
	"wxdesk/api/admin/validation"
	"wxdesk/api/callback"
	"wxdesk/api/desk"
	"wxdesk/api/events"
	"wxdesk/api/people"
	"wxdesk/api/web"
	"wxdesk/internal/routing"
	"wxdesk/internal/telemetry"
	"wxdesk/internal/user"
)

// Config is what the API needs. All ports, MayCall, HTTP, PublicURL and CursorKey must be given.
type Config struct {
	Callback callback.Ports
	Desk     desk.Ports
	Events   events.Ports
	Admin    admin.Ports
	People   people.Ports
	Tokens   web.Authenticator
	Audit    web.Audit

	// Evaluator tries conditions when routing is tried out. nil: none holds.
	Evaluator routing.Evaluator
	// MayCall fails with bot.ErrAddress where a URL that an administrator gives may not be called.
	MayCall func(ctx context.Context, url string) error
	// PublicURL is how WeChat reaches the listener, such as https://desk.example; the callback URLs begin with it.
	PublicURL string
	// ConsoleURL is the origin of the console, such as https://desk.example, where people reach it by another host than the one that
	// requests name, or links should; "": links begin with PublicURL.
	ConsoleURL string
	// SessionIdle and SessionLifetime are how long a session of a person lasts without a request, and in all; 0: the defaults.
	SessionIdle, SessionLifetime time.Duration
	// HTTP calls PublicURL as WeChat would, to try out an account: it follows no redirect and decides which addresses may be
	// called.
	HTTP *http.Client
	// EgressIPs are the addresses and networks that our calls to WeChat come from, for WeChat's IP allow list; nil if they are not
	// configured.
	EgressIPs []string
	// Console serves the desk in the browser at every address that nothing else serves. nil: there is none.
	Console http.Handler
	// CursorKey proves that a page's cursor is one of ours: at least 32 random bytes, the same in every API process.
	CursorKey []byte

	Log     *slog.Logger         // default: slog.Default
	Now     func() time.Time     // default: time.Now
	Tracers trace.TracerProvider // default: none
	Meters  metric.MeterProvider // default: none
}

// API answers HTTP requests. All its state can be lost with the process, and it is safe for concurrent use. Event streams need Run
// beside the handler.
type API struct {
	cfg         Config
	router      *gin.Engine
	description func() ([]byte, error) // of the JSON API; made when it is first asked for
	guard       *web.Guard
	callbacks   *callback.Endpoint
	desk        *desk.Desk
	events      *events.Events
	admin       *admin.Admin
	people      *people.People
}

// New sets up the API. It panics if a setting is missing without which no deployment can work.
func New(cfg Config) *API {
	cfg = withDefaults(cfg)
	a := &API{cfg: cfg, guard: web.NewGuard(cfg.Tokens, cfg.Audit, cfg.ConsoleURL, cfg.Log, cfg.Now)}
	cursors := web.NewCursors(cfg.CursorKey)
	a.callbacks = callback.New(callback.Config{Ports: cfg.Callback, Log: cfg.Log, Now: cfg.Now, Meters: cfg.Meters})
	a.desk = desk.New(desk.Config{Ports: cfg.Desk, Cursors: cursors, Now: cfg.Now})
	a.events = events.New(events.Config{
		Ports: cfg.Events, Guard: a.guard, Cursors: cursors, CountProcesses: a.callbacks.SetProcesses, Log: cfg.Log,
	})
	a.admin = admin.New(admin.Config{
		Ports: cfg.Admin, Cursors: cursors,
		Callback:  validation.CallbackFacts{Prefix: callback.Prefix, Answer: callback.AnswerSuccess, ProbeNonce: callback.ProbeNonce, KnownFor: callback.AccountKnownFor},
		Evaluator: cfg.Evaluator, MayCall: cfg.MayCall, PublicURL: cfg.PublicURL, HTTP: cfg.HTTP, EgressIPs: cfg.EgressIPs, Log: cfg.Log, Now: cfg.Now,
	})
	a.people = people.New(people.Config{
		Ports: cfg.People, Guard: a.guard, Cursors: cursors, ConsoleURL: cmp.Or(cfg.ConsoleURL, strings.TrimSuffix(cfg.PublicURL, "/")),
		Idle: cfg.SessionIdle, Lifetime: cfg.SessionLifetime, Log: cfg.Log, Now: cfg.Now,
	})
	limits := slices.Concat(a.callbacks.Limits(), a.events.Limits(), a.people.Limits(), a.guard.Limits())
	if err := telemetry.MeasureLimits(cfg.Meters, limits...); err != nil {
		cfg.Log.Error("limit metrics failed", "error", err)
	}
	a.router = a.newRouter()
	a.callbacks.Register(a.router)
	a.registerOperations()
	return a
}

// Run hands over what waits in the spool, feeds the event streams, and keeps the presence of agents up to date, until ctx ends. Then
// it ends all streams. Without it there are no streams: they are answered 503.
func (a *API) Run(ctx context.Context) {
	var work sync.WaitGroup
	work.Go(func() { a.callbacks.Run(ctx) })
	work.Go(func() { a.events.Run(ctx) })
	work.Go(func() { a.guard.Run(ctx) })
	work.Wait()
}

// Handler returns the handler of the public listener; NewServer wraps it with the right limits.
func (a *API) Handler() http.Handler { return fewHeaders(a.fromOurPages(a.router)) }

func withDefaults(cfg Config) Config {
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.SessionIdle == 0 {
		cfg.SessionIdle = user.DefaultIdle
	}
	if cfg.SessionLifetime == 0 {
		cfg.SessionLifetime = user.DefaultLifetime
	}
	if cfg.Tracers == nil {
		cfg.Tracers = tracenoop.NewTracerProvider()
	}
	if cfg.Meters == nil {
		cfg.Meters = metricnoop.NewMeterProvider()
	}
	return cfg
}
