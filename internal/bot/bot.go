package bot

import (
	"time"

	"wxdesk/internal/conversation"
	"wxdesk/internal/secret"
)

// Kind names a connector.
type Kind string

// The connectors.
const (
	KindFAQ     Kind = "faq"     // built in, answers from entries
	KindWebhook Kind = "webhook" // a program outside wxdesk, asked over HTTP
)

// Bot is the bot that an account is set up with, and how to reach it.
type Bot struct {
	ID        conversation.BotID
	Version   int64 // of its set-up
	Kind      Kind
	URL       string       // of a webhook
	Secret    secret.Value // of a webhook: "whsec_" and base64; it signs what the bot is asked
	OldSecret secret.Value // of a webhook: the replaced one, which signs beside it for a day; else empty
}

// Setup is a bot as an administrator has set it up, without its secret.
type Setup struct {
	Tenant  conversation.Tenant
	ID      conversation.BotID
	Kind    Kind
	Name    string
	URL     string // "" unless it is a webhook
	Version int64  // counts changes, from 1

	// OldSecretUntil is until when a webhook's replaced secret signs too; zero if there is none.
	OldSecretUntil time.Time

	CreatedAt time.Time
	UpdatedAt time.Time
}
