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
	Ending         *string             `json:"ending" doc:"Why it ends as soon as nothing is on its way to the customer any more; until then only force-close is possible. null where nobody has ended it"`
	OpenedAt       time.Time           `json:"opened_at"`
	LastCustomerAt time.Time           `json:"last_customer_at" doc:"When the customer wrote last"`
	ClosedAt       *time.Time          `json:"closed_at"`

	Revision       int64          `json:"revision" doc:"Counts changes of how it stands; also its ETag"`
	WorkstreamID   *string        `json:"workstream_id" format:"uuid"`
	WaitingSince   *time.Time     `json:"waiting_since" doc:"Since when it waits for a person; null unless it does"`
	Offer          *offerView     `json:"offer" doc:"Whom it is offered to"`
	LastAgentID    *string        `json:"last_agent_id" format:"uuid" doc:"The agent who had it last"`
	Context        map[string]any `json:"context" doc:"The context variables that are set: texts and whole numbers"`
	Summary        string         `json:"summary" doc:"What the bot told of the talk when it gave it up; empty where it told nothing"`
	ReplyAllowance allowanceView  `json:"reply_allowance" doc:"What WeChat still takes for this customer, by our count"`
	Due            []dueView      `json:"due" nullable:"false" doc:"What happens to it unless something else does, soonest first"`
}

type offerView struct {
	_            struct{}  `nullable:"true"`
	AssignmentID string    `json:"assignment_id" format:"uuid"`
	AgentID      string    `json:"agent_id" format:"uuid"`
	Deadline     time.Time `json:"deadline" doc:"When the next agent is asked"`
}

type allowanceView struct {
	Until *time.Time `json:"until" doc:"When the reply window closes; null where it is closed"`
	Left  int        `json:"left" doc:"Messages that may still be sent in it"`
}

type dueView struct {
	What conversation.DueKind `json:"what" enum:"offer-ends,wait-ends,idle,queue-overflow,state-limit"`
	At   time.Time            `json:"at"`
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
	list := []string{"conversations", string(who.Tenant), string(who.Viewer().AgentID), string(in.State), in.Queue, in.Agent, in.Account}
	position, err := a.cursors.position(in.Cursor, list...)
	if err != nil {
		return nil, err
	}
	found, err := a.cfg.Transcripts.Conversations(ctx, who.Viewer(), conversation.Filter{
		State:     in.State,
		QueueID:   conversation.QueueID(in.Queue),
		AgentID:   conversation.AgentID(in.Agent),
		AccountID: conversation.AccountID(in.Account),
	}, readPosition(position), in.Limit+1)
	if err != nil {
		return nil, err
	}
	return &struct{ Body page[conversationView] }{pageOf(found, in.Limit, a.viewConversation, func(last conversation.Conversation) string {
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
	ETag string `header:"ETag" doc:"The revision, for If-Match"`
	Body conversationView
}

func (a *API) getConversation(ctx context.Context, in *struct {
	ID string `path:"id" format:"uuid"`
},
) (*conversationAnswer, error) {
	found, err := a.cfg.Transcripts.Conversation(ctx, callerOf(ctx).Viewer(), conversation.ID(in.ID))
	if err != nil {
		return nil, err
	}
	return &conversationAnswer{versionTag(found.Revision), a.viewConversation(found)}, nil
}

// messageView is one line of the transcript as the API shows it.
type messageView struct {
	ID        string              `json:"id" format:"uuid"`
	Author    conversation.Author `json:"author" enum:"customer,bot,agent,system"`
	AgentID   *string             `json:"agent_id" format:"uuid" doc:"The agent who wrote it"`
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
	afterSeq, _ := strconv.ParseInt(position, 10, 64) // ours, or "" for the beginning
	found, err := a.cfg.Transcripts.Messages(ctx, who.Viewer(), id, afterSeq, in.Limit+1)
	if err != nil {
		return nil, err
	}
	return &struct{ Body page[messageView] }{pageOf(found, in.Limit, viewMessage, func(last conversation.Message) string {
		return a.cursors.after(strconv.FormatInt(last.Seq, 10), list...)
	})}, nil
}

func (a *API) viewConversation(c conversation.Conversation) conversationView {
	return viewConversation(c, a.cfg.Now())
}

// viewConversation shows a conversation as it was at a time.
func viewConversation(c conversation.Conversation, at time.Time) conversationView {
	v := conversationView{
		ID:             string(c.ID),
		AccountID:      string(c.AccountID),
		Customer:       customerView{ID: string(c.Customer.ID), OpenID: c.Customer.OpenID},
		State:          c.State,
		Holder:         c.Holder,
		QueueID:        orNull(string(c.QueueID)),
		AgentID:        orNull(string(c.AgentID)),
		CloseReason:    orNull(string(c.CloseReason)),
		Ending:         orNull(string(c.Ending)),
		OpenedAt:       c.OpenedAt.UTC(),
		LastCustomerAt: c.LastCustomerAt.UTC(),
		ClosedAt:       timeOrNull(c.ClosedAt),
		Revision:       c.Revision,
		WorkstreamID:   orNull(string(c.WorkstreamID)),
		WaitingSince:   timeOrNull(c.WaitingSince),
		LastAgentID:    orNull(string(c.LastAgent)),
		Context:        c.Context,
		Summary:        c.Summary,
		ReplyAllowance: viewAllowance(c.Allowance, at),
		Due:            []dueView{},
	}
	if v.Context == nil {
		v.Context = map[string]any{}
	}
	if o := c.Offer; o != nil {
		v.Offer = &offerView{AssignmentID: string(o.ID), AgentID: string(o.AgentID), Deadline: o.Deadline.UTC()}
	}
	for _, d := range c.Due {
		v.Due = append(v.Due, dueView{d.What, d.At.UTC()})
	}
	return v
}

func viewAllowance(a conversation.Allowance, now time.Time) allowanceView {
	until := a.MessageUntil
	if a.TapUntil.After(until) {
		until = a.TapUntil
	}
	if !now.Before(until) {
		return allowanceView{}
	}
	return allowanceView{Until: timeOrNull(until), Left: a.Left(now)}
}

func timeOrNull(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	at = at.UTC()
	return &at
}

func viewMessage(m conversation.Message) messageView {
	v := messageView{ID: string(m.ID), Author: m.Author, AgentID: orNull(string(m.AgentID)), Kind: m.Kind, Text: m.Text, Fields: m.Fields, CreatedAt: m.CreatedAt.UTC()}
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
