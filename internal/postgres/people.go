package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"wxdesk/internal/conversation"
)

// What transactions that concern people have in common: they wake the distribution, tell the desks, and leave a notice for a
// conversation's run.

// Channels of LISTEN and NOTIFY. A notice says that there is something to look at, nothing more.
const (
	channelWake = "wxdesk_wake"
	channelFeed = "wxdesk_feed"
)

// wake has the distribution look again, at once where at is zero. It belongs into every transaction that may have made a
// match possible.
func wake(ctx context.Context, tx *sqlx.Tx, t conversation.Tenant, at time.Time) error {
	if at.IsZero() {
		_, err := tx.ExecContext(ctx, `with due as (insert into wakes (tenant) values ($1)) select pg_notify('`+channelWake+`', '')`, t)
		return err
	}
	_, err := tx.ExecContext(ctx, `insert into wakes (tenant, due_at) values ($1, $2)`, t, at)
	return err
}

// Kinds of feed rows; the names of the events on the event stream.
const (
	feedConversation = "conversation" // its standing has changed
	feedLeft         = "left"         // to the agent who had it: no longer his
	feedMessage      = "message"      // a line more in the transcript
	feedDelivery     = "delivery"     // what became of a message to the customer
	feedNote         = "note"
	feedOffer        = "offer"      // to an agent: is it for you
	feedOfferOver    = "offer-over" // to the agent: no longer
	feedPresence     = "presence"
	feedAlert        = "alert" // to supervisors
)

// feedRow is something that desks are told. Whom: supervisors everything, an agent what names him or a queue of his.
type feedRow struct {
	Kind         string
	Conversation conversation.ID
	Queue        conversation.QueueID // "" unless the queue's members are told
	Agent        conversation.AgentID // "" unless an agent is told
	Body         any                  // ids and states, never content
}

// publish tells the desks, once the transaction is committed.
func publish(ctx context.Context, tx *sqlx.Tx, t conversation.Tenant, rows ...feedRow) error {
	const insert = `
		with told as (
			insert into feed (tenant, kind, conversation_id, queue_id, agent_id, body)
			values ($1, $2, nullif($3, '')::uuid, nullif($4, '')::uuid, nullif($5, '')::uuid, $6))
		select pg_notify('` + channelFeed + `', '')`
	for _, row := range rows {
		if row.Body == nil {
			row.Body = struct{}{}
		}
		body, err := json.Marshal(row.Body)
		if err != nil {
			return fmt.Errorf("encode a feed row: %w", err)
		}
		if _, err := tx.ExecContext(ctx, insert, t, row.Kind, string(row.Conversation), string(row.Queue), string(row.Agent), string(body)); err != nil {
			return err
		}
	}
	return nil
}

// changed raises the conversation's revision after its row was changed, tells the desks how it stands now, and returns
// that. Who had it before is told that he has not any more. It is the last statement of a change of standing.
func changed(ctx context.Context, tx *sqlx.Tx, c conversation.Ref, before conversation.AgentID) (conversation.Standing, error) {
	const raise = `update conversations set revision = revision + 1 where tenant = $1 and id = $2`
	if _, err := tx.ExecContext(ctx, raise, c.Tenant, c.Conversation); err != nil {
		return conversation.Standing{}, err
	}
	s, err := readStanding(ctx, tx, c)
	if err != nil {
		return conversation.Standing{}, err
	}
	now := feedRow{Kind: feedConversation, Conversation: c.Conversation, Agent: s.AgentID, Body: standingBody(s)}
	if s.Holder == conversation.HolderQueue && s.State != conversation.StateClosed {
		now.Queue = s.QueueID
	}
	rows := []feedRow{now}
	if before != "" && before != s.AgentID {
		rows = append(rows, feedRow{Kind: feedLeft, Conversation: c.Conversation, Agent: before, Body: standingBody(s)})
	}
	return s, publish(ctx, tx, c.Tenant, rows...)
}

// standingBody is a standing as the desks are told it.
func standingBody(s conversation.Standing) any {
	type offer struct {
		AssignmentID conversation.AssignmentID `json:"assignment_id"`
		AgentID      conversation.AgentID      `json:"agent_id"`
		Deadline     time.Time                 `json:"deadline"`
	}
	body := struct {
		Revision int64                `json:"revision"`
		State    conversation.State   `json:"state"`
		Holder   conversation.Holder  `json:"holder"`
		QueueID  conversation.QueueID `json:"queue_id,omitempty"`
		AgentID  conversation.AgentID `json:"agent_id,omitempty"`
		Offer    *offer               `json:"offer,omitempty"`
	}{s.Revision, s.State, s.Holder, s.QueueID, s.AgentID, nil}
	if o := s.Offer; o != nil {
		body.Offer = &offer{o.ID, o.AgentID, o.Deadline.UTC()}
	}
	return body
}

// leaveWord has the run of a conversation told that its agent has gone.
func leaveWord(ctx context.Context, tx *sqlx.Tx, c conversation.Ref) error {
	_, err := noticeRun(ctx, tx, c, actUnassigned, true)
	return err
}
