package postgres

import (
	"context"

	"github.com/jmoiron/sqlx"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// noticePart is the part of a turn that the notice of a hand-over is: behind all that a bot may have said to the same
// turn, so that both stand beside each other, and unique.
const noticePart = 1000

// Stages of a conversation's way to people, as its trace names them.
const (
	stageClassification = "classification" // before the bot's first answer
	stageRoute          = "route"
	stageOverflow       = "overflow"
	stageCommand        = "command"
)

// routed is the trace of a hand-over: why it went where it went, and what it came to.
type routed struct {
	MessageID conversation.MessageID   `json:"message_id"`
	QueueID   conversation.QueueID     `json:"queue_id"`
	Notice    routing.Notice           `json:"notice,omitempty"`
	Alert     string                   `json:"alert,omitempty"`
	NoticeID  conversation.MessageID   `json:"notice_id,omitempty"`
	Dropped   []conversation.MessageID `json:"dropped,omitempty"`
	Closing   conversation.CloseReason `json:"closing,omitempty"`
	routing.Trace
}

// HandOver moves a conversation to the queue that was decided, where people are wished: state open, holder queue, what the bot
// has not sent yet failed ("superseded-by-person"), no line waits for the bot any more, a work item that the distribution
// looks at, the automated message stored and queued. Where the decision is to end it, that is wished, and there is no work
// item. Where nobody wishes people any more it changes nothing; where the end is wished too, people are wished no more.
// ErrNotFound when there is no such conversation or no such queue; secret.ErrUnavailable where the customer's key does not open.
func (db *DB) HandOver(ctx context.Context, c conversation.Ref, d routing.Decision) (conversation.Situation, error) {
	return db.handOver(ctx, c, func(context.Context, *sqlx.Tx) (routing.Decision, error) { return d, nil })
}

// HandOverPlainly is HandOver to the tenant's default queue without rules and without a message to the customer, whose key need
// not open; supervisors are told why.
func (db *DB) HandOverPlainly(ctx context.Context, c conversation.Ref, why string) (conversation.Situation, error) {
	return db.handOver(ctx, c, func(ctx context.Context, tx *sqlx.Tx) (routing.Decision, error) {
		d := routing.Decision{Needs: routing.Needs{Priority: routing.DefaultPriority}, Alert: alertPlain + why}
		const query = `select id from queues where tenant = $1 and is_default`
		err := tx.GetContext(ctx, &d.QueueID, query, c.Tenant)
		return d, err
	})
}

// alertPlain begins what supervisors are told of a hand-over that went to the default queue because it could not be decided.
const alertPlain = "hand-over-failed: "

func (db *DB) handOver(ctx context.Context, c conversation.Ref, decide func(context.Context, *sqlx.Tx) (routing.Decision, error)) (conversation.Situation, error) {
	return transact(ctx, db, "hand conversation "+string(c.Conversation)+" over to people", func(tx *sqlx.Tx) (conversation.Situation, error) {
		t, err := db.lockTalk(ctx, tx, c)
		if err != nil {
			return conversation.Situation{}, err
		}
		w, err := readWish(ctx, tx, c)
		if err != nil || w.HandOver == "" {
			return t.situation(ctx, err)
		}
		if err := t.forgetWish(ctx); err != nil || w.Ending != "" || !t.waitsForRouting() {
			return t.situation(ctx, err)
		}
		d, err := decide(ctx, tx)
		if err != nil {
			return conversation.Situation{}, err
		}
		if err := t.handOver(ctx, w.Turn, d); err != nil {
			return conversation.Situation{}, err
		}
		s, err := changed(ctx, tx, c, "")
		if err != nil {
			return conversation.Situation{}, err
		}
		return withOwed(ctx, tx, c, s)
	})
}

// situation reads how the conversation stands after a change, unless that failed.
func (t *talk) situation(ctx context.Context, err error) (conversation.Situation, error) {
	if err != nil {
		return conversation.Situation{}, err
	}
	return readSituation(ctx, t.tx, t.ref)
}

// forgetWish notes that people are wished no more, and that no line waits for the bot any more.
func (t *talk) forgetWish(ctx context.Context) error {
	const update = `
		with unanswered as (
			update messages set wants_answer = false where tenant = $1 and conversation_id = $2 and wants_answer)
		update conversations set hand_over = null, hand_over_turn = null, hand_over_queue = null where tenant = $1 and id = $2`
	_, err := t.tx.ExecContext(ctx, update, t.ref.Tenant, t.ref.Conversation)
	return err
}

// waitsForRouting reports whether a bot has the conversation, or nobody in no queue.
func (t *talk) waitsForRouting() bool {
	return t.Holder == conversation.HolderBot || t.Holder == conversation.HolderQueue && t.Queue == ""
}

func (t *talk) handOver(ctx context.Context, turn conversation.MessageID, d routing.Decision) error {
	done := &routed{MessageID: turn, QueueID: d.QueueID, Notice: d.Notice, Alert: d.Alert, Trace: d.Trace}
	const update = `
		update conversations c set workstream_id = w.id, escalated = c.escalated or c.holder = 'bot' from accounts a ` + workstreamOfUpdated + `
		where c.tenant = $1 and c.id = $2 and a.tenant = c.tenant and a.id = c.account_id`
	if _, err := t.tx.ExecContext(ctx, update, t.ref.Tenant, t.ref.Conversation); err != nil {
		return err
	}
	err := t.goes(ctx, spot{State: conversation.StateOpen, Holder: conversation.HolderQueue, Queue: d.QueueID})
	if err != nil {
		return err
	}
	done.Dropped = t.dropped
	if d.End {
		done.Closing = conversation.ClosedOverflow
		err = wishEnd(ctx, t.tx, t.ref, done.Closing)
	} else {
		err = t.newItem(ctx, d)
	}
	if err != nil {
		return err
	}
	if done.NoticeID, err = t.notice(ctx, turn, noticePart, d.Notice); err != nil {
		return err
	}
	if d.Alert != "" {
		if err := t.alert(ctx, d.Alert); err != nil {
			return err
		}
	}
	if err := markEmpty(ctx, t.tx, t.ref.Tenant, d.Empty); err != nil {
		return err
	}
	return t.traced(ctx, stageRoute, done)
}

// workstreamOfUpdated is workstreamOf for an update, whose target cannot be joined to.
const workstreamOfUpdated = `
	join workstreams w on w.tenant = a.tenant and w.id = coalesce(a.workstream_id,
		(select id from workstreams where tenant = a.tenant and is_default))`

// notice stores an automated message to the customer and queues it; "" for none.
func (t *talk) notice(ctx context.Context, turn conversation.MessageID, part int, n routing.Notice) (conversation.MessageID, error) {
	if n == "" {
		return "", nil
	}
	seal, err := t.seal()
	if err != nil {
		return "", err
	}
	ids, err := say(ctx, t.tx, t.ref, t.LastSeq, seal, speech{
		author: conversation.AuthorSystem, texts: []string{conversation.WaitingNotice(t.Language, string(n))}, turn: turn, part: part,
	})
	if err != nil {
		return "", err
	}
	t.LastSeq++
	return ids[0], nil
}

// alert tells supervisors that something about the routing wants their attention.
func (t *talk) alert(ctx context.Context, what string) error {
	return alert(ctx, t.tx, t.ref, what, t.Queue)
}

func alert(ctx context.Context, tx *sqlx.Tx, c conversation.Ref, what string, queue conversation.QueueID) error {
	return publish(ctx, tx, c.Tenant, feedRow{Kind: feedAlert, Conversation: c.Conversation, Body: struct {
		Alert   string               `json:"alert"`
		QueueID conversation.QueueID `json:"queue_id"`
	}{what, queue}})
}
