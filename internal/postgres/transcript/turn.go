package transcript

import (
	"context"
	"time"

	"wxdesk/internal/bot"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/accounts"
	"wxdesk/internal/postgres/sealing"
	"wxdesk/internal/postgres/standing"
)

// questionRow is the customer's message that a bot is to be asked about, with all that its question says.
type questionRow struct {
	AccountID   conversation.AccountID `db:"account_id"`
	CustomerID  string                 `db:"customer_id"`
	Epoch       conversation.Epoch     `db:"epoch"`
	DataKey     []byte                 `db:"data_key"`
	Language    conversation.Language  `db:"language"`
	ID          conversation.MessageID `db:"id"` // "" if nothing is to be asked
	Seq         int64                  `db:"seq"`
	Kind        string                 `db:"kind"`
	Body        []byte                 `db:"body"`
	At          time.Time              `db:"at"`
	Traceparent string                 `db:"traceparent"`
	standing.AllowanceRow
	BotID        conversation.BotID `db:"bot_id"`
	BotKind      bot.Kind           `db:"bot_kind"`
	BotURL       string             `db:"bot_url"`
	BotVersion   int64              `db:"bot_version"`
	BotSecret    []byte             `db:"bot_secret"`
	BotOldSecret []byte             `db:"bot_old_secret"`
	Unclassified bool               `db:"unclassified"`
}

// Turn loads the oldest message that waits for the bot, as a question, with the epoch in which it is asked; for a webhook also
// what was said right before. An event's question is its key. Question.TurnID is "" if nothing is to be asked. It returns
// ErrNotFound if there is no such conversation; secret.ErrUnavailable if the message or the customer's key does not open.
func (db *DB) Turn(ctx context.Context, c conversation.Ref) (bot.Turn, error) {
	t, err := db.turn(ctx, c)
	return t, postgres.Explain(ctx, "load the next turn of conversation "+string(c.Conversation), err)
}

// unansweredLine is the oldest message of a conversation c that waits for the bot.
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
			case when ` + accounts.BotOverlaps + ` then b.old_secret end as bot_old_secret,
			` + unclassified + ` as unclassified
		from conversations c
		join customers u on u.tenant = c.tenant and u.id = c.customer_id
		join accounts a on a.tenant = c.tenant and a.id = c.account_id
		left join lateral (` + unansweredLine + `) m
			on exists (select from owed o where o.tenant = c.tenant and o.conversation_id = c.id and o.what = 'turn')
		left join bots b on b.tenant = a.tenant and b.id = a.bot_id
		where c.tenant = $1 and c.id = $2`
	var row questionRow
	if err := db.pool.GetContext(ctx, &row, query, c.Tenant, c.Conversation); err != nil || row.ID == "" {
		return bot.Turn{}, err
	}
	seal, err := sealing.OpenCustomer(db.ring, c.Tenant, row.CustomerID, row.DataKey)
	if err != nil {
		return bot.Turn{}, err
	}
	said, err := seal.OpenBody(string(row.ID), row.Body)
	if err != nil {
		return bot.Turn{}, err
	}
	var recent bot.RecentExchanges
	if row.BotKind == bot.KindWebhook {
		if recent, err = readRecentExchanges(ctx, db.pool, c, row.Epoch, seal); err != nil {
			return bot.Turn{}, err
		}
	}
	return bot.Turn{Epoch: row.Epoch, Traceparent: row.Traceparent, Recent: recent, Unclassified: row.Unclassified, Question: bot.Question{
		Tenant: c.Tenant, AccountID: row.AccountID, Conversation: c.Conversation, Customer: conversation.CustomerID(row.CustomerID),
		TurnID: row.ID, Kind: row.Kind, Text: said.Question(), Fields: said.FieldValues(), At: row.At,
		Language: row.Language, First: row.Seq == 1, Replies: row.Allowance().Left(row.Now),
		Bot: bot.Bot{
			ID: row.BotID, Version: row.BotVersion, Kind: row.BotKind, URL: row.BotURL,
			Secret:    db.accounts.UsableBotSecret(c.Tenant, row.BotID, accounts.PurposeBotSecret, row.BotSecret),
			OldSecret: db.accounts.UsableBotSecret(c.Tenant, row.BotID, accounts.PurposeOldBotSecret, row.BotOldSecret),
		},
	}}, nil
}

// unclassified is true if the rules have not been asked about a conversation c of an account a, its bot has not answered anything
// yet, and its workstream has rules in force. A workstream without rules costs only this one look.
const unclassified = `
	(c.classified is null
		and not exists (select from turns t where t.tenant = c.tenant and t.conversation_id = c.id)
		and exists (select from rulesets r where r.tenant = c.tenant and r.kind = 'classification' and r.published is not null
			and r.deleted_at is null and r.workstream_id = coalesce(c.workstream_id, a.workstream_id,
				(select id from workstreams where tenant = c.tenant and is_default))))`
