package account

import "errors"

// ErrKeyMissing: an account whose callbacks are encrypted needs an EncodingAESKey, and has none.
var ErrKeyMissing = errors.New("account: the mode needs an EncodingAESKey")

// ErrNoBot: an account was to get a bot that there is not.
var ErrNoBot = errors.New("account: there is no such bot")
