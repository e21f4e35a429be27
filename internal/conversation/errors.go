package conversation

import "errors"

// Errors of the ledger, whatever it was asked to keep.
var (
	// ErrVersion says that somebody else has changed the thing meanwhile; read it again.
	ErrVersion = errors.New("conversation: changed by somebody else meanwhile")
	// ErrExists says that there is one already, such as an account with this AppID.
	ErrExists = errors.New("conversation: exists already")
	// ErrInUse says that something else needs it, as an account needs its bot.
	ErrInUse = errors.New("conversation: it is in use")
	// ErrTooMany says that no more of them are allowed, such as classification rulesets of a workstream.
	ErrTooMany = errors.New("conversation: there are too many already")
	// ErrBusy says that another transaction held it for too long; the same request may be sent again.
	ErrBusy = errors.New("conversation: somebody else is at it, try again")
	// ErrLater says that the ledger could not be asked, or did not answer in time. Nothing is wrong with the request: send it again.
	ErrLater = errors.New("conversation: the ledger is out of reach, try later")
)
