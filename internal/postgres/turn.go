package postgres

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/lib/pq"

	"wxdesk/internal/bot"
	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
)

// questionRow is the customer's line that a bot is to be asked about, with all that its question says.
type questionRow struct {
	AccountID   conversation.AccountID `db:"account_id"`
	CustomerID  string                 `db:"customer_id"`
	Epoch       conversation.Epoch     `db:"epoch"`
	DataKey     []byte                 `db:"data_key"`
	Language    conversation.Language  `db:"language"`
	ID          conversation.MessageID `db:"id"` // "" where nothing is to be asked
	Seq         int64                  `db:"seq"`
	Kind        string                 `db:"kind"`
	Body        []byte                 `db:"body"`
	At          time.Time              `db:"at"`
	Traceparent string                 `db:"traceparent"`
	allowanceRow
	BotID        conversation.BotID `db:"bot_id"`
	BotKind      bot.Kind           `db:"bot_kind"`
	BotURL       string             `db:"bot_url"`
	BotVersion   int64              `db:"bot_version"`
	BotSecret    []byte             `db:"bot_secret"`
	BotOldSecret []byte             `db:"bot_old_secret"`
	Unclassified bool               `db:"unclassified"`
}

// Turn loads the oldest line that waits for the bot, as a question, with the epoch in which it is asked; for a webhook also
// what was said right before. An event's question is its key. Question.TurnID is "" where nothing is to be asked.
// ErrNotFound where there is no such conversation; secret.ErrUnavailable where the line or the customer's key does not open.
func (db *DB) Turn(ctx context.Context, c conversation.Ref) (bot.Turn, error) {
	t, err := db.turn(ctx, c)
	return t, explain(ctx, "load the next turn of conversation "+string(c.Conversation), err)
}

// unansweredLine is the oldest line of a conversation c that waits for the bot.
const unansweredLine = `
	select * from messages
	where tenant = c.tenant and conversation_id = c.id and wants_answer order by seq limit 1`

