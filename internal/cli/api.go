package cli

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"wxdesk/api"
	"wxdesk/api/admin"
	"wxdesk/api/callback"
	"wxdesk/api/desk"
	"wxdesk/api/events"
	"wxdesk/api/people"
	"wxdesk/console"
	"wxdesk/internal/listener"
	"wxdesk/internal/outbound"
	"wxdesk/internal/outbox"
	"wxdesk/internal/telemetry"
	"wxdesk/internal/temporalclient"
	"wxdesk/internal/wechat/wxapi"
)

type apiCmd struct{}

// httpPatience is how long a stopping API lets requests finish: a callback is answered within five seconds.
const httpPatience = 6 * time.Second

// Run serves callbacks and the HTTP API until it is told to stop.
func (apiCmd) Run(ctx context.Context, p Process) (err error) {
	s, err := assemble(ctx, p, "api", temporalclient.NewCodec)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close(ctx)) }()

	browserDesk, err := consoleOf(s.cfg.Console)
	if err != nil {
		return err
	}
	conversations := &temporalclient.Conversations{Client: s.temporal, ContinueAt: s.cfg.ContinueAfter}
	teller := outbox.New(s.db.notify, s.db.upkeep, conversations, s.log)
	front := api.New(api.Config{
		Callback: callback.Ports{Accounts: s.db.accounts, Inbox: conversations, Spool: s.db.intake, Records: s.db.intake},
		Desk: desk.Ports{
			Conversations: s.db.view, Directory: s.db.view, Commands: s.db.act, RunNotices: teller, Presences: s.db.presence,
		},
		Events: events.Ports{Feed: s.db.notify, Connections: s.db.presence, Tokens: s.db.tokens},
		Admin: admin.Ports{
			Accounts: s.db.accounts, AccountChecks: s.db.accounts, CallbackRecords: s.db.intake, Platform: platform(s.cfg, s.db.accounts), Bots: s.db.accounts,
			FAQ: s.db.accounts, Setup: s.db.setup, SeenCustomers: s.db.view, Agents: s.db.agents, RoutingPlans: s.db.decision, Tokens: s.db.tokens,
		},
		People: people.Ports{
			Users: s.db.users, Passwords: s.db.users, Sessions: s.db.users, Links: s.db.users, Shifts: s.db.presence, Presences: s.db.presence,
		},
		Tokens: credentials{s.db.tokens, s.db.users}, Audit: s.db.audit, MayCall: outbound.Guard{AllowPrivate: s.cfg.AllowPrivate}.Check,
		PublicURL: s.cfg.PublicURL, ConsoleURL: s.cfg.ConsoleURL, SessionIdle: s.cfg.SessionIdle, SessionLifetime: s.cfg.SessionLifetime,
		HTTP: wxapi.NewHTTPClient(s.cfg.AllowPrivate), EgressIPs: s.cfg.EgressIPs,
		Evaluator: s.evaluator, CursorKey: s.ring.Derive(cursorLabel),
		Console: browserDesk, Log: s.log, Tracers: s.tel.Tracers, Meters: s.tel.Meters,
	})

	server, err := api.NewServer(s.cfg.HTTPAddr, front.Handler(), s.cfg.MaxConnections, s.tel.Meters)
	if err != nil {
		return err
	}
	public, err := listener.Listen(s.cfg.HTTPAddr, s.cfg.MaxConnections+api.SurplusConnections)
	if err != nil {
		return err
	}
	running, stop := context.WithCancel(ctx)
	var streams sync.WaitGroup
	streams.Go(func() { front.Run(running) })
	s.closing = append(s.closing, func(context.Context) error {
		streams.Wait()
		teller.Wait()
		return nil
	})
	s.closing = append(s.closing, func(context.Context) error {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), httpPatience)
		defer cancel()
		stop() // also if this process ends by itself
		return server.Shutdown(last)
	})
	if err := s.serve(s.codecHandler(), s.ledgerCheck(), s.temporalCheck(), s.workerCheck()); err != nil {
		return errors.Join(err, public.Close())
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(public) }()
	s.log.Info("public listener started", telemetry.FieldAddr, public.Addr().String())
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		s.log.Info("shutdown started")
		return nil
	}
}

// codecHandler is there only where WXDESK_CODEC_ORIGIN says for which page.
func (s *components) codecHandler() http.Handler {
	if s.cfg.CodecOrigin == "" {
		return nil
	}
	return temporalclient.NewCodecHandler(temporalclient.CodecOptions{
		Ring: s.ring, Origin: s.cfg.CodecOrigin, Tokens: s.db.tokens, Sessions: s.db.tokens, Log: s.log,
	})
}

// workerCheck fails while nobody would perform what the API takes.
func (s *components) workerCheck() telemetry.Check {
	return telemetry.Check{Name: "worker", Ask: func(ctx context.Context) error {
		polls, err := s.db.upkeep.WorkerPolls(ctx)
		if err == nil && !polls {
			err = errors.New("no worker polls")
		}
		return err
	}}
}

// consoleOf returns what serves the desk in the browser; nil if WXDESK_CONSOLE switches it off.
func consoleOf(on bool) (http.Handler, error) {
	if !on {
		return nil, nil //nolint:nilnil // none is wanted
	}
	return console.New()
}
