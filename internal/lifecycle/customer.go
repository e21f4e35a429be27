package lifecycle

import (
	"time"

	"wxdesk/internal/bot"
	"wxdesk/internal/conversation"
)

// Written are new messages of the customer, as they are in the transcript.
type Written struct {
	Begun bool // the conversation began with them
	NoBot bool // the account has no bot
	Lines []Line
}

// Line is a message of the customer, or of a bot.
type Line struct {
	ID  conversation.MessageID
	Seq int64
}

// Begun returns the standing of a new conversation: its bot has it, or nobody if the account has no bot.
func Begun(now time.Time, noBot bool) Snapshot {
	s := Snapshot{Revision: 1, Standing: Standing{State: conversation.StateActive, Holder: conversation.HolderBot, Epoch: 1, Since: now}}
	if noBot {
		s.State, s.Holder, s.WaitingSince = conversation.StateOpen, conversation.HolderQueue, now
	}
	return s
}

var byCustomer = conversation.Writer{Kind: conversation.WriterCustomer}

// Wrote returns what new messages of the customer change. A conversation that was put aside waits again, for the agent who had it.
// One in wrap-up continues with the same agent (D3). One that waits in a queue keeps its place. If there is no bot, a hand-over is
// wished with the first message. While a bot has the conversation, the messages change nothing about it.
func Wrote(now time.Time, s Snapshot, w Written) Change {
	d := newDraft(now, s)
	switch {
	case len(w.Lines) == 0:
		return Change{}
	case w.Begun:
		if w.NoBot {
			d.requestHandOver(conversation.EscalatedNoBot, w.Lines[0].ID, "")
		}
		d.addStandingEvents()
		d.addLines(w.Lines, conversation.AuthorCustomer)
		return d.change
	case d.State == conversation.StateWaiting:
		d.openAgain()
		d.step(Step{What: StepResumed, By: byCustomer, Queue: d.Queue})
	case d.State == conversation.StateWrapUp:
		d.goOn()
		d.step(Step{What: StepResumed, By: byCustomer})
	}
	d.addLines(w.Lines, conversation.AuthorCustomer)
	return d.finish()
}

// Unfollowed returns what follows when the customer unfollows the account: nothing can be sent any more, so the end is wished.
func Unfollowed(now time.Time, s Snapshot) Change {
	if s.State == conversation.StateClosed {
		return Change{}
	}
	d := newDraft(now, s)
	d.wishEnd(conversation.ClosedUnfollowed)
	return d.finish()
}

// Reply is what a bot answered to a message.
type Reply struct {
	Epoch     conversation.Epoch // in which it was asked
	Turn      conversation.MessageID
	Command   bot.Command
	Queue     conversation.QueueID // of an escalation; "" for the one that the rules choose
	MoreLines bool                 // another message waits for the bot
}

// Answered returns what a bot's answer changes, apart from its messages. An escalation wishes a hand-over. An end wishes the end,
// unless another message waits for the bot. ok is false if the answer comes too late; then nothing of it is stored.
func Answered(now time.Time, s Snapshot, a Reply) (c Change, ok bool) {
	if !s.BotActs() || s.Epoch != a.Epoch {
		return Change{}, false
	}
	d := newDraft(now, s)
	switch {
	case a.Command == bot.CommandEscalate:
		d.requestHandOver(conversation.EscalatedByBot, a.Turn, a.Queue)
	case a.Command == bot.CommandEnd && !a.MoreLines:
		d.wishEnd(conversation.ClosedByBot)
	}
	return d.finish(), true
}

// Said returns the events of the messages that a bot answers with. They are written with the answer, whatever it changes besides.
func Said(s Snapshot, lines []Line) []Event {
	d := newDraft(time.Time{}, s)
	d.addLines(lines, conversation.AuthorBot)
	return d.change.Feed
}

// RequestHandOver wishes that people take the conversation from its bot, because the bot failed at a message. Where a hand-over or
// the end is wished already, or the bot does not hold the conversation, it changes nothing.
func RequestHandOver(now time.Time, s Snapshot, why conversation.EscalationReason, turn conversation.MessageID) Change {
	if !s.BotActs() {
		return Change{}
	}
	d := newDraft(now, s)
	d.requestHandOver(why, turn, "")
	return d.finish()
}
