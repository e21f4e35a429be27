package desk

import (
	"strings"
	"time"

	"wxdesk/api/web"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
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

	Last            *lastView             `json:"last" doc:"The last message of the customer, a bot or an agent; null before the first"`
	UnansweredSince *time.Time            `json:"unanswered_since" doc:"Since when the customer waits for an answer of a bot or an agent; null: they do not"`
	AnsweredAt      *time.Time            `json:"answered_at" doc:"When a bot or an agent wrote last"`
	Unread          int                   `json:"unread" doc:"The customer's messages among the newest 100 that you have not read"`
	Priority        int                   `json:"priority" doc:"Smaller goes first"`
	Skills          []routing.NeededSkill `json:"skills" nullable:"false" doc:"That it needs"`

	Revision       int64          `json:"revision" doc:"Counts changes of how it stands; also its ETag"`
	WorkstreamID   *string        `json:"workstream_id" format:"uuid"`
	WaitingSince   *time.Time     `json:"waiting_since" doc:"Since when it waits for a person; null unless it does"`
	Offer          *web.OfferView `json:"offer" doc:"Whom it is offered to"`
	LastAgentID    *string        `json:"last_agent_id" format:"uuid" doc:"The agent who had it last"`
	Context        map[string]any `json:"context" doc:"The context variables that are set: texts and whole numbers"`
	Summary        string         `json:"summary" doc:"The bot's summary when it handed the conversation over; empty where it gave none"`
	ReplyAllowance allowanceView  `json:"reply_allowance" doc:"What WeChat still takes for this customer, by our count"`
	Due            []dueView      `json:"due" nullable:"false" doc:"What happens to it unless something else does, soonest first"`
}

type allowanceView struct {
	Until    *time.Time `json:"until" doc:"When the reply window closes; null where it is closed"`
	Left     int        `json:"left" doc:"Messages that may still be sent in it"`
	Of       int        `json:"of" doc:"Messages that could be sent when it opened; 0 where it is closed"`
	OpenedBy string     `json:"opened_by" enum:"message,subscribe,scan,menu," doc:"The act of the customer that opened the window that closes last; empty where none did yet"`
	ClosedAt *time.Time `json:"closed_at" doc:"When it closed; null where it is open"`
}

// lastView is the last message, cut short.
type lastView struct {
	_       struct{}            `nullable:"true"`
	Author  conversation.Author `json:"author" enum:"customer,bot,agent,system"`
	Kind    string              `json:"kind" doc:"WeChat's MsgType, or the event's name"`
	Excerpt string              `json:"excerpt" doc:"At most 80 characters"`
	At      time.Time           `json:"at"`
}

type dueView struct {
	What conversation.DueKind `json:"what" enum:"offer-ends,offer-unseen,wait-ends,idle,queue-overflow,wrap-up-ends,state-limit"`
	At   time.Time            `json:"at"`
}

type customerView struct {
	ID     string   `json:"id" format:"uuid"`
	OpenID string   `json:"openid" doc:"WeChat's name for the customer towards this account; personal data"`
	Label  string   `json:"label" doc:"What people call the customer: WeChat tells no names" example:"客户 7F3A"`
	Tags   []string `json:"tags" nullable:"false"`
}

func (d *Desk) viewConversation(c conversation.Conversation) ConversationView {
	return viewConversation(c, d.cfg.Now())
}

// viewConversation shows a conversation as it was at a time.
func viewConversation(c conversation.Conversation, at time.Time) ConversationView {
	v := ConversationView{
		ID:             string(c.ID),
		AccountID:      string(c.AccountID),
		Customer:       customerView{string(c.Customer.ID), c.Customer.OpenID, c.Customer.Label(), append([]string{}, c.Customer.Tags...)},
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
		Offer:          web.ViewOffer(c.Offer),
		LastAgentID:    web.OrNull(string(c.LastAgent)),
		Context:        c.Context,
		Summary:        c.Summary,
		ReplyAllowance: viewAllowance(c.Allowance, at),
		Due:            []dueView{},

		Last: viewLast(c.Last), UnansweredSince: web.TimeOrNull(c.UnansweredSince), AnsweredAt: web.TimeOrNull(c.AnsweredAt),
		Unread: c.Unread, Priority: c.Priority, Skills: []routing.NeededSkill{},
	}
	for _, s := range c.Skills {
		v.Skills = append(v.Skills, routing.NeededSkill{SkillID: routing.SkillID(s.SkillID), Rating: s.Rating})
	}
	if v.Context == nil {
		v.Context = map[string]any{}
	}
	for _, d := range c.Due {
		v.Due = append(v.Due, dueView{d.What, d.At.UTC()})
	}
	return v
}

func viewAllowance(a conversation.Allowance, now time.Time) allowanceView {
	until, v := a.MessageUntil, allowanceView{OpenedBy: "message"}
	if a.TapUntil.After(until) {
		until, v.OpenedBy = a.TapUntil, openedBy(a.TapBy)
	}
	switch {
	case until.IsZero():
		return allowanceView{}
	case !now.Before(until):
		v.ClosedAt = web.TimeOrNull(until)
		return v
	}
	v.Until, v.Left = web.TimeOrNull(until), a.Left(now)
	if now.Before(a.MessageUntil) {
		v.Of += conversation.MessageAllowance
	}
	if now.Before(a.TapUntil) {
		v.Of += conversation.TapAllowance
	}
	return v
}

// openedBy names the act that opened the window of a tap, by the kind of its message: all but two are of menus.
func openedBy(kind string) string {
	switch kind = strings.ToLower(kind); kind {
	case "", "subscribe", "scan":
		return kind
	}
	return "menu"
}

// excerptRunes is how long the excerpt of a message is.
const excerptRunes = 80

func viewLast(m *conversation.LastMessage) *lastView {
	if m == nil {
		return nil
	}
	text := []rune(m.Text)
	return &lastView{Author: m.Author, Kind: m.Kind, Excerpt: string(text[:min(len(text), excerptRunes)]), At: m.At.UTC()}
}
