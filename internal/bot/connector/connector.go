// Package connector asks whichever bot an account is set up with. Its one port is a question in and an answer out; who the customer is
// and what becomes of the answer is not a bot's business.
package connector

import (
	"context"
	"fmt"

	"wxdesk/internal/bot"
	"wxdesk/internal/bot/faq"
	"wxdesk/internal/bot/webhook"
)

// Bots has the connectors, one for each kind of bot.
type Bots struct {
	FAQ     faq.Connector
	Webhook webhook.Connector
}

// Answer asks the question's bot. An error is the bot's own failure, or, of the FAQ, the ledger's. Errors quote nothing that a
// bot or a customer said.
func (b Bots) Answer(ctx context.Context, q bot.Question) (bot.Answer, error) {
	switch q.Bot.Kind {
	case bot.KindFAQ:
		return b.FAQ.Answer(ctx, q)
	case bot.KindWebhook:
		return b.Webhook.Answer(ctx, q)
	}
	return bot.Answer{}, fmt.Errorf("there is no connector for a bot of kind %q", q.Bot.Kind)
}
