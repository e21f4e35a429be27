package api

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/google/uuid"

	"wxdesk/internal/conversation"
)

const (
	bearerScheme = "bearer"
	maxAPIToken  = 512
	// requestWithin bounds a request of the JSON API; a lock is waited for 4 s, the rest is the ledger's.
	requestWithin = 15 * time.Second
)

// guard stands before an operation. It lets through who has an API token whose role may, with a UUID where the path has an
// id, and with a body that is strict JSON, or YAML, where the operation
// takes one. In this order: who may not gets to know nothing
// else.
func (a *API) guard(o operation) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		bounded, cancel := context.WithTimeout(ctx.Context(), requestWithin)
		defer cancel()
		c := humagin.Unwrap(ctx)
		c.Header("Cache-Control", "no-store")

		leave, refusal := a.takePlace(bounded, c.Request)
		if refusal != nil {
			refusal.write(bounded, c.Writer)
			return
		}
		defer leave()
		caller, refusal := a.admit(bounded, c.Request, o)
		byID := strings.Contains(o.path, "{id}")
		if refusal == nil && byID {
			refusal = a.askByID(c.Request, caller.Principal, c.Param("id"))
		}
		if takes := ctx.Operation().RequestBody; refusal == nil && takes != nil {
			read := readJSON
			if takes.Content[mediaYAML] != nil {
				read = readYAML
			}
			caller.bodyHash, refusal = read(c.Writer, c.Request)
		}
		if refusal != nil {
			refusal.write(bounded, c.Writer)
			return
		}
		liftReadDeadline(c.Writer)
		next(huma.WithContext(ctx, context.WithValue(bounded, callerKey{}, caller)))
		if byID && c.Writer.Status() == http.StatusNotFound {
			a.tries.wrongID(caller.Principal)
		}
	}
}

// askByID refuses what is no id, and who has asked for too much that is not there (A03, A04).
func (a *API) askByID(r *http.Request, who conversation.Principal, id string) *problem {
	if !a.tries.mayAsk(who) {
		a.refused.add(conversation.RefusedGuesses, networkOf(r.RemoteAddr), who)
		return tooManyTries.retry(int(guessesPause.Seconds()))
	}
	if !isUUID(id) {
		a.tries.wrongID(who)
		return badID.problem()
	}
	return nil
}

// caller is who asks, and what identifies the request's body.
type caller struct {
	conversation.Principal
	bodyHash [sha256.Size]byte
}

type callerKey struct{}

// callerOf returns who asks. Every operation has a guard, so there always is one.
func callerOf(ctx context.Context) caller { return ctx.Value(callerKey{}).(caller) }

func (c caller) actor() conversation.Actor {
	return conversation.Actor{Tenant: c.Tenant, Name: c.TokenID}
}

// admit finds out who asks and whether the operation is for them. Whatever is wrong with a token, the answer is the same
// (A01), until one network has tried too many. The token is looked up by its hash, so that no comparison takes longer the better the guess.
func (a *API) admit(ctx context.Context, r *http.Request, o operation) (caller, *problem) {
	from := networkOf(r.RemoteAddr)
	token, ok := bearer(r)
	if !ok {
		a.refused.add(conversation.RefusedToken, from, conversation.Principal{})
		return caller{}, noToken.problem()
	}
	hash := sha256.Sum256([]byte(token))
	if !a.tries.mayTry(from, hash) {
		a.refused.add(conversation.RefusedTries, from, conversation.Principal{})
		return caller{}, tooManyTries.retry(int(triesPause.Seconds()))
	}
	who, err := a.cfg.Tokens.Authenticate(ctx, hash)
	switch {
	case errors.Is(err, conversation.ErrNotFound):
		a.tries.wrongToken(from)
		a.refused.add(conversation.RefusedToken, from, conversation.Principal{})
		return caller{}, noToken.problem()
	case err != nil:
		a.cfg.Log.ErrorContext(ctx, "API token not looked up", "operation", o.id, "error", err)
		return caller{}, unavailable.retry(1)
	case !slices.Contains(o.may, who.Role), who.Role == conversation.RoleAgent && who.AgentID == "": // nobody's
		a.refused.add(conversation.RefusedRole, from, who)
		return caller{}, forbidden.problem()
	}
	a.tries.goodToken(hash)
	return caller{Principal: who}, nil
}

// bearer reads the one Authorization header (RFC 6750); the scheme's case does not matter.
func bearer(r *http.Request) (token string, ok bool) {
	given := r.Header.Values("Authorization")
	if len(given) != 1 {
		return "", false
	}
	scheme, token, _ := strings.Cut(given[0], " ")
	return token, strings.EqualFold(scheme, bearerScheme) && token != "" && len(token) <= maxAPIToken
}

// isUUID reports whether s is a UUID in its usual form, in lower case. Other spellings of the same id are refused, so that
// nobody compares two of them.
func isUUID(s string) bool {
	id, err := uuid.Parse(s)
	return err == nil && id.String() == s
}

func roleNames(roles []conversation.Role) string {
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = string(r)
	}
	return strings.Join(names, ", ")
}
