package web

import (
	"net/http"

	"wxdesk/internal/command"
)

// ProblemKind is a type of problem; its text ends the problem's type and never changes.
type ProblemKind string

// The types of problems; facts has their status and what they mean.
const (
	BadRequest         ProblemKind = "bad-request"
	BadID              ProblemKind = "bad-id"
	BadIdempotencyKey  ProblemKind = "bad-idempotency-key"
	Unauthenticated    ProblemKind = "unauthenticated"
	Forbidden          ProblemKind = "forbidden"
	NotFound           ProblemKind = "not-found"
	BadMethod          ProblemKind = "method-not-allowed"
	ConversationClosed ProblemKind = "conversation-closed"
	Exists             ProblemKind = "exists"
	InUse              ProblemKind = "in-use"
	TooMany            ProblemKind = "too-many"
	ChangedMeanwhile   ProblemKind = "changed-meanwhile"
	TooLarge           ProblemKind = "too-large"
	BadMediaType       ProblemKind = "unsupported-media-type"
	Invalid            ProblemKind = "invalid"
	KeyReused          ProblemKind = "idempotency-key-reused"
	Internal           ProblemKind = "internal"
	Busy               ProblemKind = "busy"
	Unavailable        ProblemKind = "unavailable"
	Overloaded         ProblemKind = "overloaded"
	TooManyTries       ProblemKind = "too-many-tries"
	SecretUnavailable  ProblemKind = "secret-unavailable"
	RefusedByWeChat    ProblemKind = "refused-by-wechat"
	TooManyStreams     ProblemKind = "too-many-streams"
	TwoCredentials     ProblemKind = "two-credentials"
	ForeignOrigin      ProblemKind = "foreign-origin"
	SignInRefused      ProblemKind = "sign-in-refused"
	LinkRefused        ProblemKind = "link-refused"
	PasswordNeeded     ProblemKind = "password-needed"
	LastAdministrator  ProblemKind = "last-administrator"
	// TooManyRequests: of one API token or session, under way.
	TooManyRequests ProblemKind = "too-many-requests"

	// Why a command is refused: the refusals of package command, under the same names.
	NotYours         = ProblemKind(command.RefusedNotYours)
	WrongState       = ProblemKind(command.RefusedState)
	StaleVersion     = ProblemKind(command.RefusedStale)
	OfferOver        = ProblemKind(command.RefusedOfferOver)
	AtCapacity       = ProblemKind(command.RefusedCapacity)
	NoPresence       = ProblemKind(command.RefusedPresence)
	NoSkill          = ProblemKind(command.RefusedSkill)
	BadTarget        = ProblemKind(command.RefusedTarget)
	NoReplyWindow    = ProblemKind(command.RefusedWindow)
	NoReplyAllowance = ProblemKind(command.RefusedAllowance)
	NoVariable       = ProblemKind(command.RefusedVariable)
	NoSuchSkill      = ProblemKind(command.RefusedUnknownSkill)
	BadText          = ProblemKind(command.RefusedText)
	AlreadyDelivered = ProblemKind(command.RefusedDelivered)
	NotAllowed       = ProblemKind(command.RefusedNotAllowed)
)

// ProblemKinds returns all types of problems, so that the API's description names each of them.
func ProblemKinds() []ProblemKind {
	return []ProblemKind{
		AlreadyDelivered, AtCapacity, BadID, BadIdempotencyKey, BadMediaType, BadMethod, BadRequest, BadTarget, BadText, Busy,
		ChangedMeanwhile, ConversationClosed, Exists, Forbidden, ForeignOrigin, InUse, Internal, Invalid, KeyReused, LastAdministrator,
		LinkRefused, NoPresence, NoReplyAllowance, NoReplyWindow, NoSkill, NoSuchSkill, NoVariable, NotAllowed, NotFound, NotYours,
		OfferOver, Overloaded, PasswordNeeded, RefusedByWeChat, SecretUnavailable, SignInRefused, StaleVersion, TooLarge, TooMany,
		TooManyRequests, TooManyStreams, TooManyTries, TwoCredentials, Unauthenticated, Unavailable, WrongState,
	}
}

