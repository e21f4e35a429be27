package api

import (
	"context"
	"strconv"
	"strings"
	"time"

	"wxdesk/internal/conversation"
)

// conversationView is a conversation as the API shows it.
type conversationView struct {
	ID             string              `json:"id" format:"uuid"`
	AccountID      string              `json:"account_id" format:"uuid"`
	Customer       customerView        `json:"customer"`
	State          conversation.State  `json:"state" enum:"open,active,waiting,wrap_up,closed" doc:"One that a bot holds is active"`
	Holder         conversation.Holder `json:"holder" enum:"bot,queue,agent" doc:"Who acts next"`
	QueueID        *string             `json:"queue_id" format:"uuid" doc:"The queue it waits in"`
	AgentID        *string             `json:"agent_id" format:"uuid" doc:"The agent who has it"`
	CloseReason    *string             `json:"close_reason" doc:"Why it ended"`
	OpenedAt       time.Time           `json:"opened_at"`
	LastCustomerAt time.Time           `json:"last_customer_at" doc:"When the customer wrote last"`
	ClosedAt       *time.Time          `json:"closed_at"`
}

type customerView struct {
	ID     string `json:"id" format:"uuid"`
	OpenID string `json:"openid" doc:"WeChat's name for the customer towards this account; personal data"`
}

func (a *API) listConversations(ctx context.Context, in *struct {
	State   conversation.State `query:"state" enum:"open,active,waiting,wrap_up,closed"`
	Queue   string             `query:"queue" format:"uuid"`
	Agent   string             `query:"agent" format:"uuid"`
	Account string             `query:"account" format:"uuid"`
	Limit   int                `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor  string             `query:"cursor" maxLength:"512" doc:"The next of the page before"`
},
) (*struct{ Body page[conversationView] }, error) {
	for _, id := range []string{in.Queue, in.Agent, in.Account} {
		if id != "" && !isUUID(id) {
			return nil, invalid.problem(fault{"query", "expected queue, agent and account to be UUIDs in lower case"})
		}
	}
	who := callerOf(ctx)
	list := []string{"conversations", string(who.Tenant), string(in.State), in.Queue, in.Agent, in.Account}
	position, err := a.cursors.position(in.Cursor, list...)
	if err != nil {
		return nil, err
	}
	found, err := a.cfg.Transcripts.Conversations(ctx, who.Tenant, conversation.Filter{
		State:     in.State,
		QueueID:   conversation.QueueID(in.Queue),
		AgentID:   conversation.AgentID(in.Agent),
		AccountID: conversation.AccountID(in.Account),
	}, readPosition(position), in.Limit+1)
	if err != nil {
		return nil, err
	}
	return &struct{ Body page[conversationView] }{pageOf(found, in.Limit, viewConversation, func(last conversation.Conversation) string {
		return a.cursors.after(writePosition(last), list...)
	})}, nil
}

// writePosition and readPosition carry a conversation.Position through a cursor, whose HMAC proves that it was written
// here.
func writePosition(last conversation.Conversation) string {
	return last.OpenedAt.UTC().Format(time.RFC3339Nano) + " " + string(last.ID)
}

func readPosition(text string) conversation.Position {
	at, id, _ := strings.Cut(text, " ")
	opened, err := time.Parse(time.RFC3339Nano, at)
	if err != nil {
		return conversation.Position{}
	}
	return conversation.Position{OpenedAt: opened, ID: conversation.ID(id)}
}

type conversationAnswer struct {
	Body conversationView
}

func (a *API) getConversation(ctx context.Context, in *struct {
	ID string `path:"id" format:"uuid"`
},
) (*conversationAnswer, error) {
	found, err := a.cfg.Transcripts.Conversation(ctx, callerOf(ctx).Tenant, conversation.ID(in.ID))
	if err != nil {
		return nil, err
	}
	return &conversationAnswer{viewConversation(found)}, nil
}

// messageView is one line of the transcript as the API shows it.
type messageView struct {
	ID        string              `json:"id" format:"uuid"`
	Author    conversation.Author `json:"author" enum:"customer,bot,agent,system"`
	Kind      string              `json:"kind" doc:"WeChat's MsgType, or the event's name"`
	Text      string              `json:"text" doc:"Empty where there is none"`
	Fields    map[string]string   `json:"fields" doc:"What else a customer's message carried, by WeChat's element names; strangers wrote it"`
	CreatedAt time.Time           `json:"created_at"`
	Delivery  *deliveryView       `json:"delivery" doc:"What became of it on the way to the customer; null for what customers said"`
}

type deliveryView struct {
	_      struct{}                    `nullable:"true"`
	Status conversation.DeliveryStatus `json:"status" enum:"queued,sending,sent,failed,unknown"`
	Reason string                      `json:"reason" doc:"A stable word, or empty"`
}

func (a *API) listMessages(ctx context.Context, in *struct {
	ID     string `path:"id" format:"uuid"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor string `query:"cursor" maxLength:"512" doc:"The next of the page before"`
},
) (*struct{ Body page[messageView] }, error) {
	who, id := callerOf(ctx), conversation.ID(in.ID)
	list := []string{"messages", string(who.Tenant), in.ID}
	position, err := a.cursors.position(in.Cursor, list...)
	if err != nil {
		return nil, err
	}
	if _, err := a.cfg.Transcripts.Conversation(ctx, who.Tenant, id); err != nil {
		return nil, err
	}
	afterSeq, _ := strconv.ParseInt(position, 10, 64) // ours, or "" for the beginning
	found, err := a.cfg.Transcripts.Messages(ctx, who.Tenant, id, afterSeq, in.Limit+1)
	if err != nil {
		return nil, err
	}
	return &struct{ Body page[messageView] }{pageOf(found, in.Limit, viewMessage, func(last conversation.Message) string {
		return a.cursors.after(strconv.FormatInt(last.Seq, 10), list...)
	})}, nil
}

func viewConversation(c conversation.Conversation) conversationView {
	v := conversationView{
		ID:             string(c.ID),
		AccountID:      string(c.AccountID),
		Customer:       customerView{ID: string(c.Customer.ID), OpenID: c.Customer.OpenID},
		State:          c.State,
		Holder:         c.Holder,
		QueueID:        orNull(string(c.QueueID)),
		AgentID:        orNull(string(c.AgentID)),
		CloseReason:    orNull(string(c.CloseReason)),
		OpenedAt:       c.OpenedAt.UTC(),
		LastCustomerAt: c.LastCustomerAt.UTC(),
	}
	if !c.ClosedAt.IsZero() {
		at := c.ClosedAt.UTC()
		v.ClosedAt = &at
	}
	return v
}

func viewMessage(m conversation.Message) messageView {
	v := messageView{ID: string(m.ID), Author: m.Author, Kind: m.Kind, Text: m.Text, Fields: m.Fields, CreatedAt: m.CreatedAt.UTC()}
	if v.Fields == nil {
		v.Fields = map[string]string{}
	}
	if m.Delivery != nil {
		v.Delivery = &deliveryView{Status: m.Delivery.Status, Reason: m.Delivery.Reason}
	}
	return v
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
