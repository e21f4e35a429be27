// Package admin answers those who set the contact centre up: accounts, bots, people, queues, hours, rules and API tokens. It
// checks what they send and asks one port; what the settings do is decided elsewhere.
package admin

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"wxdesk/api/admin/validation"
	"wxdesk/api/web"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// Ports are the stores and services that this package uses.
type Ports struct {
	Accounts        Accounts
	AccountChecks   validation.AccountChecks
	CallbackRecords validation.CallbackRecords
	Platform        Platform
	Bots            Bots
	FAQ             FAQ
	Setup           Setup
	SeenCustomers   SeenCustomers
	Agents          Agents
	RoutingPlans    RoutingPlans
	Tokens          Tokens
}

// Setup keeps the set-up of people: where conversations wait, who takes them, and how they get there. Each part has the five
// methods of accounts: created with a new id, read, listed oldest first, updated if its version is still the one given
// (ErrVersion otherwise), and deleted unless something needs it (ErrInUse). What points to nothing is a
// routing.UnknownError.
type Setup interface {
	Workstreams
	Queues
	OperatingHours
	Skills
	CapacityProfiles
	CustomPresences
	Customers
	Rulesets
	Settings
}

// Config is what administration needs. All but Evaluator and EgressIPs must be given.
type Config struct {
	Ports
	Cursors  web.Cursors
	Callback validation.CallbackFacts

	// Evaluator tries conditions when routing is tried out. nil: none holds.
	Evaluator routing.Evaluator
	// MayCall fails with bot.ErrAddress where a URL that an administrator gives may not be called.
	MayCall func(ctx context.Context, url string) error
	// PublicURL is how WeChat reaches the listener, such as https://desk.example; the callback URLs begin with it.
	PublicURL string
	// HTTP calls PublicURL as WeChat would, to try out an account: it follows no redirect and decides which addresses may be
	// called.
	HTTP *http.Client
	// EgressIPs are the addresses and networks that our calls to WeChat come from, for WeChat's IP allow list; nil if they are not
	// configured.
	EgressIPs []string

	Log *slog.Logger
	Now func() time.Time
}

// Admin answers administrators, and all who read what administrators set up. It is safe for concurrent use.
type Admin struct {
	cfg       Config
	cursors   web.Cursors
	validator validation.Validator
}

// New sets up administration.
func New(cfg Config) *Admin {
	cfg.PublicURL = strings.TrimRight(cfg.PublicURL, "/")
	return &Admin{cfg: cfg, cursors: cfg.Cursors, validator: validation.Validator{
		Checks: cfg.AccountChecks, Callbacks: cfg.CallbackRecords, Platform: cfg.Platform, HTTP: cfg.HTTP, Callback: cfg.Callback, Log: cfg.Log, Now: cfg.Now,
	}}
}

func (a *Admin) callbackURL(id conversation.AccountID) string {
	return a.cfg.PublicURL + a.cfg.Callback.Prefix + string(id)
}
