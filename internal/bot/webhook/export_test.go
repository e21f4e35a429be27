package webhook

import "wxdesk/internal/bot"

// Split, Tame and WireRequest let tests look at what goes over the wire.
var (
	Split = split
	Tame  = tame
)

// WireRequest is what a question becomes.
func WireRequest(q bot.Question) any { return requestOf(q) }

// WireAnswer is the empty answer, to be filled from JSON.
func WireAnswer() any { return &wireAnswer{} }
