package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"time"

	"github.com/KimMachineGun/automemlimit/memlimit"
	"go.temporal.io/sdk/client"

	"wxdesk/internal/config"
	"wxdesk/internal/postgres"
	"wxdesk/internal/rules"
	"wxdesk/internal/secret"
	"wxdesk/internal/telemetry"
	"wxdesk/internal/temporalclient"
)

const (
	cursorLabel = "page cursor"
	// closeWithin is how long a stopping process may take for each of its parts.
	closeWithin = 5 * time.Second
)

// components are what API and worker have in common.
type components struct {
	cfg       config.Config
	log       *slog.Logger
	tel       *telemetry.Telemetry
	ring      *secret.Keyring
	evaluator *rules.Evaluator
	db        *ledger
	temporal  client.Client
	closing   []func(context.Context) error // in the order of opening
}

// assemble opens what a serving process needs. On error everything that was opened is closed again.
func assemble(ctx context.Context, p Process, process string, codec func(*secret.Keyring) *temporalclient.Codec) (_ *components, err error) {
	cfg, err := settings(p, config.DatabaseURL, config.MasterKeys)
	if err != nil {
		return nil, err
	}
	collectLess()
	s := &components{cfg: cfg}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close(ctx))
		}
	}()
	s.log = telemetry.NewLogger(p.Stderr, telemetry.LogOptions{
		Process: process, Level: cfg.LogLevel, Text: cfg.LogFormat == config.LogText,
	})
	s.keepWithinContainer(p.MemoryLimit)
	tel, shutdown, err := telemetry.Setup(ctx, telemetry.Options{
		Process: process, Version: version(), ExportTraces: cfg.ExportTraces, Log: s.log,
	})
	if err != nil {
		return nil, err
	}
	s.tel = tel
	s.closing = append(s.closing, shutdown)

	s.evaluator = rules.NewEvaluator()
	s.db, s.ring, err = openLedger(ctx, cfg, s.evaluator, s.poolOptions()...)
	if err != nil {
		return nil, err
	}
	s.closing = append(s.closing, func(context.Context) error { return s.db.close() })
	if err := s.measurePool(); err != nil {
		return nil, err
	}

	s.temporal, err = temporalclient.Lazy(temporalclient.Options{
		Env: cfg.Temporal, Codec: codec(s.ring), Log: s.log, Meter: s.tel.Meters.Meter("temporal"),
	})
	if err != nil {
		return nil, err
	}
	s.closing = append(s.closing, func(context.Context) error { s.temporal.Close(); return nil })
	return s, nil
}

// garbage is how much new memory is made before it is collected, as a percentage of what is in use. A serving process uses some
// thirty megabytes, of which by Go's default it would collect every thirty, many times a second under load.
const garbage = 400

func collectLess() {
	if os.Getenv("GOGC") == "" { // the operator's own wish wins
		debug.SetGCPercent(garbage)
	}
}

// keepWithinContainer collects garbage the sooner the less is left of the container's memory; without a limit, or with GOMEMLIMIT
// set, it changes nothing.
func (s *components) keepWithinContainer(limit memlimit.Provider) {
	if limit == nil {
		limit = memlimit.FromCgroup
	}
	if _, err := memlimit.Set(memlimit.WithProvider(limit)); err != nil { // 90 percent of it
		s.log.Debug("memory limit not found", telemetry.FieldError, err)
	}
}

// measurePool shows with the metrics how near the process is to its limit of connections to Postgres.
func (s *components) measurePool() error {
	_, most := s.db.pool.Connections()
	return telemetry.MeasureLimits(s.tel.Meters, telemetry.Limit{
		Name: "database-connections",
		Used: func() int64 { used, _ := s.db.pool.Connections(); return int64(used) },
		Max:  int64(most),
	})
}

// close closes everything in reverse order, each part even if another failed, and whether or not ctx has ended.
func (s *components) close(ctx context.Context) error {
	var all error
	for i := len(s.closing) - 1; i >= 0; i-- {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeWithin)
		all = errors.Join(all, s.closing[i](last))
		cancel()
	}
	return all
}

// serve answers on the private listener until the parts are closed.
func (s *components) serve(codec http.Handler, checks ...telemetry.Check) error {
	host, _, err := net.SplitHostPort(s.cfg.OpsAddr)
	if err != nil {
		return err
	}
	ip := net.ParseIP(host)
	ops, err := telemetry.NewOps(s.cfg.OpsAddr, telemetry.OpsOptions{
		Checks: checks, Metrics: s.tel.Metrics, Meter: s.tel.Meters.Meter("wxdesk/ready"), Codec: codec, Log: s.log,
		AnyPort: ip != nil && ip.IsLoopback(), // a second process on one machine
	})
	if err != nil {
		return err
	}
	s.closing = append(s.closing, ops.Shutdown)
	go func() {
		if err := ops.Serve(); err != nil {
			s.log.Error("private listener failed", telemetry.FieldError, err)
		}
	}()
	s.log.Info("private listener started", telemetry.FieldAddr, ops.Addr())
	return nil
}

// ledgerCheck and temporalCheck are what both API and worker need.
func (s *components) ledgerCheck() telemetry.Check {
	return telemetry.Check{Name: "postgres", Ask: func(ctx context.Context) error {
		current, err := s.db.pool.UpToDate(ctx)
		if err == nil && !current {
			err = errors.New("the schema is older than this program; run `wxdesk migrate`")
		}
		return err
	}}
}

func (s *components) temporalCheck() telemetry.Check {
	return telemetry.Check{Name: "temporal", Ask: func(ctx context.Context) error {
		return temporalclient.Reachable(ctx, s.temporal)
	}}
}

// poolOptions are those of a serving process. Statements are traced only where traces go somewhere.
func (s *components) poolOptions() []postgres.Option {
	if s.cfg.ExportTraces {
		return []postgres.Option{postgres.WithTracers(s.tel.Tracers)}
	}
	return nil
}

// temporalOf is Temporal for a command that says for itself what goes wrong, with the name of the namespace.
func temporalOf(cfg config.Config) (c client.Client, namespace string, err error) {
	ring, err := secret.ParseKeyring(cfg.MasterKeys)
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", config.MasterKeys, err)
	}
	c, err = temporalclient.Lazy(temporalclient.Options{
		Env: cfg.Temporal, Codec: temporalclient.NewCodec(ring), Log: slog.New(slog.DiscardHandler),
	})
	namespace, _ = cfg.Temporal.LookupEnv(string(config.TemporalNamespace))
	return c, namespace, err
}
