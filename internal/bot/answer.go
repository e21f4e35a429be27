package bot

import (
	"errors"

	"wxdesk/internal/conversation"
)

// Answer is what a bot says: messages for the customer, in order, and at most one command.
type Answer struct {
	Texts   []string // each at most wechat.MaxTextBytes
	Command Command
	Reason  string               // of an escalation, for the agent
	Summary string               // of an escalation: what the conversation was about so far, for the agent
	QueueID conversation.QueueID // of an escalation; "" for the one that the rules choose
	Context map[string]any       // context variables to set: strings and whole numbers
	// Ignored names what the bot asked for and does not get, for the log. It quotes nothing.
	Ignored []string
}

// Settles reports whether the customer waits no longer: the bot has said something, and does not hand them over to people.
func (a Answer) Settles() bool { return len(a.Texts) > 0 && a.Command != CommandEscalate }

// Command is what a bot asks of the contact centre.
type Command string

// The commands.
const (
	CommandNone     Command = ""
	CommandEscalate Command = "escalate" // hand the conversation to people
	CommandEnd      Command = "end"      // close it
)

// ErrLeak says that a bot's answer has something in the form of a secret or of an openid. The answer is shown to nobody, people take
// over, and the owner of the bot should find out where the bot has it from.
var ErrLeak = errors.New("bot: the answer holds a secret or an openid")
