package transcript

import (
	"context"
	"database/sql"
	"errors"

	"wxdesk/internal/bot"
	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/sealing"
	"wxdesk/internal/postgres/standing"
)

// RequestHandOver wishes that people take the conversation from its bot, because the bot failed at its oldest waiting message, and
// keeps that as the message's turn. The customer's key need not open. If a hand-over or the end is wished already, the bot does
// not hold it or no message waits, it changes nothing.
func (db *DB) RequestHandOver(ctx context.Context, c conversation.Ref, why conversation.EscalationReason) (conversation.Situation, error) {
	return postgres.Transact(ctx, db.pool, "wish people for conversation "+string(c.Conversation), func(tx *postgres.Tx) (conversation.Situation, error) {
		held, err := standing.LockHeld(ctx, tx, c)
		if err != nil {
			return conversation.Situation{}, err
		}
		if held.Snapshot().BotActs() {
			if err := db.requestHandOver(ctx, tx, c, held, why); err != nil {
				return conversation.Situation{}, err
			}
		}
		return standing.ReadSituation(ctx, tx, c)
	})
}

func (db *DB) requestHandOver(ctx context.Context, tx *postgres.Tx, c conversation.Ref, held standing.Held, why conversation.EscalationReason) error {
	const query = `select m.id from conversations c cross join lateral (` + unansweredLine + `) m where c.tenant = $1 and c.id = $2`
	var turn conversation.MessageID
	err := tx.GetContext(ctx, &turn, query, c.Tenant, c.Conversation)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	row := answerRow{Command: bot.CommandEscalate, Reason: []byte{}}
	if seal, err := sealing.OpenCustomer(db.ring, c.Tenant, held.CustomerID, held.DataKey); err == nil {
		row.Reason = seal.SealReason(c.Conversation, turn, string(why))
	}
	if first, err := insertAnswer(ctx, tx, c, turn, held, row); err != nil || !first {
		return err
	}
	l, err := db.standing.Lock(ctx, tx, c)
	if err != nil {
		return err
	}
	_, err = l.Apply(ctx, lifecycle.RequestHandOver(l.Now, l.Snapshot, why, turn))
	return err
}
