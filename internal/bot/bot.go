// Package bot connects bots to conversations. Its one port is a question in and an answer out; who the customer is and
// what becomes of the answer is not a bot's business.
//
// There are two connectors: the built-in FAQ, and webhook, which asks a program of somebody's own over HTTP. Nothing that
// such a program does is trusted: it has its time (webhook.go), is left alone where it keeps failing (circuit.go), and what
// it says is made harmless (tame.go) or refused (leak.go).
package bot

import (
	"context"
	"fmt"

	"wxdesk/internal/conversation"
)

// Bots finds the connector for a question's bot.
type Bots struct {
	FAQ     FAQ
	Webhook Webhook
}

// Answer asks the question's bot. An error is the bot's own failure, or, of the FAQ, the ledger's. Errors quote nothing that a
// bot or a customer said.
func (b Bots) Answer(ctx context.Context, q conversation.Question) (conversation.Answer, error) {
	switch q.Bot.Kind {
	case conversation.BotFAQ:
		return b.FAQ.Answer(ctx, q)
	case conversation.BotWebhook:
		return b.Webhook.Answer(ctx, q)
	}
	return conversation.Answer{}, fmt.Errorf("there is no connector for a bot of kind %q", q.Bot.Kind)
}
