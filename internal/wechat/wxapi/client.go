package wxapi

import (
	"log/slog"
	"net/http"
	"strings"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
)

// Client calls the API for any number of accounts. It is safe for concurrent use.
type Client struct {
	baseURL string
	http    *http.Client
	large   *http.Client // the same with more time, for media
	tokens  *tokenSource
	now     func() time.Time
	log     *slog.Logger
	meter   metric.Meter
}

// Option changes how a Client works.
type Option func(*Client)

// WithClock replaces the clock, for tests and for systems whose time is not the machine's.
func WithClock(now func() time.Time) Option {
	return func(c *Client) { c.now = now }
}

// WithMeter counts the access tokens that WeChat refused, and the hours in which there were too many.
func WithMeter(meter metric.Meter) Option {
	return func(c *Client) { c.meter = meter }
}

// WithLogger gets a line when WeChat refuses more than 3 access tokens of an account in an hour, which means that somebody
// else fetches them. Nothing else is logged.
func WithLogger(log *slog.Logger) Option {
	return func(c *Client) { c.log = log }
}

// mediaPatience is how many times longer a call may take that carries a medium: with NewHTTPClient's 8 s about a minute,
// in which 10 MB need 1.3 Mbit/s.
const mediaPatience = 8

// New returns a client of the API at baseURL (https://api.weixin.qq.com, or a simulator). Every call goes there, the
// token's too. hc carries the calls and is left as it is; NewHTTPClient makes a suitable one. Spans are recorded here, so
// hc's transport must not record any itself: it sees the access token.
func New(baseURL string, hc *http.Client, tokens TokenStore, options ...Option) *Client {
	c := &Client{
		baseURL: strings.TrimRight(baseURL, "/"), http: harden(hc), now: time.Now,
		log: slog.New(slog.DiscardHandler), meter: noop.Meter{},
	}
	for _, option := range options {
		option(c)
	}
	large := *c.http
	large.Timeout *= mediaPatience
	c.large = &large
	c.tokens = &tokenSource{
		store: tokens, fetch: c.fetchToken, now: c.now, watch: newWatch(c.log, c.meter, c.now), kept: map[tokenOwner]Token{},
	}
	return c
}

// harden copies hc and adds what this package's promises rest on: no redirects, no cookies, and the layers
// spans → whole URL → hc's transport. No trace context is sent to WeChat.
func harden(hc *http.Client) *http.Client {
	own := *hc
	own.Jar = nil
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	base := hc.Transport
	if base == nil {
		base = http.DefaultTransport
	}
	own.Transport = otelhttp.NewTransport(urlInjector{base},
		otelhttp.WithPropagators(propagation.NewCompositeTextMapPropagator()),
		otelhttp.WithSpanNameFormatter(func(_ string, r *http.Request) string { return r.Method + " " + r.URL.Path }),
	)
	return &own
}
