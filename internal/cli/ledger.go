package cli

import (
	"context"
	"fmt"
	"time"

	"wxdesk/internal/access"
	"wxdesk/internal/config"
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
	"wxdesk/internal/postgres/tokens"
	"wxdesk/internal/postgres/transcript"
	"wxdesk/internal/postgres/upkeep"
	"wxdesk/internal/postgres/users"
	"wxdesk/internal/postgres/view"
	"wxdesk/internal/routing"
	"wxdesk/internal/secret"
)

// ledger is all rooms of the ledger over one pool of connections.
type ledger struct {
	pool         *postgres.Pool
	tokens       *tokens.DB
	accounts     *accounts.DB
	agents       *agents.DB
	audit        *audit.DB
	act          *act.DB
	decision     *decision.DB
	distribution *distribution.DB
	notify       *notify.DB
	intake       *intake.DB
	permits      *permits.DB
	presence     *presence.DB
	setup        *setup.DB
	transcript   *transcript.DB
	upkeep       *upkeep.DB
	users        *users.DB
	view         *view.DB
}

// credentials knows who is behind a request: the bearer of an API token, or a person who has signed in.
type credentials struct {
	*tokens.DB
	users *users.DB
}

// AuthenticateSession implements web.Authenticator.
func (c credentials) AuthenticateSession(ctx context.Context, hash [32]byte) (access.Principal, error) {
	return c.users.AuthenticateSession(ctx, hash)
}

// ledgerSettings are what rooms are made with, beside the pool and the master keys.
type ledgerSettings struct {
	evaluator      routing.Evaluator // of queues' own rules; nil finds that none holds
	agentGrace     time.Duration
	sendsPerSecond int
}

func newLedger(pool *postgres.Pool, ring *secret.Keyring, s ledgerSettings) *ledger {
	people := users.New(pool, ring, s.agentGrace)
	return &ledger{
		pool:         pool,
		tokens:       tokens.New(pool, people, s.agentGrace),
		users:        people,
		accounts:     accounts.New(pool, ring),
		agents:       agents.New(pool, ring, s.agentGrace),
		audit:        audit.New(pool),
		act:          act.New(pool, ring),
		decision:     decision.New(pool, ring),
		distribution: distribution.New(pool, s.evaluator),
		notify:       notify.New(pool),
		intake:       intake.New(pool, ring),
		permits:      permits.New(pool, s.sendsPerSecond),
		presence:     presence.New(pool, s.agentGrace),
		setup:        setup.New(pool, ring),
		transcript:   transcript.New(pool, ring),
		upkeep:       upkeep.New(pool, ring),
		view:         view.New(pool, ring),
	}
}

// openLedger opens the ledger as the settings say. evaluator may be nil where nothing is distributed.
func openLedger(ctx context.Context, cfg config.Config, evaluator routing.Evaluator, opts ...postgres.Option) (*ledger, *secret.Keyring, error) {
	ring, err := secret.ParseKeyring(cfg.MasterKeys)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", config.MasterKeys, err)
	}
	pool, err := postgres.Open(ctx, cfg.DatabaseURL.Reveal(), opts...)
	if err != nil {
		return nil, nil, err
	}
	s := ledgerSettings{evaluator: evaluator, agentGrace: cfg.AgentGrace, sendsPerSecond: cfg.SendsPerSecond}
	return newLedger(pool, ring, s), ring, nil
}

// close gives the connections back.
func (l *ledger) close() error { return l.pool.Close() }
