package telemetry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"regexp"
	"strings"
	"syscall"
	"time"

	"go.opentelemetry.io/otel/metric"

	"wxdesk/internal/listener"
)

// OpsOptions configures the private listener.
type OpsOptions struct {
	Checks  []Check
	Metrics http.Handler // Telemetry.Metrics
	Meter   metric.Meter // measures the checks as wxdesk_ready; nil: nobody does
	Codec   http.Handler // serves /codec/…, with the whole path; nil if there is no codec endpoint
	// AnyPort takes a free port of the same host if the wanted one is taken, and logs it. It is for the default
	// address in `wxdesk dev`; an address that somebody chose should fail instead.
	AnyPort bool
	Log     *slog.Logger // must be given
}

// Ops is the private listener. It serves /healthz (200 while the process does), /readyz (200, or 503 with the names of
// what is not ready), /metrics under its own names, /codec/… if there is one, which asks for a login itself, and nothing else. The rest asks for
// no password: its address must not be reachable from outside.
type Ops struct {
	listener net.Listener
	server   *http.Server
}

// opsConnections are those of a few Prometheuses, health checks and operators.
const opsConnections = 128

// NewOps listens at addr. Connections wait until Serve.
func NewOps(addr string, o OpsOptions) (*Ops, error) {
	private, err := listener.Listen(addr, opsConnections)
	if o.AnyPort && errors.Is(err, syscall.EADDRINUSE) {
		private, err = freePort(addr)
		if err == nil {
			o.Log.Warn("private listener's port taken, free one used", FieldAddr, private.Addr().String())
		}
	}
	if err != nil {
		return nil, fmt.Errorf("private listener: %w", err)
	}
	ready := newReadiness(o.Checks, o.Log)
	if err := ready.measure(o.Meter); err != nil {
		return nil, errors.Join(fmt.Errorf("measure readiness: %w", err), private.Close())
	}
	return &Ops{listener: private, server: &http.Server{
		Handler:           opsRoutes(o, ready),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(o.Log.Handler(), slog.LevelWarn),
	}}, nil
}

func freePort(addr string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	return listener.Listen(net.JoinHostPort(host, "0"), opsConnections)
}

// Addr is host:port as it came to be.
func (o *Ops) Addr() string { return o.listener.Addr().String() }

// Serve answers until Shutdown, and then returns nil.
func (o *Ops) Serve() error {
	if err := o.server.Serve(o.listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("private listener: %w", err)
	}
	return nil
}

// Shutdown stops listening and lets answers under way finish, as long as ctx allows.
func (o *Ops) Shutdown(ctx context.Context) error {
	return errors.Join(o.server.Shutdown(ctx), ignoreClosed(o.listener.Close()))
}

// ignoreClosed: the server closes the listener, unless it never came to serve.
func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

func opsRoutes(o OpsOptions, ready *readiness) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok\n") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if missing := ready.missing(r.Context()); len(missing) > 0 {
			plain(w, http.StatusServiceUnavailable, "not ready: "+strings.Join(missing, ", ")+"\n")
			return
		}
		plain(w, http.StatusOK, "ok\n")
	})
	mux.Handle("GET /metrics", onlyForItsOwnNames(o.Metrics))
	if o.Codec != nil {
		mux.Handle("/codec/", o.Codec)
	}
	return mux
}

// onlyForItsOwnNames refuses requests for another host: a page whose name leads here (DNS rebinding) would otherwise read the
// answer in the browser of somebody who reaches this listener. No such page has an address for a name, or a name without dots.
func onlyForItsOwnNames(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !ownName(r.Host) {
			plain(w, http.StatusMisdirectedRequest, "ask by this listener's address, or by a name without dots\n")
			return
		}
		next.ServeHTTP(w, r)
	})
}

var nameWithoutDots = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

func ownName(hostPort string) bool {
	host := hostPort
	if name, _, err := net.SplitHostPort(hostPort); err == nil {
		host = name
	}
	return net.ParseIP(strings.Trim(host, "[]")) != nil || nameWithoutDots.MatchString(host)
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text) // whoever asked is gone
}
