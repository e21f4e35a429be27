package web

import (
	"wxdesk/internal/routing"
)

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
