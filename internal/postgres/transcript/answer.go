package transcript

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/lib/pq"

	"wxdesk/internal/bot"
	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/notify"
	"wxdesk/internal/postgres/sealing"
	"wxdesk/internal/postgres/standing"
)

// answerRow is what a turn came to, with its messages.
type answerRow struct {
	Command bot.Command
	Reason  []byte // sealed
	Summary []byte // sealed; nil for none
	QueueID *conversation.QueueID
	Settles bool
	IDs     []conversation.MessageID
	Bodies  pq.ByteaArray
}

// events are those of the bot's messages.
func (a answerRow) events(c conversation.Ref, held standing.Held) []notify.Row {
	lines := make([]lifecycle.Line, len(a.IDs))
	for n, id := range a.IDs {
		lines[n] = lifecycle.Line{ID: id, Seq: held.LastSeq + int64(n) + 1}
	}
	s := held.Snapshot()
	return standing.FeedRows(c.Conversation, s, lifecycle.Said(s, lines))
}

// StoreAnswer keeps a bot's answer to a turn, its messages queued for delivery in this epoch, the context variables that it sets,
// if the workstream declares them, and that the customer's message waits no more; what they wrote after it still does. An escalation
// wishes a hand-over, with the queue that it names if there is such a one. An end wishes the end: see lifecycle.Answered. The first
// stored answer of a turn stands. Where the holder has changed since epoch, or a hand-over or the end is wished, nothing is stored.
func (db *DB) StoreAnswer(ctx context.Context, c conversation.Ref, turn conversation.MessageID, epoch conversation.Epoch, a bot.Answer) (conversation.Situation, error) {
	return postgres.Transact(ctx, db.pool, "store the answer to turn "+string(turn), func(tx *postgres.Tx) (conversation.Situation, error) {
		held, err := standing.LockHeld(ctx, tx, c)
		if err != nil {
			return conversation.Situation{}, err
		}
		reply := lifecycle.Reply{Epoch: epoch, Turn: turn, Command: a.Command}
		if change, ok := lifecycle.Answered(time.Time{}, held.Snapshot(), reply); ok {
			if err := db.storeAnswer(ctx, tx, c, held, reply, a, !change.Nothing()); err != nil {
				return conversation.Situation{}, err
			}
		}
		return standing.ReadSituation(ctx, tx, c)
	})
}

func (db *DB) storeAnswer(ctx context.Context, tx *postgres.Tx, c conversation.Ref, held standing.Held, reply lifecycle.Reply, a bot.Answer, changes bool) error {
	turn := reply.Turn
	seal, err := sealing.OpenCustomer(db.ring, c.Tenant, held.CustomerID, held.DataKey)
	if err != nil {
		return err
	}
	queue, err := knownQueue(ctx, tx, c.Tenant, a.QueueID)
	if err != nil {
		return err
	}
	reply.Queue = queue
	row := answerRow{Command: a.Command, Settles: a.Settles(), Reason: seal.SealReason(c.Conversation, turn, a.Reason)}
	if queue != "" {
		row.QueueID = &queue
	}
	if a.Summary != "" {
		row.Summary = seal.SealSummary(c.Conversation, turn, a.Summary)
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
func (db *DB) afterAnswer(ctx context.Context, tx *postgres.Tx, c conversation.Ref, reply lifecycle.Reply) error {
	const linesWait = `select exists (select from messages where tenant = $1 and conversation_id = $2 and wants_answer)`
	if err := tx.GetContext(ctx, &reply.MoreLines, linesWait, c.Tenant, c.Conversation); err != nil {
		return err
	}
	l, err := db.standing.Lock(ctx, tx, c)
	if err != nil {
		return err
	}
	change, _ := lifecycle.Answered(l.Now, l.Snapshot, reply)
	_, err = l.Apply(ctx, change)
	return err
}

// insertAnswer stores the result of a turn in one statement: the message no longer waits, the turn, and the bot's messages after all
// others, with their events. It returns false if the message did not wait for the bot; then nothing is stored.
func insertAnswer(ctx context.Context, tx *postgres.Tx, c conversation.Ref, turn conversation.MessageID, held standing.Held, row answerRow) (first bool, err error) {
	events, err := notify.Encode(tx, row.events(c, held))
	if err != nil {
		return false, err
	}
	insert := `
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
			select $1, id, $2, seq, $4::bigint, 'queued' from said),
		told as (` + notify.Insert(`coalesce((select $13::jsonb from answered), '[]')`) + `)
		update conversations c set last_seq = $11::bigint + (select count(*) from texts),
			unanswered_since = case when not $12 then unanswered_since else (
				select m.created_at from messages m
				where m.tenant = $1 and m.conversation_id = $2 and m.wants_answer and m.id <> $3 order by m.seq limit 1) end,
			answered_at = case when exists (select from texts) then now() else answered_at end,
			active_at = case when exists (select from texts) then now() else active_at end
		from answered where c.tenant = $1 and c.id = $2`
	written, err := postgres.Affected(tx.ExecContext(ctx, insert, c.Tenant, c.Conversation, turn, held.Epoch, row.Command, row.Reason, row.Summary, row.QueueID,
		pq.Array(row.IDs), row.Bodies, held.LastSeq, row.Settles, events))
	return written == 1, err
}

// knownQueue drops the id of a queue that does not exist, because a bot may name anything (B07).
func knownQueue(ctx context.Context, tx *postgres.Tx, t conversation.Tenant, id conversation.QueueID) (conversation.QueueID, error) {
	if id = postgres.KnownForm(id); id == "" {
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
