package web

import (
	"context"
	"crypto/sha256"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/telemetry"
)

const (
	// BearerScheme is how requests of the JSON API authenticate (RFC 6750).
	BearerScheme = "bearer"
	maxAPIToken  = 512
	// RequestWithin bounds a request of the JSON API; a lock is waited for 4 s, the rest is the ledger's.
	RequestWithin = 15 * time.Second
)

// Authenticator finds the owner of an API token, and the person of a session.
type Authenticator interface {
	// Authenticate finds the principal of a token by the SHA-256 of its text. It returns ErrNotFound when it is unknown, revoked
	// or expired.
	Authenticate(ctx context.Context, hash [32]byte) (access.Principal, error)
	// AuthenticateSession does the same with the session of a person.
	AuthenticateSession(ctx context.Context, hash [32]byte) (access.Principal, error)
}

// Guard checks the requests of every operation. A request needs an API token or a session that the operation is for, a UUID if the
// path has an id, and a body that is strict JSON, or YAML if the operation takes that. Guard checks in this order, so that a caller
// without the right learns nothing else. It is safe for concurrent use.
type Guard struct {
	tokens   Authenticator
	console  string // its origin, if it has one of its own
	log      *slog.Logger
	requests *KeyLimiter // under way, by API token or session
	tries    *tries
	refusals *accessRefusals
}

// NewGuard returns a guard that looks API tokens and sessions up in tokens and records in audit what it refuses, while Run runs. console
// is the origin of the console if that is not the host that requests are sent to, otherwise "".
func NewGuard(tokens Authenticator, audit Audit, console string, log *slog.Logger, now func() time.Time) *Guard {
	return &Guard{
		tokens: tokens, console: console, log: log, requests: NewKeyLimiter(requestsPerToken, 0),
		tries: newTries(now), refusals: newAccessRefusals(log, audit),
	}
}

// Run records what is refused until ctx ends.
func (g *Guard) Run(ctx context.Context) { g.refusals.run(ctx) }

// Limits are the limits that the guard keeps, and how much of each is used.
func (g *Guard) Limits() []telemetry.Limit {
	return []telemetry.Limit{
		{Name: "requests-of-a-token", Used: g.requests.Most, Max: requestsPerToken},
		{Name: "wrong-tokens-of-a-network", Used: g.tries.wrongTokens, Max: triesAtOnce},
		{Name: "wrong-ids-of-a-token", Used: g.tries.wrongIDs, Max: guessesAtOnce},
	}
}

// Before is the middleware of an operation.
func (g *Guard) Before(o Operation) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		bounded, cancel := context.WithTimeout(ctx.Context(), RequestWithin)
		defer cancel()
		c := humagin.Unwrap(ctx)
		c.Header("Cache-Control", "no-store")

		release, refused := g.TakePlace(bounded, c.Request)
		if refused != nil {
			refused.Write(bounded, c.Writer)
			return
		}
		defer release()
		caller, refused := g.Admit(bounded, c.Request, o)
		if refused == nil && o.byID() {
			refused = g.checkID(c.Request, caller.Principal, c.Param("id"))
		}
		if takes := ctx.Operation().RequestBody; refused == nil && takes != nil {
			read := readJSON
			if takes.Content[MediaYAML] != nil {
				read = readYAML
			}
			caller.BodyHash, refused = read(c.Writer, c.Request)
		}
		if refused != nil {
			refused.Write(bounded, c.Writer)
			return
		}
		LiftReadDeadline(c.Writer)
		next(huma.WithContext(ctx, context.WithValue(bounded, callerKey{}, caller)))
		if o.byID() && c.Writer.Status() == http.StatusNotFound {
			g.tries.wrongID(caller.Principal)
		}
	}
}

// checkID refuses a malformed id, and callers who have asked for too many things that do not exist (A03, A04).
func (g *Guard) checkID(r *http.Request, who access.Principal, id string) *Problem {
	if !g.tries.mayAsk(who) {
		g.refusals.add(access.DeniedGuesses, networkOf(r.RemoteAddr), who)
		return TooManyTries.Retry(int(guessesPause.Seconds()))
	}
	if !IsUUID(id) {
		g.tries.wrongID(who)
		return BadID.Problem()
	}
	return nil
}

// Admit finds the caller and checks whether they may use the operation. The answer is the same for every fault of a token or a session
// (A01), until one network has tried too often. Both are looked up by their hash, so that the time of a comparison tells nothing about
// them.
func (g *Guard) Admit(ctx context.Context, r *http.Request, o Operation) (Caller, *Problem) {
	from := ClientOf(r)
	c, ok, refused := credentialOf(r)
	switch {
	case o.May.Open():
		return Caller{Client: from}, nil
	case refused != nil:
		return Caller{}, refused
	case !ok:
		g.Refused(access.DeniedToken, from, access.Principal{})
		return Caller{}, Unauthenticated.Problem()
	case c.cookie && !isOurs(r, g.console):
		g.Refused(access.DeniedOrigin, from, access.Principal{})
		return Caller{}, ForeignOrigin.Problem()
	case !g.tries.mayTry(from.Network, c.hash):
		g.Refused(access.DeniedTries, from, access.Principal{})
		return Caller{}, TooManyTries.Retry(int(triesPause.Seconds()))
	}
	who, err := g.authenticate(ctx, c)
	switch {
	case errors.Is(err, conversation.ErrNotFound):
		g.tries.wrongToken(from.Network)
		g.Refused(access.DeniedToken, from, access.Principal{})
		return Caller{}, Unauthenticated.Problem()
	case err != nil:
		g.log.ErrorContext(ctx, "API token or session lookup failed", "operation", o.ID, "error", err)
		return Caller{}, Unavailable.Retry(1)
	case !o.May.Lets(who):
		g.Refused(access.DeniedRole, from, who)
		return Caller{}, Forbidden.Problem()
	}
	g.tries.goodToken(c.hash)
	return Caller{Principal: who, Client: from}, nil
}

func (g *Guard) authenticate(ctx context.Context, c credential) (access.Principal, error) {
	if c.cookie {
		return g.tokens.AuthenticateSession(ctx, c.hash)
	}
	return g.tokens.Authenticate(ctx, c.hash)
}

// Refused notes a refusal for the log and the audit. who is the zero value if nobody knows who it was.
func (g *Guard) Refused(kind access.DenialKind, from Client, who access.Principal) {
	g.refusals.add(kind, from.Network, who)
}

// MayGuess reports whether a client may try a secret that belongs to no name, such as the code of a link.
func (g *Guard) MayGuess(from Client, hash [sha256.Size]byte) bool {
	return g.tries.mayTry(from.Network, hash)
}

// WrongGuess counts a wrong secret of a client, with the wrong API tokens of its network.
func (g *Guard) WrongGuess(from Client) { g.tries.wrongToken(from.Network) }
