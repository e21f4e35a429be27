package decision

import (
	"context"

	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/notify"
	"wxdesk/internal/postgres/standing"
	"wxdesk/internal/routing"
)

// stageClassification is the stage of what rules gave before the bot's first answer; the others are the rule book's.
const stageClassification = "classification"

// HandOver moves a conversation to the queue that was decided, if a hand-over is wished: state open, holder queue, what the
// bot has not sent yet failed ("superseded-by-person"), no message waits for the bot any more, a work item that the distribution
// looks at, the automated message stored and queued. If the decision is to end it, that is wished, and there is no work item.
// If no hand-over is wished any more it changes nothing; if the end is wished too, a hand-over is no longer wished. It
// returns ErrNotFound when there is no such conversation or no such queue; secret.ErrUnavailable if the customer's key does
// not open.
func (db *DB) HandOver(ctx context.Context, c conversation.Ref, d routing.Decision) (conversation.Situation, error) {
	return db.handOver(ctx, c, func(context.Context, *postgres.Tx) (routing.Decision, error) { return d, nil })
}

// HandOverPlainly is HandOver to the tenant's default queue without rules and without a message to the customer, whose key need
// not open; supervisors are told why.
func (db *DB) HandOverPlainly(ctx context.Context, c conversation.Ref, why string) (conversation.Situation, error) {
	return db.handOver(ctx, c, func(ctx context.Context, tx *postgres.Tx) (routing.Decision, error) {
		d := routing.Decision{Needs: routing.Needs{Priority: routing.DefaultPriority}, Alert: alertPlain + why}
		const query = `select id from queues where tenant = $1 and is_default`
		err := tx.GetContext(ctx, &d.QueueID, query, c.Tenant)
		return d, err
	})
}

// alertPlain begins what supervisors are told of a hand-over that went to the default queue because it could not be decided.
const alertPlain = "hand-over-failed: "

func (db *DB) handOver(ctx context.Context, c conversation.Ref, decide func(context.Context, *postgres.Tx) (routing.Decision, error)) (conversation.Situation, error) {
	return postgres.Transact(ctx, db.pool, "hand conversation "+string(c.Conversation)+" over to people", func(tx *postgres.Tx) (conversation.Situation, error) {
		l, err := db.standing.Lock(ctx, tx, c)
		if err != nil {
			return conversation.Situation{}, err
		}
		if l.Wishes.HandOver == "" {
			return standing.ReadSituation(ctx, tx, c)
		}
		if err := l.LoadWork(ctx); err != nil {
			return conversation.Situation{}, err
		}
		if err := l.LoadHandOver(ctx); err != nil {
			return conversation.Situation{}, err
		}
		to, err := decide(ctx, tx)
		if err != nil {
			return conversation.Situation{}, err
		}
		return l.Changed(ctx, lifecycle.HandOver(l.Now, l.Snapshot, to))
	})
}

// alert tells supervisors that something about the routing wants their attention.
func alert(ctx context.Context, tx *postgres.Tx, c conversation.Ref, what string) error {
	return notify.Publish(ctx, tx, c.Tenant, notify.Row{Kind: lifecycle.EventAlert, Conversation: c.Conversation, Body: lifecycle.AlertBody{Alert: what}})
}
