package postgres

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"wxdesk/internal/conversation"
)

// turnRow is a turn that has been answered.
type turnRow struct {
	Command conversation.Command  `db:"command"`
	Reason  []byte                `db:"reason"`
	Summary []byte                `db:"summary"`
	QueueID *conversation.QueueID `db:"queue_id"`
}

// questionRow is a customer's message with all that its question says.
type questionRow struct {
	heldRow
	AccountID conversation.AccountID `db:"account_id"`
	Seq       int64                  `db:"seq"`
	Kind      string                 `db:"kind"`
	Body      []byte                 `db:"body"`
	At        time.Time              `db:"at"`
	allowanceRow
	BotID        conversation.BotID   `db:"bot_id"`
	BotKind      conversation.BotKind `db:"bot_kind"`
	BotURL       string               `db:"bot_url"`
	BotVersion   int64                `db:"bot_version"`
	BotSecret    []byte               `db:"bot_secret"`
	BotOldSecret []byte               `db:"bot_old_secret"`
	Answered     bool                 `db:"answered"`
	Unclassified bool                 `db:"unclassified"`
}

// Turn loads the question that a customer's message poses to the bot, or the answer that is already stored for it; for a
// webhook also what was said right before. An event's question is its key. ErrStaleEpoch when the conversation is not the
// bot's any more, or not in this epoch; ErrClosed when it has ended; ErrNotFound when it has no such message.
func (db *DB) Turn(ctx context.Context, c conversation.Ref, turn conversation.MessageID, epoch conversation.Epoch) (conversation.Turn, error) {
	t, err := db.turn(ctx, c, turn, epoch)
	return t, explain(ctx, "load turn "+string(turn), err)
}

// Turns lists the messages of the customer after one that a bot is to be asked about, oldest first, at most limit.
func (db *DB) Turns(ctx context.Context, c conversation.Ref, after conversation.MessageID, limit int) ([]conversation.MessageID, error) {
	const query = `
		select id from messages
		where tenant = $1 and conversation_id = $2 and wants_answer and seq > (
			select seq from messages where tenant = $1 and conversation_id = $2 and id = $3)
		order by seq limit $4`
	var ids []conversation.MessageID
	err := db.sql.SelectContext(ctx, &ids, query, c.Tenant, c.Conversation, after, limit)
	return ids, explain(ctx, "list the turns after "+string(after), err)
}

func (db *DB) turn(ctx context.Context, c conversation.Ref, turn conversation.MessageID, epoch conversation.Epoch) (conversation.Turn, error) {
	const query = `
		select c.account_id, c.customer_id, c.state, c.holder, c.epoch, c.context, u.data_key, m.seq, m.kind, m.body, a.language,
			coalesce(m.said_at, m.created_at) as at, u.message_until, u.message_left, u.tap_until, u.tap_left,
			clock_timestamp() as now, coalesce(b.id::text, '') as bot_id, coalesce(b.kind, '') as bot_kind,
			coalesce(b.url, '') as bot_url, coalesce(b.version, 0) as bot_version, b.secret as bot_secret,
			case when ` + botOverlaps + ` then b.old_secret end as bot_old_secret,
			exists (select from turns t where t.tenant = c.tenant and t.conversation_id = c.id and t.turn_id = m.id) as answered,
			` + unclassified + ` as unclassified
		from conversations c
		join customers u on u.tenant = c.tenant and u.id = c.customer_id
		join accounts a on a.tenant = c.tenant and a.id = c.account_id
		join messages m on m.tenant = c.tenant and m.conversation_id = c.id and m.id = $3
		left join bots b on b.tenant = a.tenant and b.id = a.bot_id
		where c.tenant = $1 and c.id = $2`
	var row questionRow
	if err := db.sql.GetContext(ctx, &row, query, c.Tenant, c.Conversation, turn); err != nil {
		return conversation.Turn{}, err
	}
	if err := row.heldByBot(epoch); err != nil {
		return conversation.Turn{}, err
	}
	seal, err := db.customerSeal(c.Tenant, row.CustomerID, row.DataKey)
	if err != nil {
		return conversation.Turn{}, err
	}
	said, err := seal.openBody(string(turn), row.Body)
	if err != nil {
		return conversation.Turn{}, err
	}
	var stored *conversation.StoredAnswer
	if row.Answered {
		answer, err := storedAnswer(ctx, db.sql, c, turn, seal)
		if err != nil {
			return conversation.Turn{}, err
		}
		stored = &answer
	}
	var lately conversation.Lately
	if stored == nil && row.BotKind == conversation.BotWebhook {
		if lately, err = readLately(ctx, db.sql, c, epoch, seal); err != nil {
			return conversation.Turn{}, err
		}
	}
	return conversation.Turn{Stored: stored, Lately: lately, Unclassified: row.Unclassified, Question: conversation.Question{
		Tenant: c.Tenant, AccountID: row.AccountID, Conversation: c.Conversation, Customer: conversation.CustomerID(row.CustomerID),
		TurnID: turn, Kind: row.Kind, Text: said.question(), Fields: said.fields(), At: row.At,
		Language: row.Language, First: row.Seq == 1, Replies: row.allowance().Left(row.Now),
		Bot: conversation.Bot{
			ID: row.BotID, Version: row.BotVersion, Kind: row.BotKind, URL: row.BotURL,
			Secret:    db.usableBotSecret(c.Tenant, row.BotID, purposeBotSecret, row.BotSecret),
			OldSecret: db.usableBotSecret(c.Tenant, row.BotID, purposeOldBotSecret, row.BotOldSecret),
		},
	}}, nil
}

