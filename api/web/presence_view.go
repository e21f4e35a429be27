package web

import (
	"time"

	"wxdesk/internal/routing"
)

// PresenceView is whether an agent is there, and what they have to do.
type PresenceView struct {
	AgentID  string             `json:"agent_id" format:"uuid"`
	Name     string             `json:"name"`
	Presence routing.Presence   `json:"presence" enum:"available,busy,dnd,away,offline,inactive"`
	Custom   *ShownPresenceView `json:"custom_presence" doc:"What the agent shows in its place; null: as it is"`
	Manual   bool               `json:"manual" doc:"Whether a person chose it"`
	Since    time.Time          `json:"since"`
	Capacity int                `json:"capacity" doc:"Units in all"`
	Load     int                `json:"load" doc:"Units that are taken"`
	Sessions int                `json:"sessions" doc:"Conversations offered to the agent or accepted, without those put aside"`
	Profiles []ProfileUseView   `json:"profiles" nullable:"false" doc:"Capacity profiles"`
	Queues   []string           `json:"queues" nullable:"false" doc:"Ids of the queues that the agent is a member of"`
}

// ProfileUseView is how much of a capacity profile an agent uses.
type ProfileUseView struct {
	ProfileID string `json:"profile_id" format:"uuid"`
	Limit     int    `json:"limit"`
	Used      int    `json:"used"`
}

// ViewPresence shows it.
func ViewPresence(n routing.AgentNow) PresenceView {
	v := PresenceView{
		AgentID: string(n.ID), Name: n.Name, Presence: n.Presence, Custom: ViewShownPresence(n.Shown), Manual: n.Manual, Since: n.PresenceAt.UTC(),
		Capacity: n.Units, Load: n.Load, Sessions: n.Sessions, Profiles: []ProfileUseView{}, Queues: []string{},
	}
	for _, p := range n.Profiles {
		v.Profiles = append(v.Profiles, ProfileUseView{string(p.ID), p.Limit, p.Used})
	}
	for _, q := range n.Queues {
		v.Queues = append(v.Queues, string(q))
	}
	return v
}