func (db *DB) turn(ctx context.Context, c conversation.Ref) (bot.Turn, error) {
	const query = `
		select c.account_id, c.customer_id, c.epoch, u.data_key, a.language,
			coalesce(m.id::text, '') as id, coalesce(m.seq, 0) as seq, coalesce(m.kind, '') as kind, m.body,
			coalesce(m.said_at, m.created_at, now()) as at, coalesce(m.traceparent, '') as traceparent,
			u.message_until, u.message_left, u.tap_until, u.tap_left,
			clock_timestamp() as now, coalesce(b.id::text, '') as bot_id, coalesce(b.kind, '') as bot_kind,
			coalesce(b.url, '') as bot_url, coalesce(b.version, 0) as bot_version, b.secret as bot_secret,
			case when ` + botOverlaps + ` then b.old_secret end as bot_old_secret,
			` + unclassified + ` as unclassified
		from conversations c
		join customers u on u.tenant = c.tenant and u.id = c.customer_id
		join accounts a on a.tenant = c.tenant and a.id = c.account_id
		left join lateral (` + unansweredLine + `) m
			on exists (select from owed o where o.tenant = c.tenant and o.conversation_id = c.id and o.what = 'turn')
		left join bots b on b.tenant = a.tenant and b.id = a.bot_id
		where c.tenant = $1 and c.id = $2`
	var row questionRow
	if err := db.sql.GetContext(ctx, &row, query, c.Tenant, c.Conversation); err != nil || row.ID == "" {
		return bot.Turn{}, err
	}
	seal, err := db.customerSeal(c.Tenant, row.CustomerID, row.DataKey)
	if err != nil {
		return bot.Turn{}, err
	}
	said, err := seal.openBody(string(row.ID), row.Body)
	if err != nil {
		return bot.Turn{}, err
	}
	var recent bot.RecentExchanges
	if row.BotKind == bot.KindWebhook {
		if recent, err = readRecentExchanges(ctx, db.sql, c, row.Epoch, seal); err != nil {
			return bot.Turn{}, err
		}
	}
	return bot.Turn{Epoch: row.Epoch, Traceparent: row.Traceparent, Recent: recent, Unclassified: row.Unclassified, Question: bot.Question{
		Tenant: c.Tenant, AccountID: row.AccountID, Conversation: c.Conversation, Customer: conversation.CustomerID(row.CustomerID),
		TurnID: row.ID, Kind: row.Kind, Text: said.question(), Fields: said.fields(), At: row.At,
		Language: row.Language, First: row.Seq == 1, Replies: row.allowance().Left(row.Now),
		Bot: bot.Bot{
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

// heldRow is a conversation's row with what acting for its bot needs.
type heldRow struct {
	CustomerID string                `db:"customer_id"`
	State      conversation.State    `db:"state"`
	Holder     conversation.Holder   `db:"holder"`
	Epoch      conversation.Epoch    `db:"epoch"`
	LastSeq    int64                 `db:"last_seq"`
	QueueID    *conversation.QueueID `db:"queue_id"`
	Context    []byte                `db:"context"`
	DataKey    []byte                `db:"data_key"`
	Language   conversation.Language `db:"language"`
	wish
}

const heldColumns = `c.customer_id, c.state, c.holder, c.epoch, c.last_seq, c.queue_id, c.context, u.data_key, a.language, ` + wishColumns

func lockHeld(ctx context.Context, tx *transaction, c conversation.Ref) (row heldRow, err error) {
	const query = `
		select ` + heldColumns + `
		from conversations c
		join customers u on u.tenant = c.tenant and u.id = c.customer_id
		join accounts a on a.tenant = c.tenant and a.id = c.account_id
		where c.tenant = $1 and c.id = $2
		for no key update of u, c`
	err = tx.GetContext(ctx, &row, query, c.Tenant, c.Conversation)
	return row, err
}

// snapshot is as much of it as the rule book asks of a bot's conversation.
func (r heldRow) snapshot() lifecycle.Snapshot {
	return lifecycle.Snapshot{
		Standing: lifecycle.Standing{State: r.State, Holder: r.Holder, Epoch: r.Epoch},
		Wishes:   lifecycle.Wishes{HandOver: r.HandOver, Turn: r.Turn, Queue: r.Queue, Ending: r.Ending},
	}
}

// answerRow is what a turn came to, with its messages.
type answerRow struct {
	Command bot.Command
	Reason  []byte // sealed
	Summary []byte // sealed; nil for none
	QueueID *conversation.QueueID
	IDs     []conversation.MessageID
	Bodies  pq.ByteaArray
}

// StoreAnswer keeps a bot's answer to a turn, its messages queued for delivery in this epoch, the context variables that
// it sets, where the workstream declares them, and that the line waits no more. An escalation wishes people, with the queue that
// it names where there is such a one. An end wishes the end: see lifecycle.Answered. The first stored answer of a turn stands. Where
// the holder has changed since epoch, or people or the end are wished, nothing is stored.
func (db *DB) StoreAnswer(ctx context.Context, c conversation.Ref, turn conversation.MessageID, epoch conversation.Epoch, a bot.Answer) (conversation.Situation, error) {
	return transact(ctx, db, "store the answer to turn "+string(turn), func(tx *transaction) (conversation.Situation, error) {
		held, err := lockHeld(ctx, tx, c)
		if err != nil {
			return conversation.Situation{}, err
		}
		reply := lifecycle.Reply{Epoch: epoch, Turn: turn, Command: a.Command}
		if change, ok := lifecycle.Answered(time.Time{}, held.snapshot(), reply); ok {
			if err := db.storeAnswer(ctx, tx, c, held, reply, a, !change.Nothing()); err != nil {
				return conversation.Situation{}, err
			}
		}
		return readSituation(ctx, tx, c)
	})
}

func (db *DB) storeAnswer(ctx context.Context, tx *transaction, c conversation.Ref, held heldRow, reply lifecycle.Reply, a bot.Answer, changes bool) error {
	turn := reply.Turn
	seal, err := db.customerSeal(c.Tenant, held.CustomerID, held.DataKey)
	if err != nil {
		return err
	}
	queue, err := knownQueue(ctx, tx, c.Tenant, a.QueueID)
	if err != nil {
		return err
	}
	reply.Queue = queue
	row := answerRow{Command: a.Command, Reason: seal.sealReason(c.Conversation, turn, a.Reason)}
	if queue != "" {
		row.QueueID = &queue
	}
	if a.Summary != "" {
		row.Summary = seal.sealSummary(c.Conversation, turn, a.Summary)
	}
	if row.IDs, row.Bodies, err = sealTexts(seal, a.Texts); err != nil {
		return err
	}
	first, err := insertAnswer(ctx, tx, c, turn, held, row)
	if err != nil || !first {
		return err
	}
	if err := keepBotContext(ctx, tx, c, seal, held.Context, a.Context); err != nil || !changes {
		return err
	}
	return db.afterAnswer(ctx, tx, c, reply)
}

// afterAnswer writes what a stored answer changes beside its messages.
func (db *DB) afterAnswer(ctx context.Context, tx *transaction, c conversation.Ref, reply lifecycle.Reply) error {
	const more = `select exists (select from messages where tenant = $1 and conversation_id = $2 and wants_answer)`
	if err := tx.GetContext(ctx, &reply.MoreLines, more, c.Tenant, c.Conversation); err != nil {
		return err
	}
	l, err := db.lock(ctx, tx, c)
	if err != nil {
		return err
	}
	change, _ := lifecycle.Answered(l.now, l.Snapshot, reply)
	_, err = l.apply(ctx, change)
	return err
}

// insertAnswer keeps what a turn came to, in one statement: the line waits no more, the turn, and its messages after all others.
// false where the line did not wait for the bot; nothing is kept then.
func insertAnswer(ctx context.Context, tx *transaction, c conversation.Ref, turn conversation.MessageID, held heldRow, row answerRow) (first bool, err error) {
	const insert = `
		with answered as (
			update messages set wants_answer = false where tenant = $1 and conversation_id = $2 and id = $3 and wants_answer
			returning id),
		kept as (
			insert into turns (tenant, conversation_id, turn_id, epoch, command, reason, summary, queue_id)
			select $1, $2, id, $4::bigint, $5::text, $6::bytea, $7::bytea, $8::uuid from answered),
		texts as (select t.id, t.body, t.n from answered, unnest($9::uuid[], $10::bytea[]) with ordinality as t (id, body, n)),
		said as (
			insert into messages (tenant, id, conversation_id, seq, author, kind, body, turn_id, turn_part)
			select $1, id, $2, $11::bigint + n, 'bot', 'text', body, $3::uuid, n - 1 from texts
			returning id, seq),
		queued as (
			insert into deliveries (tenant, message_id, conversation_id, seq, epoch, status)
			select $1, id, $2, seq, $4::bigint, 'queued' from said)
		update conversations c set last_seq = $11::bigint + (select count(*) from texts)
		from answered where c.tenant = $1 and c.id = $2`
	written, err := affected(tx.ExecContext(ctx, insert, c.Tenant, c.Conversation, turn, held.Epoch, row.Command, row.Reason, row.Summary, row.QueueID,
		pq.Array(row.IDs), row.Bodies, held.LastSeq))
	return written == 1, err
}

// RequestHandOver wishes that people take the conversation from its bot, because the bot failed at its oldest waiting line, and
// keeps that as the line's turn. The customer's key need not open. Where people or the end are wished already, the bot does not
// hold it or no line waits, it changes nothing.
func (db *DB) RequestHandOver(ctx context.Context, c conversation.Ref, why conversation.EscalationReason) (conversation.Situation, error) {
	return transact(ctx, db, "wish people for conversation "+string(c.Conversation), func(tx *transaction) (conversation.Situation, error) {
		held, err := lockHeld(ctx, tx, c)
		if err != nil {
			return conversation.Situation{}, err
		}
		if held.snapshot().BotActs() {
			if err := db.requestHandOver(ctx, tx, c, held, why); err != nil {
				return conversation.Situation{}, err
			}
		}
		return readSituation(ctx, tx, c)
	})
}

func (db *DB) requestHandOver(ctx context.Context, tx *transaction, c conversation.Ref, held heldRow, why conversation.EscalationReason) error {
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
	if seal, err := db.customerSeal(c.Tenant, held.CustomerID, held.DataKey); err == nil {
		row.Reason = seal.sealReason(c.Conversation, turn, string(why))
	}
	if first, err := insertAnswer(ctx, tx, c, turn, held, row); err != nil || !first {
		return err
	}
	l, err := db.lock(ctx, tx, c)
	if err != nil {
		return err
	}
	_, err = l.apply(ctx, lifecycle.RequestHandOver(l.now, l.Snapshot, why, turn))
	return err
}

// knownQueue drops the id of a queue that there is not: a bot may say anything (B07).
func knownQueue(ctx context.Context, tx *transaction, t conversation.Tenant, id conversation.QueueID) (conversation.QueueID, error) {
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

// knownForm drops an id that is none.
func knownForm[ID ~string](id ID) ID {
	parsed, err := uuid.Parse(string(id))
	if err != nil {
		return ""
	}
	return ID(parsed.String())
}