func (k ProblemKind) facts() (status int, title string) {
	switch k {
	case BadRequest:
		return http.StatusBadRequest, "The request cannot be read"
	case BadID:
		return http.StatusBadRequest, "The id in the path is not a UUID in lower case"
	case BadIdempotencyKey:
		return http.StatusBadRequest, "Idempotency-Key must be 1 to 64 visible ASCII characters"
	case Unauthenticated:
		return http.StatusUnauthorized, "Sign in, or send a valid API token"
	case Forbidden:
		return http.StatusForbidden, "Your role does not allow this"
	case NotFound:
		return http.StatusNotFound, "There is no such thing"
	case BadMethod:
		return http.StatusMethodNotAllowed, "This cannot be done here"
	case ConversationClosed:
		return http.StatusConflict, "The conversation has ended"
	case Exists:
		return http.StatusConflict, "There is one already"
	case InUse:
		return http.StatusConflict, "Something else needs it"
	case TooMany:
		return http.StatusConflict, "There may be no more of them"
	case ChangedMeanwhile:
		return http.StatusPreconditionFailed, "Somebody else changed it meanwhile; read it again"
	case TooLarge:
		return http.StatusRequestEntityTooLarge, "The request is too large"
	case BadMediaType:
		return http.StatusUnsupportedMediaType, "The body must be of the media type that the operation takes, not compressed"
	case Invalid:
		return http.StatusUnprocessableEntity, "Parts of the request are not acceptable"
	case KeyReused:
		return http.StatusUnprocessableEntity, "The Idempotency-Key came with another request before"
	case Busy:
		return http.StatusServiceUnavailable, "Somebody else is at it; send the same again"
	case Unavailable:
		return http.StatusServiceUnavailable, "Something we need is out of reach; try again later"
	case Overloaded:
		return http.StatusServiceUnavailable, "Too many connections are open; try again later"
	case SecretUnavailable:
		return http.StatusServiceUnavailable, "A stored secret cannot be opened; the operator has to look"
	case RefusedByWeChat:
		return http.StatusBadGateway, "WeChat refuses this"
	case NotYours:
		return http.StatusConflict, "The conversation is not yours"
	case WrongState:
		return http.StatusConflict, "The conversation's state does not allow this"
	case StaleVersion:
		return http.StatusPreconditionFailed, "The conversation has changed meanwhile; read it again"
	case OfferOver:
		return http.StatusConflict, "The offer is over: taken by another, withdrawn, or too late"
	case AtCapacity:
		return http.StatusConflict, "The agent has no capacity left for it"
	case NoPresence:
		return http.StatusConflict, "The agent's presence does not allow this"
	case NoSkill:
		return http.StatusConflict, "The agent has not the skills that it needs"
	case BadTarget:
		return http.StatusUnprocessableEntity, "It cannot go there: unknown, disabled, closed now, or where it is already"
	case NoReplyWindow:
		return http.StatusConflict, "WeChat takes nothing for this customer until they write again"
	case NoReplyAllowance:
		return http.StatusConflict, "WeChat takes no further message for this customer until they write again"
	case NoVariable:
		return http.StatusUnprocessableEntity, "The workstream declares no such context variable, or the value does not fit it"
	case NoSuchSkill:
		return http.StatusUnprocessableEntity, "There is no such skill"
	case BadText:
		return http.StatusUnprocessableEntity, "The text cannot be sent"
	case AlreadyDelivered:
		return http.StatusConflict, "The message is on its way or has arrived"
	case NotAllowed:
		return http.StatusForbidden, "Your role does not allow this"
	case TwoCredentials:
		return http.StatusBadRequest, "The request has both an API token and a session"
	case ForeignOrigin:
		return http.StatusForbidden, "The request does not come from a page of ours"
	case SignInRefused:
		return http.StatusUnauthorized, "The name or the password is wrong"
	case LinkRefused:
		return http.StatusUnauthorized, "The link is unknown, used or over; ask for another one"
	case PasswordNeeded:
		return http.StatusUnprocessableEntity, "Choose a password; the link is still good"
	case LastAdministrator:
		return http.StatusConflict, "There would be no administrator left; make another one first"
	case TooManyTries:
		return http.StatusTooManyRequests, "There were too many tries that failed; wait, then go on"
	case TooManyStreams:
		return http.StatusTooManyRequests, "You have as many event streams as you may have; end one first"
	case TooManyRequests:
		return http.StatusTooManyRequests, "You have as many requests under way as you may have; read their answers first"
	case Internal:
	}
	return http.StatusInternalServerError, "Something is broken on our side"
}
