package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"syscall"
	"time"

	uiserver "github.com/temporalio/ui-server/v2/server"
	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/headers"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/membership/static"
	"go.temporal.io/server/common/metrics"
	"go.temporal.io/server/common/primitives"
	"go.temporal.io/server/common/testing/freeport"
	temporalserver "go.temporal.io/server/temporal"
)

const (
	version     = headers.ServerVersion
	clusterName = "active"
	storeName   = "sqlite"

	// stopLimit bounds a graceful stop. What was acknowledged is on disk, so giving up waiting loses nothing.
	stopLimit = 5 * time.Second
)

// server is a running Temporal server with its Web UI.
type server struct {
	temporal temporalserver.Server
	ui       *uiserver.Server // nil when headless
}

// start returns once the frontend takes requests. The database is opened only when all ports that were asked for are
// free, so a second start of the same command does no harm and says which port is taken. Warnings go to stderr.
func start(o options, stderr io.Writer) (*server, error) {
	if err := reservePorts(o); err != nil {
		return nil, err
	}
	dynamic, err := dynamicConfig(o, stderr)
	if err != nil {
		return nil, err
	}
	db, err := prepare(o)
	if err != nil {
		return nil, err
	}

	cfg := configuration(o, db)
	temporal, err := temporalserver.NewServer(
		temporalserver.WithConfig(cfg),
		temporalserver.ForServices(temporalserver.DefaultServices),
		temporalserver.WithStaticHosts(hosts(cfg)),
		temporalserver.WithLogger(newLogger(o)),
		temporalserver.WithDynamicConfigClient(dynamic),
		temporalserver.WithAuthorizer(authorization.NewNoopAuthorizer()),
		temporalserver.WithClaimMapper(func(*config.Config) authorization.ClaimMapper { return authorization.NewNoopClaimMapper() }),
	)
	if err != nil {
		return nil, err
	}
	if err := temporal.Start(); err != nil {
		return nil, err
	}
	srv := &server{temporal: temporal}
	if !o.headless {
		srv.ui = startUI(o)
	}
	return srv, nil
}

func (s *server) stop() error {
	if s.ui != nil {
		s.ui.Stop()
	}
	done := make(chan error, 1)
	go func() { done <- s.temporal.Stop() }()
	select {
	case err := <-done:
		return err
	case <-time.After(stopLimit):
		return nil
	}
}

// reservePorts sees to it that the server can listen where it was asked to, since it would end the process with a stack
// trace otherwise.
func reservePorts(o options) error {
	for _, l := range o.listeners() {
		err := reserve(address(o.ip, l.port))
		if errors.Is(err, syscall.EADDRINUSE) {
			return fmt.Errorf("port %d on %s is in use by another process; stop it or choose another --%s", l.port, o.ip, l.flag)
		}
		if err != nil {
			return fmt.Errorf("port %d on %s cannot be listened on: %w", l.port, o.ip, err)
		}
	}
	return nil
}

// reserve fails when the address is taken, and otherwise leaves a closed connection on it. For the next minute the
// operating system gives such a port to nobody who asks for any free one, yet lets a listener have it: what may
// otherwise happen in the half second until the services listen.
func reserve(address string) error {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	defer l.Close() //nolint:errcheck // nothing was written
	out, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		return err
	}
	defer out.Close() //nolint:errcheck // nothing was written
	in, err := l.Accept()
	if err != nil {
		return err
	}
	return in.Close() // before the other end: the side that closes first keeps the port
}

// configuration describes a cluster of one: the frontend where it was asked for, the other services on free loopback
// ports that nobody needs to know. There is no profiler and no HTTP API.
func configuration(o options, db *config.SQL) *config.Config {
	cfg := &config.Config{
		Persistence: config.Persistence{
			DefaultStore:     storeName,
			VisibilityStore:  storeName,
			NumHistoryShards: 1,
			DataStores:       map[string]config.DataStore{storeName: {SQL: db}},
		},
		ClusterMetadata: &cluster.Config{
			FailoverVersionIncrement: 10,
			MasterClusterName:        clusterName,
			CurrentClusterName:       clusterName,
			ClusterInformation: map[string]cluster.ClusterInformation{
				clusterName: {Enabled: true, InitialFailoverVersion: 1, RPCAddress: reachable(o).String()},
			},
		},
		DCRedirectionPolicy: config.DCRedirectionPolicy{Policy: "noop"},
		PublicClient:        config.PublicClient{HostPort: reachable(o).String()},
		Services: map[string]config.Service{
			string(primitives.FrontendService): {RPC: config.RPC{BindOnIP: o.ip.String(), GRPCPort: o.port}},
			string(primitives.HistoryService):  internalService(),
			string(primitives.MatchingService): internalService(),
			string(primitives.WorkerService):   internalService(),
		},
	}
	cfg.Archival.History.State = "disabled"
	cfg.Archival.Visibility.State = "disabled"
	cfg.NamespaceDefaults.Archival.History.State = "disabled"
	cfg.NamespaceDefaults.Archival.Visibility.State = "disabled"
	if o.metricsPort != 0 {
		cfg.Global.Metrics = &metrics.Config{Prometheus: &metrics.PrometheusConfig{ListenAddress: o.metrics(), HandlerPath: "/metrics"}}
	}
	return cfg
}

// internalService takes a port that the operating system will give to nobody else for the next minute.
func internalService() config.Service {
	return config.Service{RPC: config.RPC{BindOnIP: "127.0.0.1", GRPCPort: freeport.MustGetFreePort()}}
}

// reachable is where this process itself finds the frontend: 0.0.0.0 can be listened on, not called.
func reachable(o options) netip.AddrPort {
	ip := o.ip
	switch ip {
	case netip.IPv4Unspecified():
		ip = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	case netip.IPv6Unspecified():
		ip = netip.IPv6Loopback()
	}
	return netip.AddrPortFrom(ip, uint16(o.port))
}

// hosts tells each service where the others are, in place of the gossip protocol that a real cluster needs.
func hosts(cfg *config.Config) map[primitives.ServiceName]static.Hosts {
	all := make(map[primitives.ServiceName]static.Hosts, len(cfg.Services))
	for name, service := range cfg.Services {
		at := net.JoinHostPort(service.RPC.BindOnIP, fmt.Sprint(service.RPC.GRPCPort))
		if name == string(primitives.FrontendService) {
			at = cfg.PublicClient.HostPort
		}
		all[primitives.ServiceName(name)] = static.SingleLocalHost(at)
	}
	return all
}

func newLogger(o options) log.Logger {
	if o.logLevel == "never" {
		return log.NewNoopLogger()
	}
	format := "console"
	if o.logFormat == "json" {
		format = "json"
	}
	return log.NewZapLogger(log.BuildZapLogger(log.Config{Level: o.logLevel, Format: format}))
}
