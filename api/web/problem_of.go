package web

import (
	"context"
	"errors"
	"io"
	"net"

	"wxdesk/internal/account"
	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
	"wxdesk/internal/secret"
	"wxdesk/internal/wechat"
)

// ProblemOf is the one switch from errors to what the caller sees.
func ProblemOf(err error) *Problem {
	var p *Problem
	var refusal WeChatRefusal
	var unknown *routing.UnknownError
	var circle *routing.CircleError
	switch {
	case errors.As(err, &p):
		return p
	case errors.As(err, &refusal) && refusal.ErrCode() != wechat.CodeOK:
		return RefusedByWeChat.Because(SentenceOf(refusal))
	case refusal != nil:
		return Unavailable.Retry(1)
	case errors.Is(err, conversation.ErrNotFound):
		return NotFound.Problem()
	case errors.Is(err, conversation.ErrClosed):
		return ConversationClosed.Problem()
	case errors.Is(err, conversation.ErrExists):
		return Exists.Problem()
	case errors.Is(err, conversation.ErrInUse):
		return InUse.Problem()
	case errors.Is(err, conversation.ErrTooMany):
		return TooMany.Problem()
	case errors.As(err, &unknown):
		return Invalid.Problem(FaultAt("body."+unknown.Field, "expected only what there is"))
	case errors.As(err, &circle):
		return Invalid.Problem(FaultAt("body.overflow", circle.Way()))
	case errors.Is(err, account.ErrNoBot):
		return Invalid.Problem(FaultAt("body.bot_id", "expected the id of a bot, or null for none"))
	case errors.Is(err, conversation.ErrVersion):
		return ChangedMeanwhile.Problem()
	case errors.Is(err, account.ErrKeyMissing):
		return Invalid.Problem(MissingAESKey())
	case errors.Is(err, command.ErrKeyReused):
		return KeyReused.Problem()
	case errors.Is(err, conversation.ErrBusy):
		return Busy.Retry(1)
	case errors.Is(err, secret.ErrUnavailable):
		return SecretUnavailable.Problem()
	case errors.Is(err, conversation.ErrLater), outOfReach(err):
		return Unavailable.Retry(1)
	}
	return Internal.Problem()
}

// outOfReach reports whether an error says that somebody could not be reached, or did not answer in time.
func outOfReach(err error) bool {
	return errors.As(err, new(net.Error)) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

// MissingAESKey is what is wrong with an account whose mode needs an EncodingAESKey and that has none.
func MissingAESKey() Fault {
	return FaultAt("body.encoding_aes_key", "expected 43 of [A-Za-z0-9+/], unless the mode is plain")
}
