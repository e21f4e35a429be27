package web

import (
	"context"
	"crypto/sha256"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
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

// Authenticator finds the owner of an API token.
type Authenticator interface {
	// Authenticate finds the principal of a token by the SHA-256 of its text. It returns ErrNotFound when it is unknown, revoked
	// or expired.
	Authenticate(ctx context.Context, hash [32]byte) (access.Principal, error)
}

// Guard checks the requests of every operation. A request needs an API token whose role is allowed, a UUID if the path has an
// id, and a body that is strict JSON, or YAML if the operation takes that. Guard checks in this order, so that a caller without
// the right learns nothing else. It is safe for concurrent use.
type Guard struct {
	tokens   Authenticator
	log      *slog.Logger
	requests *KeyLimiter // under way, by API token
	tries    *tries
	refusals *accessRefusals
}

// NewGuard returns a guard that looks API tokens up in tokens and records in audit what it refuses, while Run runs.
func NewGuard(tokens Authenticator, audit Audit, log *slog.Logger, now func() time.Time) *Guard {
	return &Guard{
		tokens: tokens, log: log, requests: NewKeyLimiter(requestsPerToken, 0),
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

// Admit finds the caller and checks whether they may use the operation. The answer is the same for every fault of a token (A01),
// until one network has tried too often. The token is looked up by its hash, so that the time of a comparison tells nothing about the
// token.
func (g *Guard) Admit(ctx context.Context, r *http.Request, o Operation) (Caller, *Problem) {
	from := networkOf(r.RemoteAddr)
	token, ok := bearer(r)
	if !ok {
		g.refusals.add(access.DeniedToken, from, access.Principal{})
		return Caller{}, Unauthenticated.Problem()
	}
	hash := sha256.Sum256([]byte(token))
	if !g.tries.mayTry(from, hash) {
		g.refusals.add(access.DeniedTries, from, access.Principal{})
		return Caller{}, TooManyTries.Retry(int(triesPause.Seconds()))
	}
	who, err := g.tokens.Authenticate(ctx, hash)
	switch {
	case errors.Is(err, conversation.ErrNotFound):
		g.tries.wrongToken(from)
		g.refusals.add(access.DeniedToken, from, access.Principal{})
		return Caller{}, Unauthenticated.Problem()
	case err != nil:
		g.log.ErrorContext(ctx, "API token lookup failed", "operation", o.ID, "error", err)
		return Caller{}, Unavailable.Retry(1)
	case !slices.Contains(o.May, who.Role), who.Role == access.RoleAgent && who.AgentID == "": // nobody's
		g.refusals.add(access.DeniedRole, from, who)
		return Caller{}, Forbidden.Problem()
	}
	g.tries.goodToken(hash)
	return Caller{Principal: who}, nil
}

// bearer reads the one Authorization header (RFC 6750); the scheme's case does not matter.
func bearer(r *http.Request) (token string, ok bool) {
	given := r.Header.Values("Authorization")
	if len(given) != 1 {
		return "", false
	}
	scheme, token, _ := strings.Cut(given[0], " ")
	return token, strings.EqualFold(scheme, BearerScheme) && token != "" && len(token) <= maxAPIToken
}
