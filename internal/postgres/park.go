package postgres

import (
	"context"
	"database/sql"
	"errors"

	"github.com/jmoiron/sqlx"

	"wxdesk/internal/conversation"
)

// noticePart is the part of a turn that the notice of a hand-over is: behind all that a bot may have said to the same
// turn, so that both stand beside each other, and unique, so that a repeat finds it.
const noticePart = 1000

// heldRow is a conversation's row with what acting for its holder needs.
type heldRow struct {
	CustomerID string                `db:"customer_id"`
	State      conversation.State    `db:"state"`
	Holder     conversation.Holder   `db:"holder"`
	Epoch      conversation.Epoch    `db:"epoch"`
	LastSeq    int64                 `db:"last_seq"`
	QueueID    *conversation.QueueID `db:"queue_id"`
	DataKey    []byte                `db:"data_key"`
	Language   conversation.Language `db:"language"`
}

func lockHeld(ctx context.Context, tx *sqlx.Tx, c conversation.Ref) (row heldRow, err error) {
	const query = `
		select c.customer_id, c.state, c.holder, c.epoch, c.last_seq, c.queue_id, u.data_key, a.language
		from conversations c
		join customers u on u.tenant = c.tenant and u.id = c.customer_id
		join accounts a on a.tenant = c.tenant and a.id = c.account_id
		where c.tenant = $1 and c.id = $2
		for no key update of c`
	err = tx.GetContext(ctx, &row, query, c.Tenant, c.Conversation)
	return row, err
}

// heldByBot fails unless a bot holds the conversation in this epoch.
func (r heldRow) heldByBot(epoch conversation.Epoch) error {
	switch {
	case r.State == conversation.StateClosed:
		return conversation.ErrClosed
	case r.Holder != conversation.HolderBot, r.Epoch != epoch:
		return conversation.ErrStaleEpoch
	}
	return nil
}

// Park hands the conversation from the bot to a queue (the default one where none is named or the named one is unknown):
// state open, holder queue, epoch raised, unsent bot messages failed ("superseded-by-person"), the automated message
// stored and queued. The reason is kept with the turn unless the bot gave one itself. Repeated for the same MessageID it
// answers the same. ErrStaleEpoch when the holder has changed for another reason, ErrClosed when the conversation has
// ended.
func (db *DB) Park(ctx context.Context, c conversation.Ref, h conversation.HandOver) (conversation.Enqueued, error) {
	return transact(ctx, db, "park conversation "+string(c.Conversation), func(tx *sqlx.Tx) (conversation.Enqueued, error) {
		held, err := lockHeld(ctx, tx, c)
		if err != nil {
			return conversation.Enqueued{}, err
		}
		notice, err := parkedBefore(ctx, tx, c, h.MessageID)
		if err != nil || notice != "" {
			return parked(ctx, tx, c, h, notice, err)
		}
		if err := held.heldByBot(h.FromEpoch); err != nil {
			return conversation.Enqueued{}, err
		}
		seal, err := db.customerSeal(c.Tenant, held.CustomerID, held.DataKey)
		if err != nil {
			return conversation.Enqueued{}, err
		}
		if notice, err = park(ctx, tx, c, h, held, seal); err != nil {
			return conversation.Enqueued{}, err
		}
		return parked(ctx, tx, c, h, notice, nil)
	})
}

func parkedBefore(ctx context.Context, tx *sqlx.Tx, c conversation.Ref, turn conversation.MessageID) (notice conversation.MessageID, err error) {
	const query = `select id from messages where tenant = $1 and conversation_id = $2 and turn_id = $3 and turn_part = $4`
	err = tx.GetContext(ctx, &notice, query, c.Tenant, c.Conversation, turn, noticePart)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return notice, err
}

func park(ctx context.Context, tx *sqlx.Tx, c conversation.Ref, h conversation.HandOver, held heldRow, seal customerSeal) (notice conversation.MessageID, err error) {
	const move = `
		update conversations set state = 'open', holder = 'queue', agent_id = null, epoch = epoch + 1, queue_id = (
			select id from queues where tenant = $1 and (id = nullif($3, '')::uuid or is_default) order by is_default limit 1)
		where tenant = $1 and id = $2`
	if _, err := tx.ExecContext(ctx, move, c.Tenant, c.Conversation, string(knownForm(h.QueueID))); err != nil {
		return "", err
	}
	const drop = `
		update deliveries set status = 'failed', reason = $3, updated_at = now()
		where tenant = $1 and conversation_id = $2 and status = 'queued' and epoch is not null`
	if _, err := tx.ExecContext(ctx, drop, c.Tenant, c.Conversation, reasonSuperseded); err != nil {
		return "", err
	}
	reason := seal.sealReason(c.Conversation, h.MessageID, h.Reason)
	if err := insertTurn(ctx, tx, c, h.MessageID, h.FromEpoch, conversation.CommandEscalate, reason, ""); err != nil {
		return "", err
	}
	ids, err := say(ctx, tx, c, held.LastSeq, h.MessageID, seal, []line{{
		author: conversation.AuthorSystem, text: conversation.ParkedNotice(held.Language), part: noticePart,
	}})
	if err != nil {
		return "", err
	}
	return ids[0], nil
}

// parked reads what a hand-over came to.
func parked(ctx context.Context, tx *sqlx.Tx, c conversation.Ref, h conversation.HandOver, notice conversation.MessageID, err error) (conversation.Enqueued, error) {
	if err != nil {
		return conversation.Enqueued{}, err
	}
	p := conversation.Enqueued{NoticeID: notice, Standing: conversation.Standing{
		Revision: 2, Epoch: h.FromEpoch + 1, Holder: conversation.HolderQueue, State: conversation.StateOpen,
	}}
	const queue = `
		select q.id, q.name from conversations c join queues q on q.tenant = c.tenant and q.id = c.queue_id
		where c.tenant = $1 and c.id = $2`
	if err := tx.QueryRowxContext(ctx, queue, c.Tenant, c.Conversation).Scan(&p.Standing.QueueID, &p.Standing.QueueName); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return conversation.Enqueued{}, err
	}
	const dropped = `
		select d.message_id from messages m join deliveries d on d.tenant = m.tenant and d.message_id = m.id
		where m.tenant = $1 and m.conversation_id = $2 and d.epoch = $3 and d.status = 'failed' and d.reason = $4
		order by m.seq`
	err = tx.SelectContext(ctx, &p.Dropped, dropped, c.Tenant, c.Conversation, h.FromEpoch, reasonSuperseded)
	return p, err
}
