package postgres

import (
	"context"
	"encoding/json"
	"fmt"

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

// heldRow is a conversation's row with what acting for its holder needs.
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
}

func lockHeld(ctx context.Context, tx *sqlx.Tx, c conversation.Ref) (row heldRow, err error) {
	const query = `
		select c.customer_id, c.state, c.holder, c.epoch, c.last_seq, c.queue_id, c.context, u.data_key, a.language
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

// routed is the trace of a hand-over: why it went where it went, and what it came to, by which a repeat is answered.
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

// Enqueue hands the conversation from the bot, or from nobody (an account without a bot; no queue yet), to the queue that
// was decided: state open, holder queue, what the bot has not sent yet failed ("superseded-by-person"), a work item that
// waits, the automated message stored and queued, and the trace. From a bot it raises the epoch, and keeps the reason with
// the turn unless the bot gave one itself. Where the decision is to end the conversation it makes no work item and answers
// ClosedOverflow: the run ends it once the notice is sent.
//
// Repeated for the same MessageID it answers the same, the standing being today's. ErrStaleEpoch when the holder has
// changed for another reason, ErrClosed when the conversation has ended.
func (db *DB) Enqueue(ctx context.Context, c conversation.Ref, h conversation.HandOver, d routing.Decision) (conversation.Enqueued, error) {
	return transact(ctx, db, "enqueue conversation "+string(c.Conversation), func(tx *sqlx.Tx) (conversation.Enqueued, error) {
		t, err := db.lockTalk(ctx, tx, c)
		if err != nil {
			return conversation.Enqueued{}, err
		}
		before, err := t.routedBefore(ctx, h.MessageID)
		if err != nil {
			return conversation.Enqueued{}, err
		}
		if before != nil {
			s, err := readStanding(ctx, tx, c)
			return before.enqueued(s), err
		}
		if err := t.waitsForRouting(h.FromEpoch); err != nil {
			return conversation.Enqueued{}, err
		}
		done, err := t.enqueue(ctx, h, d)
		if err != nil {
			return conversation.Enqueued{}, err
		}
		s, err := changed(ctx, tx, c, "")
		return done.enqueued(s), err
	})
}

func (r *routed) enqueued(s conversation.Standing) conversation.Enqueued {
	return conversation.Enqueued{Standing: s, NoticeID: r.NoticeID, Dropped: r.Dropped, Closing: r.Closing}
}

// routedBefore finds what an earlier try of the same hand-over came to.
func (t *talk) routedBefore(ctx context.Context, turn conversation.MessageID) (*routed, error) {
	const query = `
		select body from routing_traces
		where tenant = $1 and conversation_id = $2 and stage = $3 and body ->> 'message_id' = $4`
	var bodies [][]byte
	if err := t.tx.SelectContext(ctx, &bodies, query, t.ref.Tenant, t.ref.Conversation, stageRoute, turn); err != nil || len(bodies) == 0 {
		return nil, err
	}
	before := new(routed)
	if err := json.Unmarshal(bodies[0], before); err != nil {
		return nil, fmt.Errorf("routing trace of conversation %s: %w", t.ref.Conversation, err)
	}
	return before, nil
}

// waitsForRouting fails unless a bot holds the conversation in this epoch, or nobody does.
func (t *talk) waitsForRouting(epoch conversation.Epoch) error {
	nobody := t.Holder == conversation.HolderQueue && t.Queue == ""
	switch {
	case t.State == conversation.StateClosed:
		return conversation.ErrClosed
	case t.Epoch != epoch, t.Holder != conversation.HolderBot && !nobody:
		return conversation.ErrStaleEpoch
	}
	return nil
}

func (t *talk) enqueue(ctx context.Context, h conversation.HandOver, d routing.Decision) (*routed, error) {
	seal, err := t.seal()
	if err != nil {
		return nil, err
	}
	done := &routed{MessageID: h.MessageID, QueueID: d.QueueID, Notice: d.Notice, Alert: d.Alert, Trace: d.Trace}
	if t.Holder == conversation.HolderBot {
		if err := t.escalated(ctx, h, seal); err != nil {
			return nil, err
		}
	}
	const stream = `
		update conversations c set workstream_id = w.id from accounts a ` + workstreamOfUpdated + `
		where c.tenant = $1 and c.id = $2 and a.tenant = c.tenant and a.id = c.account_id`
	if _, err := t.tx.ExecContext(ctx, stream, t.ref.Tenant, t.ref.Conversation); err != nil {
		return nil, err
	}
	if err := t.goes(ctx, spot{State: conversation.StateOpen, Holder: conversation.HolderQueue, Queue: d.QueueID}); err != nil {
		return nil, err
	}
	done.Dropped = t.dropped
	if d.End {
		done.Closing = conversation.ClosedOverflow
	} else if err := t.newItem(ctx, d); err != nil {
		return nil, err
	}
	if done.NoticeID, err = t.notice(ctx, seal, h.MessageID, noticePart, d.Notice); err != nil {
		return nil, err
	}
	if d.Alert != "" {
		if err := t.alert(ctx, d.Alert); err != nil {
			return nil, err
		}
	}
	return done, t.traced(ctx, stageRoute, done)
}

// workstreamOfUpdated is workstreamOf for an update, whose target cannot be joined to.
const workstreamOfUpdated = `
	join workstreams w on w.tenant = a.tenant and w.id = coalesce(a.workstream_id,
		(select id from workstreams where tenant = a.tenant and is_default))`

// escalated notes that a bot gave the conversation up, and why.
func (t *talk) escalated(ctx context.Context, h conversation.HandOver, seal customerSeal) error {
	const update = `update conversations set escalated = true where tenant = $1 and id = $2`
	if _, err := t.tx.ExecContext(ctx, update, t.ref.Tenant, t.ref.Conversation); err != nil {
		return err
	}
	reason := seal.sealReason(t.ref.Conversation, h.MessageID, h.Reason)
	_, err := insertTurn(ctx, t.tx, t.ref, h.MessageID, h.FromEpoch, turnRow{Command: conversation.CommandEscalate, Reason: reason})
	return err
}

// notice stores an automated message to the customer and queues it; "" for none.
func (t *talk) notice(ctx context.Context, seal customerSeal, turn conversation.MessageID, part int, n routing.Notice) (conversation.MessageID, error) {
	if n == "" {
		return "", nil
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