// fields is what a message carries besides its text.
func (b body) fields() map[string]string {
	var fields map[string]string
	_ = json.Unmarshal(b.Fields, &fields) // written as such; whatever else stands there says nothing
	return fields
}

// question is what was written, or an event's key.
func (b body) question() string {
	if b.Text != "" {
		return b.Text
	}
	return b.fields()["EventKey"]
}

// StoreAnswer keeps a bot's answer to a turn, its messages queued for delivery in this epoch, and the context variables that
// it sets, where the workstream declares them. The first stored answer of a turn stands and is returned; a queue that there
// is not is left out of it. ErrStaleEpoch when the holder has changed, ErrClosed when the conversation has ended.
func (db *DB) StoreAnswer(ctx context.Context, c conversation.Ref, turn conversation.MessageID, epoch conversation.Epoch, a conversation.Answer) (conversation.StoredAnswer, error) {
	return transact(ctx, db, "store the answer to turn "+string(turn), func(tx *sqlx.Tx) (conversation.StoredAnswer, error) {
		held, err := lockHeld(ctx, tx, c)
		if err != nil {
			return conversation.StoredAnswer{}, err
		}
		if err := held.heldByBot(epoch); err != nil {
			return conversation.StoredAnswer{}, err
		}
		seal, err := db.customerSeal(c.Tenant, held.CustomerID, held.DataKey)
		if err != nil {
			return conversation.StoredAnswer{}, err
		}
		queue, err := knownQueue(ctx, tx, c.Tenant, a.QueueID)
		if err != nil {
			return conversation.StoredAnswer{}, err
		}
		row := turnRow{Command: a.Command, Reason: seal.sealReason(c.Conversation, turn, a.Reason)}
		if queue != "" {
			row.QueueID = &queue
		}
		if a.Summary != "" {
			row.Summary = seal.sealSummary(c.Conversation, turn, a.Summary)
		}
		first, err := insertTurn(ctx, tx, c, turn, epoch, row)
		if err != nil {
			return conversation.StoredAnswer{}, err
		}
		if !first {
			return storedAnswer(ctx, tx, c, turn, seal)
		}
		if err := keepBotContext(ctx, tx, c, seal, held.Context, a.Context); err != nil {
			return conversation.StoredAnswer{}, err
		}
		ids, err := say(ctx, tx, c, held.LastSeq, seal, speech{author: conversation.AuthorBot, texts: a.Texts, turn: turn, epoch: &epoch})
		return conversation.StoredAnswer{MessageIDs: ids, Command: a.Command, Reason: a.Reason, QueueID: queue}, err
	})
}

// insertTurn keeps what a turn came to; false where one is kept already.
func insertTurn(ctx context.Context, tx *sqlx.Tx, c conversation.Ref, turn conversation.MessageID, epoch conversation.Epoch, row turnRow) (first bool, err error) {
	const insert = `
		insert into turns (tenant, conversation_id, turn_id, epoch, command, reason, summary, queue_id)
		values ($1, $2, $3, $4, $5, $6, $7, $8)
		on conflict (tenant, conversation_id, turn_id) do nothing`
	made, err := affected(tx.ExecContext(ctx, insert, c.Tenant, c.Conversation, turn, epoch, row.Command, row.Reason, row.Summary, row.QueueID))
	return made == 1, err
}

// knownQueue drops the id of a queue that there is not: a bot may say anything (B07).
func knownQueue(ctx context.Context, tx *sqlx.Tx, t conversation.Tenant, id conversation.QueueID) (conversation.QueueID, error) {
	if id = knownForm(id); id == "" {
		return "", nil
	}
	const query = `select id from queues where tenant = $1 and id = $2`
	var known conversation.QueueID
	err := tx.GetContext(ctx, &known, query, t, id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return known, err
}

// knownForm drops a queue id that is none.
func knownForm(id conversation.QueueID) conversation.QueueID {
	parsed, err := uuid.Parse(string(id))
	if err != nil {
		return ""
	}
	return conversation.QueueID(parsed.String())
}

// storedAnswer reads the answer to a turn.
func storedAnswer(ctx context.Context, q sqlx.QueryerContext, c conversation.Ref, turn conversation.MessageID, seal customerSeal) (conversation.StoredAnswer, error) {
	const query = `select command, reason, queue_id from turns where tenant = $1 and conversation_id = $2 and turn_id = $3`
	var row turnRow
	if err := sqlx.GetContext(ctx, q, &row, query, c.Tenant, c.Conversation, turn); err != nil {
		return conversation.StoredAnswer{}, err
	}
	reason, err := seal.openReason(c.Conversation, turn, row.Reason)
	if err != nil {
		return conversation.StoredAnswer{}, err
	}
	stored := conversation.StoredAnswer{Command: row.Command, Reason: reason}
	if row.QueueID != nil {
		stored.QueueID = *row.QueueID
	}
	const messages = `
		select id from messages where tenant = $1 and conversation_id = $2 and turn_id = $3 and author = 'bot' order by turn_part`
	if err := sqlx.SelectContext(ctx, q, &stored.MessageIDs, messages, c.Tenant, c.Conversation, turn); err != nil {
		return conversation.StoredAnswer{}, fmt.Errorf("messages of the answer: %w", err)
	}
	return stored, nil
}
