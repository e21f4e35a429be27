package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"wxdesk/internal/listener"
	"wxdesk/internal/simulator"
)

type simulateCmd struct {
	Addr  string `help:"Where to listen." default:"127.0.0.1:8090"`
	State string `help:"File that keeps everything, so that a kill loses nothing; none: in memory." type:"path"`
}

const (
	simulatorConnections = 1024            // at once
	simulatorPatience    = 2 * time.Minute // for a request and its answer: twice the longest long poll
)

// Run serves a WeChat until it is told to stop.
func (c simulateCmd) Run(ctx context.Context, p Process) error {
	sim, err := simulator.New(simulator.Options{
		StateFile: c.State, Log: slog.New(slog.NewTextHandler(p.Stderr, nil)),
	})
	if err != nil {
		return fmt.Errorf("start the simulator: %w", err)
	}
	defer sim.Close() //nolint:errcheck // closed in order below; this is for the errors in between
	public, err := listener.Listen(c.Addr, simulatorConnections)
	if err != nil {
		return fmt.Errorf("the simulator cannot listen: %w; choose another address with --addr", err)
	}
	fmt.Fprintf(p.Stdout, "phone page and WeChat API at http://%s\n", public.Addr())

	server := &http.Server{Handler: sim.Handler(), ReadHeaderTimeout: 5 * time.Second, WriteTimeout: simulatorPatience}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(public) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	return errors.Join(sim.Close(), server.Shutdown(last)) // long polls end with the simulator
}
