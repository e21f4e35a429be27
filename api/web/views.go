package web

import (
	"time"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// OfferView is the agent whom a conversation is offered to.
type OfferView struct {
	_            struct{}  `nullable:"true"`
	AssignmentID string    `json:"assignment_id" format:"uuid"`
	AgentID      string    `json:"agent_id" format:"uuid"`
	Deadline     time.Time `json:"deadline" doc:"When the next agent is asked"`
}

// ViewOffer returns an offer as the API shows it, or nil if there is none.
func ViewOffer(o *conversation.Offer) *OfferView {
	if o == nil {
		return nil
	}
	return &OfferView{AssignmentID: string(o.ID), AgentID: string(o.AgentID), Deadline: o.Deadline.UTC()}
}

// ShownPresenceView is the custom presence that an agent shows.
type ShownPresenceView struct {
	_    struct{} `nullable:"true"`
	ID   string   `json:"id" format:"uuid"`
	Name string   `json:"name"`
	Text string   `json:"text"`
}

// ViewShownPresence returns a custom presence as the API shows it, or nil if the agent shows none.
func ViewShownPresence(p *routing.ShownPresence) *ShownPresenceView {
	if p == nil {
		return nil
	}
	return &ShownPresenceView{ID: string(p.ID), Name: p.Name, Text: p.Text}
}
