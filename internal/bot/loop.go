package bot

import (
	"slices"
	"time"
)

// Limits for a bot and a customer who repeat themselves in a loop (B10). Two programs that answer each other would never stop.
const (
	// LoopLength is how often in a row the same text counts as a loop.
	LoopLength = 3
	// LoopPace is how many answers a conversation gets within LoopWindow; with the next one people take over.
	LoopPace   = 6
	LoopWindow = time.Minute
)

// RecentExchanges are the last exchanges before a turn: the answers that the bot gave in the same epoch.
type RecentExchanges struct {
	Exchanges []Exchange // the last LoopLength-1 of them, newest first
	Answers   int        // within the LoopWindow that ends now; counted up to LoopPace
}

// Exchange is a message of the customer and the bot's answer to it.
type Exchange struct {
	Kind   string // WeChat's MsgType, or the event's name
	Text   string // as Question.Text
	Answer []string
}

// LoopReason says why a bot is stopped; "" if it is not. It is the reason of the hand-over that follows.
type LoopReason string

// The reasons.
const (
	LoopNone     LoopReason = ""
	LoopPacing   LoopReason = "bot-too-fast"
	LoopCustomer LoopReason = "customer-repeats"
	LoopAnswer   LoopReason = "bot-repeats"
)

// Stops tells before the bot is asked whether it should be: the answers come too fast, or the customer wrote the same text
// three times in a row, which is what a program does that answers by itself, or somebody whom the bot does not help.
func (l RecentExchanges) Stops(q Question) LoopReason {
	switch {
	case l.Answers >= LoopPace:
		return LoopPacing
	case q.Kind == "text" && l.all(func(e Exchange) bool { return e.Kind == q.Kind && e.Text == q.Text }):
		return LoopCustomer
	}
	return LoopNone
}

// Repeats tells whether the bot has said the very same twice before, and nothing else in between. With a command there is
// an end to it anyway.
func (l RecentExchanges) Repeats(a Answer) LoopReason {
	if len(a.Texts) > 0 && a.Command == CommandNone && l.all(func(e Exchange) bool { return slices.Equal(e.Answer, a.Texts) }) {
		return LoopAnswer
	}
	return LoopNone
}

func (l RecentExchanges) all(same func(Exchange) bool) bool {
	return len(l.Exchanges) == LoopLength-1 && !slices.ContainsFunc(l.Exchanges, func(e Exchange) bool { return !same(e) })
}
