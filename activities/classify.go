package activities

import (
	"context"

	"go.temporal.io/sdk/activity"

	"wxdesk/internal/bot"
	"wxdesk/internal/routing"
)

// classify asks the classification rules before a conversation's bot is asked for the first time (CLS-13): what the customer
// began with may be what the rules are about, and is no longer the last message when the bot gives up.
//
// Repeatable: the first stored result stands, and a turn that is asked again finds it.
func (a *Activities) classify(ctx context.Context, in AskInput, turn bot.Turn) error {
	question, err := a.Ledger.ClassificationQuestion(ctx, in.ref(), turn.Question.TurnID)
	if err != nil {
		return err
	}
	classified := routing.Classify(question, a.evaluatorFor(patiently))
	if classified.Alert != "" {
		activity.GetLogger(ctx).Warn("classification alert", "alert", classified.Alert)
	}
	return a.Ledger.StoreClassification(ctx, in.ref(), turn.Question.TurnID, turn.Epoch, classified)
}
