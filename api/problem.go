package api

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"go.opentelemetry.io/otel/trace"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
	"wxdesk/internal/secret"
	"wxdesk/internal/wechat"
)

// problem is an error as the caller sees it, a problem document after RFC 9457. Type is stable; the sentences are for
// people and may change. It never repeats a value that the caller sent, and never tells the cause of a failure inside:
// that stands in the log under the same trace id.
type problem struct {
	Type    string  `json:"type" doc:"urn:wxdesk:problem: and a stable name" example:"urn:wxdesk:problem:conversation-closed"`
	Title   string  `json:"title" doc:"What the type means"`
	Status  int     `json:"status" doc:"The HTTP status"`
	Detail  string  `json:"detail,omitempty" doc:"What is the matter this time"`
	Errors  []fault `json:"errors,omitempty" nullable:"false" doc:"What is wrong with the request, part by part"`
	TraceID string  `json:"trace_id,omitempty" doc:"Names this request towards the operator"`
	// Conversation is what the caller should look at before asking again.
	Conversation *conversationView `json:"conversation,omitempty" nullable:"false" doc:"Of stale-version: the conversation as it is now"`

	retryAfter int // seconds; 0 where waiting does not help
}

// fault is one thing that is wrong with a request.
type fault struct {
	Location string `json:"location,omitempty" doc:"Where, such as body.app_id or query.limit"`
	Message  string `json:"message" doc:"What was expected"`
}

// problemType begins the type of every problem: a URN, since nothing is served under it.
const problemType = "urn:wxdesk:problem:"

// kind is a type of problem; its text ends the problem's type and never changes.
type kind string

const (
	badRequest     kind = "bad-request"
	badID          kind = "bad-id"
	badKey         kind = "bad-idempotency-key"
	noToken        kind = "unauthenticated"
	forbidden      kind = "forbidden"
	notFound       kind = "not-found"
	badMethod      kind = "method-not-allowed"
	closed         kind = "conversation-closed"
	exists         kind = "exists"
	inUse          kind = "in-use"
	tooMany        kind = "too-many"
	changed        kind = "changed-meanwhile"
	tooLarge       kind = "too-large"
	badMediaType   kind = "unsupported-media-type"
	invalid        kind = "invalid"
	keyReused      kind = "idempotency-key-reused"
	internal       kind = "internal"
	busy           kind = "busy"
	unavailable    kind = "unavailable"
	overloaded     kind = "overloaded"
	tooManyTries   kind = "too-many-tries"
	sealed         kind = "secret-unavailable"
	refused        kind = "refused-by-wechat"
	tooManyStreams kind = "too-many-streams"
	// tooManyRequests: of one API token, under way.
	tooManyRequests kind = "too-many-requests"

	// What a conversation refuses: the refusals of package conversation, as they are.
	notYours    = kind(conversation.RefusedNotYours)
	wrongState  = kind(conversation.RefusedState)
	stale       = kind(conversation.RefusedStale)
	offerOver   = kind(conversation.RefusedOfferOver)
	atCapacity  = kind(conversation.RefusedCapacity)
	noPresence  = kind(conversation.RefusedPresence)
	noSkill     = kind(conversation.RefusedSkill)
	badTarget   = kind(conversation.RefusedTarget)
	noWindow    = kind(conversation.RefusedWindow)
	noAllowance = kind(conversation.RefusedAllowance)
	noVariable  = kind(conversation.RefusedVariable)
	noSuchSkill = kind(conversation.RefusedUnknownSkill)
	badText     = kind(conversation.RefusedText)
	delivered   = kind(conversation.RefusedDelivered)
	notAllowed  = kind(conversation.RefusedNotAllowed)
)

