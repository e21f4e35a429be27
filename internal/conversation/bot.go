package conversation

import (
	"encoding/base64"
	"errors"
	"strings"
	"time"

	"wxdesk/internal/secret"
	"wxdesk/internal/wechat"
)

// Question is what a bot is asked: one message of the customer, with what it needs to know to answer it.
type Question struct {
	Tenant       Tenant
	AccountID    AccountID
	Conversation ID
	Customer     CustomerID
	TurnID       MessageID         // the message to answer; also the key under which a repeat of the question is recognised
	Kind         string            // WeChat's MsgType, or the event's name
	Text         string            // what the customer wrote, or an event's key
	Fields       map[string]string // what the message carries besides, by WeChat's element names
	At           time.Time         // when the customer wrote it
	Language     Language          // the account's
	First        bool              // the conversation's first message: greet where there is nothing better to say
	Replies      int               // how many messages the customer may still be sent, by our count of WeChat's allowance
	Bot          Bot
}

// BotKind names a connector.
type BotKind string

// The connectors.
const (
	BotFAQ     BotKind = "faq"     // built in, answers from entries
	BotWebhook BotKind = "webhook" // a program of somebody's own, asked over HTTP
)

// Bot is the bot that an account is set up with, and how to reach it.
type Bot struct {
	ID        BotID
	Version   int64 // of its set-up
	Kind      BotKind
	URL       string       // of a webhook
	Secret    secret.Value // of a webhook: "whsec_" and base64; it signs what the bot is asked
	OldSecret secret.Value // of a webhook: the replaced one, which signs beside it for a day; else empty
}

// ErrWebhookSecret: a webhook's secret does not have the form of one.
var ErrWebhookSecret = errors.New("conversation: expected whsec_ and the base64 of 24 to 64 bytes")

// ErrLeak: a bot's answer holds what has the shape of a secret or of an openid. Nobody is shown it, people take over, and
// whoever runs the bot should look where it has that from.
var ErrLeak = errors.New("conversation: the answer holds a secret or an openid")

// ErrAddress: the URL may not be called.
var ErrAddress = errors.New("conversation: the address may not be called")

// WebhookKey is the key that a webhook's secret stands for, by Standard Webhooks: "whsec_" and the base64 of 24 to 64
// bytes.
func WebhookKey(s secret.Value) ([]byte, error) {
	text, found := strings.CutPrefix(s.Reveal(), "whsec_")
	key, err := base64.StdEncoding.Strict().DecodeString(text)
	if !found || err != nil || len(key) < 24 || len(key) > 64 || strings.ContainsAny(text, "\r\n") {
		return nil, ErrWebhookSecret
	}
	return key, nil
}

// BotSetup is a bot as an administrator has set it up, without its secret.
type BotSetup struct {
	Tenant  Tenant
	ID      BotID
	Kind    BotKind
	Name    string
	URL     string // "" unless it is a webhook
	Version int64  // counts changes, from 1

	// OldSecretUntil is until when a webhook's replaced secret signs too; zero where there is none.
	OldSecretUntil time.Time

	CreatedAt time.Time
	UpdatedAt time.Time
}

// Answer is what a bot says: messages for the customer, in order, and at most one command.
type Answer struct {
	Texts   []string // each at most wechat.MaxTextBytes
	Command Command
	Reason  string         // of an escalation, for the agent
	Summary string         // of an escalation: what the conversation was about so far, for the agent
	QueueID QueueID        // of an escalation; "" for the one that the rules choose
	Context map[string]any // context variables to set: strings and whole numbers
	// Ignored names what the bot asked for and does not get, for the log. It quotes nothing.
	Ignored []string
}

// Command is what a bot asks of the contact centre.
type Command string

// The commands.
const (
	CommandNone     Command = ""
	CommandEscalate Command = "escalate" // hand the conversation to people
	CommandEnd      Command = "end"      // close it
)

// Turn is a question ready to be asked, or the answer that already stands.
type Turn struct {
	Question    Question // its TurnID is "" where nothing is to be asked
	Epoch       Epoch    // in which it is asked
	Traceparent string   // of the line
	// Recent is what bot and customer said right before, where the bot is one that can go round in circles.
	Recent RecentExchanges
	// Unclassified: it is the conversation's first turn, and there are classification rules to ask before the bot is.
	Unclassified bool
}

// Outgoing is a message that an attempt has marked as being sent; everything needed to send it.
type Outgoing struct {
	From   wechat.Credentials
	OpenID string // personal data
	Text   string
}

// SendingLimit is how long an attempt to send owns its message. What it has not recorded by then counts as unknown; only the
// attempt itself may still correct that.
const SendingLimit = 12 * time.Second

// Marking is the answer to an attempt's wish to send.
type Marking struct {
	// MessageID is the message that the attempt has claimed, or that was settled in its place; "" where there was nothing to
	// claim now.
	MessageID MessageID
	// Status is DeliverySending where the attempt may go ahead, otherwise how MessageID was settled: failed, unknown.
	Status      DeliveryStatus
	Reason      string
	Attempts    int // this one included
	Outgoing    Outgoing
	Traceparent string // of the line that the message answers, or of the request that wrote it
	// Situation is how the conversation stands; zero where the attempt may go ahead.
	Situation Situation

	// For measuring, where the attempt may go ahead.
	AccountKind Kind
	Waited      time.Duration // since the customer's message that it answers came into the ledger; 0 where it answers none
}
