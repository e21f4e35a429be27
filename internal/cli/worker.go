package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/activity"

	"wxdesk/activities"
	"wxdesk/internal/bot/connector"
	"wxdesk/internal/bot/faq"
	"wxdesk/internal/bot/webhook"
	"wxdesk/internal/dispatch"
	"wxdesk/internal/outbox"
	"wxdesk/internal/telemetry"
	"wxdesk/internal/temporalclient"
	"wxdesk/internal/wechat/wxapi"
	"wxdesk/worker"
)

type workerCmd struct{}

// beatEvery is how often a worker says that it polls.
const beatEvery = time.Second

// Run performs conversations and their activities until it is told to stop.
func (workerCmd) Run(ctx context.Context, p Process) (err error) {
	s, err := assemble(ctx, p, "worker", temporalclient.NewWorkerCodec)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close(ctx)) }()

	if err := s.serve(nil, s.ledgerCheck(), s.temporalCheck()); err != nil {
		return err
	}
	if err := errors.Join(s.showQuarantine(), s.measureLag()); err != nil {
		return err
	}
	s.startAgentTimers(ctx)
	acts, err := s.activities()
	if err != nil {
		return err
	}
	fatal := make(chan error, 1)
	w := worker.New(s.temporal, acts, s.cfg.WorkerVersion, s.cfg.SendsPerSecond, func(err error) {
		select {
		case fatal <- err:
		default: // one is enough
		}
	})
	if err := s.startWhenTemporalAnswers(ctx, w); err != nil {
		return err
	}
	defer w.Stop()
	if err := s.useFirstVersion(ctx); err != nil {
		return err
	}
	if err := s.startDistribution(ctx); err != nil {
		return err
	}
	s.log.Info("polling started")

	id := uuid.NewString()
	s.closing = append(s.closing, func(ctx context.Context) error { return s.db.upkeep.WorkerGone(ctx, id) })
	beat := time.NewTicker(beatEvery)
	defer beat.Stop()
	for {
		if err := s.db.upkeep.WorkerBeat(ctx, id, version()); err != nil && ctx.Err() == nil {
			s.log.Warn("worker heartbeat failed", telemetry.FieldError, err)
		}
		select {
		case <-beat.C:
		case err := <-fatal:
			return fmt.Errorf("the worker cannot go on: %w", err)
		case <-ctx.Done():
			s.log.Info("shutdown started")
			return nil
		}
	}
}

func (s *components) activities() (*activities.Activities, error) {
	metrics, err := activities.NewMetrics(s.tel.Meters.Meter("wxdesk/activities"))
	if err != nil {
		return nil, err
	}
	return &activities.Activities{
		Ledger: activities.Ledger{
			Accounts: s.db.accounts, Callbacks: s.db.intake, Transcript: s.db.transcript, Routing: s.db.decision, Upkeep: s.db.upkeep,
		},
		Permits: s.db.permits, Runs: &temporalclient.Conversations{Client: s.temporal},
		Bots: connector.Bots{
			FAQ:     faq.Connector{Entries: s.db.accounts},
			Webhook: webhook.New(wxapi.NewHTTPClient(s.cfg.AllowPrivate)),
		},
		WeChat: wxapi.New(s.cfg.WeChatAPI, wxapi.NewHTTPClient(s.cfg.AllowPrivate), s.db.accounts,
			wxapi.WithMeter(s.tel.Meters.Meter("wechat")), wxapi.WithLogger(s.log)),
		Evaluator: s.evaluator, Span: s.activitySpan, Metrics: metrics,
	}, nil
}

// activitySpan begins a span of a message's trace that leads to the run in the Temporal Web UI.
func (s *components) activitySpan(ctx context.Context, traceparent, name string) (context.Context, trace.Span) {
	ctx, span := s.tel.SpanUnder(ctx, traceparent, name)
	if span.IsRecording() {
		info := activity.GetInfo(ctx)
		span.SetAttributes(
			attribute.String("temporalWorkflowID", info.WorkflowExecution.ID),
			attribute.String("temporalRunID", info.WorkflowExecution.RunID),
			attribute.Int("temporalAttempt", int(info.Attempt)),
		)
	}
	return ctx, span
}

// startDistribution begins to find agents for waiting conversations, and sees to it that the sweep is scheduled.
func (s *components) startDistribution(ctx context.Context) error {
	if err := temporalclient.ScheduleSweep(ctx, s.temporal); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	distributing := make(chan error, 1)
	teller := outbox.New(s.db.notify, s.db.upkeep, &temporalclient.Conversations{Client: s.temporal}, s.log)
	d := dispatch.Distribution{Work: s.db.distribution, Notifier: teller, Log: s.log}
	go func() { distributing <- d.Run(ctx) }()
	s.closing = append(s.closing, func(context.Context) error {
		stop()
		return <-distributing
	})
	return nil
}

// startAgentTimers begins to do what falls due for agents. It needs the ledger alone, so it does not wait for Temporal.
func (s *components) startAgentTimers(ctx context.Context) {
	ctx, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		dispatch.AgentTimers{Due: s.db.agents, Connections: s.db.presence, Log: s.log}.Run(ctx)
	}()
	s.closing = append(s.closing, func(context.Context) error {
		stop()
		<-ended
		return nil
	})
}

// startWhenTemporalAnswers waits for Temporal as long as it takes: a worker may be started before it.
func (s *components) startWhenTemporalAnswers(ctx context.Context, w *worker.Worker) error {
	for {
		err := temporalclient.Reachable(ctx, s.temporal)
		if err == nil {
			return w.Start()
		}
		s.log.Warn("Temporal unavailable, waiting", telemetry.FieldError, err)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Second):
		}
	}
}
