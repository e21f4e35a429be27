package postgres

import (
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"wxdesk/internal/conversation"
	"wxdesk/internal/wechat"
)

// reply says something to the customer: only who has the conversation may, and only while WeChat takes it. The run sends it.
// Where the allowance is spent although a line of the customer is on its way, the agent has not seen that line either.
func (a *act) reply(ctx context.Context) (conversation.Refusal, error) {
	if refused := a.speaks(); refused != "" {
		return refused, nil
	}
	if !sayable(a.text) {
		return conversation.RefusedText, nil
	}
	if refused, err := a.allowance(ctx); err != nil || refused != "" {
		return refused, err
	}
	seal, err := a.seal()
	if err != nil {
		return "", err
	}
	ids, err := say(ctx, a.tx, a.ref, a.LastSeq, seal, speech{
		author: conversation.AuthorAgent, agent: &a.me.ID, texts: []string{a.text}, epoch: &a.Epoch,
	})
	if err != nil {
		return "", err
	}
	a.made = ids[0]
	if err := a.keepTrace(ctx); err != nil {
		return "", err
	}
	return "", a.tellLine(ctx, lineBody{ids[0], a.LastSeq + 1, conversation.AuthorAgent})
}

// keepTrace has what follows from a reply join the trace of its request.
func (a *act) keepTrace(ctx context.Context) error {
	if a.trace == "" {
		return nil
	}
	const update = `update messages set traceparent = $3 where tenant = $1 and id = $2`
	_, err := a.tx.ExecContext(ctx, update, a.ref.Tenant, a.made, a.trace)
	return err
}

// speaks says why who commands may not speak to the customer, "" if he may.
func (a *act) speaks() conversation.Refusal {
	switch {
	case !a.mine():
		return conversation.RefusedNotYours
	case a.State != conversation.StateActive:
		return conversation.RefusedState
	}
	return ""
}

// sayable reports whether WeChat can carry a text.
func sayable(text string) bool {
	return strings.TrimSpace(text) != "" && len(text) <= wechat.MaxTextBytes && utf8.ValidString(text)
}

// allowance says why WeChat takes no further message for this customer, by our count: messages that wait to be sent are
// counted as sent.
func (a *act) allowance(ctx context.Context) (conversation.Refusal, error) {
	left, err := a.customer.allowance().Spend(a.Now)
	if err == nil {
		const query = `select count(*) from deliveries where tenant = $1 and conversation_id = $2 and status = 'queued'`
		var queued int
		if err := a.tx.GetContext(ctx, &queued, query, a.ref.Tenant, a.ref.Conversation); err != nil {
			return "", err
		}
		for ; queued > 0 && err == nil; queued-- {
			left, err = left.Spend(a.Now)
		}
	}
	switch {
	case errors.Is(err, conversation.ErrWindowClosed):
		return conversation.RefusedWindow, nil
	case errors.Is(err, conversation.ErrAllowanceSpent):
		return conversation.RefusedAllowance, nil
	}
	return "", err
}

// resend queues a message again that did not arrive, or of which nothing is known; only a person does that.
func (a *act) resend(ctx context.Context) (conversation.Refusal, error) {
	if refused := a.speaks(); refused != "" && !a.supervises() {
		return refused, nil
	}
	if knownForm(conversation.QueueID(a.cmd.MessageID)) == "" {
		return conversation.RefusedDelivered, nil
	}
	if refused, err := a.allowance(ctx); err != nil || refused != "" {
		return refused, err
	}
	const update = `
		update deliveries set status = 'queued', reason = '', errcode = null, attempt_id = null, attempts = 0, epoch = $4, not_before = null, until = null, updated_at = now()
		where tenant = $1 and conversation_id = $2 and message_id = $3 and status in ('failed', 'unknown')`
	again, err := affected(a.tx.ExecContext(ctx, update, a.ref.Tenant, a.ref.Conversation, a.cmd.MessageID, a.Epoch))
	if err != nil || again == 0 {
		return conversation.RefusedDelivered, err
	}
	a.made = a.cmd.MessageID
	return "", publish(ctx, a.tx, a.ref.Tenant, a.row(feedDelivery, deliveryBody{MessageID: a.cmd.MessageID, Status: conversation.DeliveryQueued}))
}

// note keeps what is for colleagues, under the command's id.
func (a *act) note(ctx context.Context) (conversation.Refusal, error) {
	if strings.TrimSpace(a.text) == "" || !utf8.ValidString(a.text) {
		return conversation.RefusedText, nil
	}
	seal, err := a.seal()
	if err != nil {
		return "", err
	}
	author := a.cmd.By.TokenID
	if a.me != nil {
		author = string(a.me.ID)
	}
	const insert = `insert into notes (tenant, id, conversation_id, author, body) values ($1, $2, $3, $4, $5)`
	if _, err := a.tx.ExecContext(ctx, insert, a.ref.Tenant, a.cmd.ID, a.ref.Conversation, author, seal.sealNote(a.cmd.ID, a.text)); err != nil {
		return "", err
	}
	a.made = conversation.MessageID(a.cmd.ID)
	return "", publish(ctx, a.tx, a.ref.Tenant, a.row(feedNote, struct {
		NoteID string `json:"note_id"`
		Author string `json:"author"`
	}{a.cmd.ID, author}))
}

// lineBody is a line more in the transcript, as the desks are told.
type lineBody struct {
	MessageID conversation.MessageID `json:"message_id"`
	Seq       int64                  `json:"seq"`
	Author    conversation.Author    `json:"author"`
}

// deliveryBody is what became of a message to the customer, as the desks are told.
type deliveryBody struct {
	MessageID conversation.MessageID      `json:"message_id"`
	Status    conversation.DeliveryStatus `json:"status"`
	Reason    string                      `json:"reason,omitempty"`
}

func (t *talk) tellLine(ctx context.Context, l lineBody) error {
	return publish(ctx, t.tx, t.ref.Tenant, t.row(feedMessage, l))
}

// row is a feed row for those who have to do with the conversation: its agent, or whom it is offered to, or its queue.
func (t *talk) row(kind string, body any) feedRow {
	r := feedRow{Kind: kind, Conversation: t.ref.Conversation, Agent: t.Agent, Body: body}
	if t.Holder == conversation.HolderQueue {
		r.Queue = t.Queue
	}
	if t.live.offered() {
		r.Agent = t.live.Agent
	}
	return r
}
