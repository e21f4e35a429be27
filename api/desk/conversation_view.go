package desk

import (
	"time"

	"wxdesk/api/web"
	"wxdesk/internal/conversation"
)

// ConversationView is a conversation as the API shows it.
type ConversationView struct {
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
	Summary        string         `json:"summary" doc:"The bot's summary when it handed the conversation over; empty where it gave none"`
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

func (d *Desk) viewConversation(c conversation.Conversation) ConversationView {
	return viewConversation(c, d.cfg.Now())
}

// viewConversation shows a conversation as it was at a time.
func viewConversation(c conversation.Conversation, at time.Time) ConversationView {
	v := ConversationView{
		ID:             string(c.ID),
		AccountID:      string(c.AccountID),
		Customer:       customerView{ID: string(c.Customer.ID), OpenID: c.Customer.OpenID},
		State:          c.State,
		Holder:         c.Holder,
		QueueID:        web.OrNull(string(c.QueueID)),
		AgentID:        web.OrNull(string(c.AgentID)),
		CloseReason:    web.OrNull(string(c.CloseReason)),
		Ending:         web.OrNull(string(c.Ending)),
		OpenedAt:       c.OpenedAt.UTC(),
		LastCustomerAt: c.LastCustomerAt.UTC(),
		ClosedAt:       web.TimeOrNull(c.ClosedAt),
		Revision:       c.Revision,
		WorkstreamID:   web.OrNull(string(c.WorkstreamID)),
		WaitingSince:   web.TimeOrNull(c.WaitingSince),
		LastAgentID:    web.OrNull(string(c.LastAgent)),
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
	return allowanceView{Until: web.TimeOrNull(until), Left: a.Left(now)}
}
