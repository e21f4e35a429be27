package desk

import (
	"context"
	"strconv"
	"time"

	"wxdesk/api/web"
	"wxdesk/internal/conversation"
)

// messageView is one message of the transcript as the API shows it.
type messageView struct {
	ID        string              `json:"id" format:"uuid"`
	Author    conversation.Author `json:"author" enum:"customer,bot,agent,system"`
	AgentID   *string             `json:"agent_id" format:"uuid" doc:"The agent who wrote it"`
	Kind      string              `json:"kind" doc:"WeChat's MsgType, or the event's name"`
	Text      string              `json:"text" doc:"Empty where there is none"`
	Fields    map[string]string   `json:"fields" doc:"What else a customer's message carried, by WeChat's element names; strangers wrote it"`
	CreatedAt time.Time           `json:"created_at"`
	Delivery  *deliveryView       `json:"delivery" doc:"What became of it on the way to the customer; null for what customers said"`
	Key       *string             `json:"key" doc:"The Idempotency-Key under which you sent it, for a day; null for what others sent"`
}

type deliveryView struct {
	_      struct{}                    `nullable:"true"`
	Status conversation.DeliveryStatus `json:"status" enum:"queued,sending,sent,failed,unknown"`
	Reason string                      `json:"reason" doc:"A stable word, or empty"`
}

func (d *Desk) ListMessages(ctx context.Context, in *struct {
	ID     string `path:"id" format:"uuid"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor string `query:"cursor" maxLength:"512" doc:"The next of the page before"`
},
) (*struct{ Body web.Page[messageView] }, error) {
	who, id := web.CallerOf(ctx), conversation.ID(in.ID)
	list := []string{"messages", string(who.Tenant), in.ID}
	position, err := d.cursors.Position(in.Cursor, list...)
	if err != nil {
		return nil, err
	}
	afterSeq, _ := strconv.ParseInt(position, 10, 64) // ours, or "" for the beginning
	found, err := d.cfg.Conversations.Messages(ctx, who.Viewer(), id, afterSeq, in.Limit+1)
	if err != nil {
		return nil, err
	}
	return &struct{ Body web.Page[messageView] }{web.PageOf(found, in.Limit, viewMessage, func(last conversation.Message) string {
		return d.cursors.After(strconv.FormatInt(last.Seq, 10), list...)
	})}, nil
}

func viewMessage(m conversation.Message) messageView {
	v := messageView{ID: string(m.ID), Author: m.Author, AgentID: web.OrNull(string(m.AgentID)), Kind: m.Kind, Text: m.Text, Fields: m.Fields, CreatedAt: m.CreatedAt.UTC(), Key: web.OrNull(m.Key)}
	if v.Fields == nil {
		v.Fields = map[string]string{}
	}
	if m.Delivery != nil {
		v.Delivery = &deliveryView{Status: m.Delivery.Status, Reason: m.Delivery.Reason}
	}
	return v
}