func (k kind) facts() (status int, title string) {
	switch k {
	case badRequest:
		return http.StatusBadRequest, "The request cannot be read"
	case badID:
		return http.StatusBadRequest, "The id in the path is not a UUID in lower case"
	case badKey:
		return http.StatusBadRequest, "Idempotency-Key must be 1 to 64 visible ASCII characters"
	case noToken:
		return http.StatusUnauthorized, "A valid API token is needed"
	case forbidden:
		return http.StatusForbidden, "The role of the API token does not allow this"
	case notFound:
		return http.StatusNotFound, "There is no such thing"
	case badMethod:
		return http.StatusMethodNotAllowed, "This cannot be done here"
	case closed:
		return http.StatusConflict, "The conversation has ended"
	case exists:
		return http.StatusConflict, "There is one already"
	case inUse:
		return http.StatusConflict, "Something else needs it"
	case tooMany:
		return http.StatusConflict, "There may be no more of them"
	case changed:
		return http.StatusPreconditionFailed, "Somebody else changed it meanwhile; read it again"
	case tooLarge:
		return http.StatusRequestEntityTooLarge, "The request is too large"
	case badMediaType:
		return http.StatusUnsupportedMediaType, "The body must be of the media type that the operation takes, not compressed"
	case invalid:
		return http.StatusUnprocessableEntity, "Parts of the request are not acceptable"
	case keyReused:
		return http.StatusUnprocessableEntity, "The Idempotency-Key came with another request before"
	case busy:
		return http.StatusServiceUnavailable, "Somebody else is at it; send the same again"
	case unavailable:
		return http.StatusServiceUnavailable, "Something we need is out of reach; try again later"
	case overloaded:
		return http.StatusServiceUnavailable, "Too many connections are open; try again later"
	case sealed:
		return http.StatusServiceUnavailable, "A stored secret cannot be opened; the operator has to look"
	case refused:
		return http.StatusBadGateway, "WeChat refuses this"
	case notYours:
		return http.StatusConflict, "The conversation is not yours"
	case wrongState:
		return http.StatusConflict, "The conversation's state does not allow this"
	case stale:
		return http.StatusPreconditionFailed, "The conversation has changed meanwhile; read it again"
	case offerOver:
		return http.StatusConflict, "The offer is over: taken by another, withdrawn, or too late"
	case atCapacity:
		return http.StatusConflict, "The agent has no capacity left for it"
	case noPresence:
		return http.StatusConflict, "The agent's presence does not allow this"
	case noSkill:
		return http.StatusConflict, "The agent has not the skills that it needs"
	case badTarget:
		return http.StatusUnprocessableEntity, "It cannot go there: unknown, disabled, closed now, or where it is already"
	case noWindow:
		return http.StatusConflict, "WeChat takes nothing for this customer until he writes again"
	case noAllowance:
		return http.StatusConflict, "WeChat takes no further message for this customer until he writes again"
	case noVariable:
		return http.StatusUnprocessableEntity, "The workstream declares no such context variable, or the value does not fit it"
	case noSuchSkill:
		return http.StatusUnprocessableEntity, "There is no such skill"
	case badText:
		return http.StatusUnprocessableEntity, "The text cannot be sent"
	case delivered:
		return http.StatusConflict, "The message is on its way or has arrived"
	case notAllowed:
		return http.StatusForbidden, "The role of the API token does not allow this"
	case tooManyTries:
		return http.StatusTooManyRequests, "There were too many tries that failed; wait, then go on"
	case tooManyStreams:
		return http.StatusTooManyRequests, "The API token has as many event streams as it may have; end one first"
	case tooManyRequests:
		return http.StatusTooManyRequests, "The API token has as many requests under way as it may have; read their answers first"
	case internal:
	}
	return http.StatusInternalServerError, "Something is broken on our side"
}

func (k kind) problem(faults ...fault) *problem {
	status, title := k.facts()
	return &problem{Type: problemType + string(k), Title: title, Status: status, Errors: faults}
}

func (k kind) because(detail string) *problem {
	p := k.problem()
	p.Detail = detail
	return p
}

// showing adds the conversation as it is now.
func (p *problem) showing(now conversationView) *problem {
	p.Conversation = &now
	return p
}

func (k kind) retry(seconds int) *problem {
	p := k.problem()
	p.retryAfter = seconds
	return p
}

