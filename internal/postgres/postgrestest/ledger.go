package postgrestest

import (
	"context"
	"time"

	"wxdesk/internal/feed"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/accounts"
	"wxdesk/internal/postgres/act"
	"wxdesk/internal/postgres/agents"
	"wxdesk/internal/postgres/audit"
	"wxdesk/internal/postgres/decision"
	"wxdesk/internal/postgres/distribution"
	"wxdesk/internal/postgres/intake"
	"wxdesk/internal/postgres/notify"
	"wxdesk/internal/postgres/permits"
	"wxdesk/internal/postgres/presence"
	"wxdesk/internal/postgres/setup"
	"wxdesk/internal/postgres/standing"
	"wxdesk/internal/postgres/tokens"
	"wxdesk/internal/postgres/transcript"
	"wxdesk/internal/postgres/upkeep"
	"wxdesk/internal/postgres/users"
	"wxdesk/internal/postgres/view"
	"wxdesk/internal/routing"
	"wxdesk/internal/secret"
)

// Names for the rooms, so that one struct can embed them all.
type (
	pool             = postgres.Pool
	tokensRoom       = tokens.DB
	accountsRoom     = accounts.DB
	agentsRoom       = agents.DB
	auditRoom        = audit.DB
	actRoom          = act.DB
	decisionRoom     = decision.DB
	distributionRoom = distribution.DB
	notifyRoom       = notify.DB
	intakeRoom       = intake.DB
	permitsRoom      = permits.DB
	presenceRoom     = presence.DB
	setupRoom        = setup.DB
	standingRoom     = standing.DB
	transcriptRoom   = transcript.DB
	upkeepRoom       = upkeep.DB
	usersRoom        = users.DB
	viewRoom         = view.DB
)

// Ledger is the whole ledger: every room over one pool.
type Ledger struct {
	*pool
	*tokensRoom
	*accountsRoom
	*agentsRoom
	*auditRoom
	*actRoom
	*decisionRoom
	*distributionRoom
	*notifyRoom
	*intakeRoom
	*permitsRoom
	*presenceRoom
	*setupRoom
	*standingRoom
	*transcriptRoom
	*upkeepRoom
	*usersRoom
	*viewRoom
}

// Option changes a setting of the ledger that OpenLedger returns.
type Option func(*options)

type options struct {
	evaluator routing.Evaluator
	grace     time.Duration
	sends     int
	pool      []postgres.Option
}

// WithEvaluator has the conditions of queues' own rules judged; without, none holds.
func WithEvaluator(e routing.Evaluator) Option { return func(o *options) { o.evaluator = e } }

// WithAgentGrace sets how long an agent's work and presence are kept after their last connection was lost.
func WithAgentGrace(d time.Duration) Option { return func(o *options) { o.grace = d } }

// WithSendsPerSecond limits the sends to WeChat of all processes together.
func WithSendsPerSecond(n int) Option { return func(o *options) { o.sends = n } }

// WithPool sets something of the pool.
func WithPool(p postgres.Option) Option { return func(o *options) { o.pool = append(o.pool, p) } }

// OpenLedger opens the whole ledger.
func OpenLedger(ctx context.Context, dsn string, ring *secret.Keyring, opts ...Option) (*Ledger, error) {
	o := options{grace: feed.DisconnectGrace, sends: 100}
	for _, opt := range opts {
		opt(&o)
	}
	p, err := postgres.Open(ctx, dsn, o.pool...)
	if err != nil {
		return nil, err
	}
	people := users.New(p, ring, o.grace)
	return &Ledger{
		p, tokens.New(p, people, o.grace), accounts.New(p, ring), agents.New(p, ring, o.grace), audit.New(p), act.New(p, ring),
		decision.New(p, ring), distribution.New(p, o.evaluator), notify.New(p), intake.New(p, ring), permits.New(p, o.sends),
		presence.New(p, o.grace), setup.New(p, ring), standing.New(ring), transcript.New(p, ring), upkeep.New(p, ring), people, view.New(p, ring),
	}, nil
}

// Pool is the pool of the ledger.
func (l *Ledger) Pool() *postgres.Pool { return l.pool }
