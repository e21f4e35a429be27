package conversation

import "errors"

// Errors of the ledger, whatever it was asked to keep.
var (
	// ErrVersion: somebody else changed the thing meanwhile; read it again.
	ErrVersion = errors.New("conversation: changed by somebody else meanwhile")
	// ErrExists: there is one already, such as an account with this AppID.
	ErrExists = errors.New("conversation: exists already")
	// ErrInUse: something else needs it, such as an account its bot.
	ErrInUse = errors.New("conversation: it is in use")
	// ErrTooMany: there may be no more of them, such as classification rulesets of a workstream.
	ErrTooMany = errors.New("conversation: there are too many already")
	// ErrBusy: somebody else held it for too long; the same may be asked again.
	ErrBusy = errors.New("conversation: somebody else is at it, try again")
	// ErrLater: the ledger could not be asked, or did not answer in time; nothing is wrong with the question, ask again.
	ErrLater = errors.New("conversation: the ledger is out of reach, try later")
)