// problemOf is the one switch from errors to what the caller sees.
func problemOf(err error) *problem {
	var p *problem
	var refusal WeChatRefusal
	var unknown *routing.UnknownError
	var circle *routing.CircleError
	switch {
	case errors.As(err, &p):
		return p
	case errors.As(err, &refusal) && refusal.ErrCode() != wechat.CodeOK:
		return refused.because(sentenceOf(refusal))
	case refusal != nil:
		return unavailable.retry(1)
	case errors.Is(err, conversation.ErrNotFound):
		return notFound.problem()
	case errors.Is(err, conversation.ErrClosed):
		return closed.problem()
	case errors.Is(err, conversation.ErrExists):
		return exists.problem()
	case errors.Is(err, conversation.ErrInUse):
		return inUse.problem()
	case errors.Is(err, conversation.ErrTooMany):
		return tooMany.problem()
	case errors.As(err, &unknown):
		return invalid.problem(fault{"body." + unknown.Field, "expected only what there is"})
	case errors.As(err, &circle):
		return invalid.problem(fault{"body.overflow", circle.Way()})
	case errors.Is(err, conversation.ErrNoBot):
		return invalid.problem(fault{"body.bot_id", "expected the id of a bot, or null for none"})
	case errors.Is(err, conversation.ErrVersion):
		return changed.problem()
	case errors.Is(err, conversation.ErrKeyMissing):
		return invalid.problem(missingKey())
	case errors.Is(err, conversation.ErrKeyReused):
		return keyReused.problem()
	case errors.Is(err, conversation.ErrBusy):
		return busy.retry(1)
	case errors.Is(err, secret.ErrUnavailable):
		return sealed.problem()
	case errors.Is(err, conversation.ErrLater), outOfReach(err):
		return unavailable.retry(1)
	}
	return internal.problem()
}

// outOfReach reports whether an error says that somebody could not be reached, or did not answer in time.
func outOfReach(err error) bool {
	return errors.As(err, new(net.Error)) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

// problemFor is the problem for a status that the router or huma came up with.
func problemFor(status int) *problem {
	for _, k := range []kind{notFound, badMethod, tooLarge, badMediaType, invalid} {
		if p := k.problem(); p.Status == status {
			return p
		}
	}
	if status >= http.StatusInternalServerError {
		return internal.problem()
	}
	p := badRequest.problem()
	p.Status = status
	return p
}

const (
	maxFaults   = 20
	maxLocation = 100 // bytes; the name of an unknown field is the caller's
)

// fromHuma takes over what huma found wrong with a request, without the values that it would echo.
func fromHuma(m *huma.ErrorModel) *problem {
	p := problemFor(m.Status)
	if p.Status >= http.StatusInternalServerError {
		return p
	}
	for _, e := range m.Errors[:min(len(m.Errors), maxFaults)] {
		location := strings.ToValidUTF8(e.Location[:min(len(e.Location), maxLocation)], "")
		p.Errors = append(p.Errors, fault{Location: location, Message: e.Message})
	}
	return p
}

// Error implements error.
func (p *problem) Error() string { return strings.TrimPrefix(p.Type, problemType) + ": " + p.Title }

// GetStatus implements huma.StatusError.
func (p *problem) GetStatus() int { return p.Status }

// GetHeaders implements huma.HeadersError.
func (p *problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", "Bearer")
	}
	if p.Conversation != nil {
		h.Set("ETag", versionTag(p.Conversation.Revision))
	}
	if p.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(p.retryAfter))
	}
	return h
}

// ContentType implements huma.ContentTypeFilter.
func (p *problem) ContentType(string) string { return "application/problem+json" }

// write answers with the problem where huma does not.
func (p *problem) write(ctx context.Context, w http.ResponseWriter) {
	for name, values := range p.GetHeaders() {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p.traced(ctx)) // where it fails, the caller is gone
}

// traced returns the problem with the id of the trace, under which the operator finds the cause.
func (p *problem) traced(ctx context.Context) *problem {
	span := trace.SpanContextFromContext(ctx)
	if !span.HasTraceID() {
		return p
	}
	named := *p
	named.TraceID = span.TraceID().String()
	return &named
}
