package admin

import (
	"time"

	"wxdesk/api/web"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// workstreamView is a workstream as the API shows it.
type workstreamView struct {
	ID               string             `json:"id" format:"uuid"`
	Name             string             `json:"name"`
	Mode             routing.Mode       `json:"mode" enum:"push,pick"`
	PickFromPush     bool               `json:"pick_from_push"`
	TransferToAgents bool               `json:"transfer_to_agents"`
	AgentsSetSkills  bool               `json:"agents_set_skills"`
	FallbackQueueID  string             `json:"fallback_queue_id" format:"uuid"`
	AutoClose        *string            `json:"auto_close" doc:"null: the account's idle_close"`
	Units            int                `json:"units"`
	ProfileIDs       []string           `json:"profile_ids" nullable:"false"`
	WrapUp           routing.WrapUp     `json:"wrap_up" enum:"always,never,after"`
	WrapUpFor        string             `json:"wrap_up_for"`
	Presences        []routing.Presence `json:"presences" nullable:"false"`
	SkillMatch       routing.SkillMatch `json:"skill_match" enum:"exact,closest,none"`
	Affinity         bool               `json:"affinity"`
	AffinityAlways   bool               `json:"affinity_always"`
	AffinityAge      string             `json:"affinity_age"`
	OfferFor         string             `json:"offer_for"`
	AutoAccept       bool               `json:"auto_accept"`
	MissedInactive   bool               `json:"missed_inactive"`
	RejectDND        bool               `json:"reject_dnd"`
	DeclinePause     string             `json:"decline_pause"`
	OpenLimit        string             `json:"open_limit"`
	ActiveLimit      string             `json:"active_limit"`
	WrapUpLimit      string             `json:"wrap_up_limit"`
	MaxPerAgent      *int               `json:"max_per_agent" doc:"null: no limit"`
	Variables        []routing.Variable `json:"variables" nullable:"false"`
	Default          bool               `json:"default" doc:"For accounts that name none"`
	StampView
}

func viewWorkstream(w routing.Workstream) workstreamView {
	v := workstreamView{
		ID: string(w.ID), Name: w.Name, Mode: w.Mode, PickFromPush: w.PickFromPush, TransferToAgents: w.TransferToAgents, AgentsSetSkills: w.AgentsSetSkills, FallbackQueueID: string(w.FallbackQueue),
		Units: w.Units, ProfileIDs: web.Texts(w.Profiles), WrapUp: w.WrapUp, WrapUpFor: formatDuration(w.WrapUpFor), Presences: w.Presences,
		SkillMatch: w.SkillMatch, Affinity: w.Affinity, AffinityAlways: w.AffinityAlways, AffinityAge: formatDuration(w.AffinityAge),
		OfferFor: formatDuration(w.OfferFor), AutoAccept: w.AutoAccept, MissedInactive: w.MissedInactive, RejectDND: w.RejectDND,
		DeclinePause: formatDuration(w.DeclinePause), OpenLimit: formatDuration(w.OpenLimit),
		ActiveLimit: formatDuration(w.ActiveLimit), WrapUpLimit: formatDuration(w.WrapUpLimit), Variables: w.Variables, Default: w.Default, StampView: viewStamp(w.Stamp),
	}
	if w.AutoClose > 0 {
		v.AutoClose = web.OrNull(formatDuration(w.AutoClose))
	}
	if w.MaxPerAgent > 0 {
		v.MaxPerAgent = &w.MaxPerAgent
	}
	return v
}

// workstreamChange is what may change about a workstream; what is absent stays, and so does what is null, except
// auto_close and max_per_agent.
type workstreamChange struct {
	Name            *string `json:"name,omitempty" minLength:"1" maxLength:"100"`
	FallbackQueueID *string `json:"fallback_queue_id,omitempty" format:"uuid" doc:"Where conversations go when no rule says where"`
	WorkstreamSettings
}

// WorkstreamSettings are the settings of a workstream that have a default.
type WorkstreamSettings struct {
	Mode             *routing.Mode        `json:"mode,omitempty" enum:"push,pick" doc:"push: conversations are offered to agents; pick: agents take them"`
	PickFromPush     *bool                `json:"pick_from_push,omitempty" doc:"Agents may also take what is offered"`
	TransferToAgents *bool                `json:"transfer_to_agents,omitempty" doc:"Agents may hand a conversation on to a colleague; supervisors always may"`
	AgentsSetSkills  *bool                `json:"agents_set_skills,omitempty" doc:"Agents may correct which skills a conversation of theirs needs; supervisors always may"`
	AutoClose        web.Optional[string] `json:"auto_close,omitempty" doc:"Of a conversation put aside: 1s or more; null: the account's idle_close"`
	Units            amount               `json:"units,omitempty" doc:"That a conversation takes of an agent's; 25 unless said"`
	ProfileIDs       *[]string            `json:"profile_ids,omitempty" maxItems:"20" doc:"Capacity profiles that a conversation takes in place of units; empty: units"`
	WrapUp           *routing.WrapUp      `json:"wrap_up,omitempty" enum:"always,never,after" doc:"Whether wrapping up takes capacity; after: for wrap_up_for"`
	WrapUpFor        *string              `json:"wrap_up_for,omitempty" doc:"A duration such as 90s or 5m; at most 1h"`
	Presences        *[]routing.Presence  `json:"presences,omitempty" maxItems:"5" doc:"Whose holders are offered work: available, busy, dnd, away, offline"`
	SkillMatch       *routing.SkillMatch  `json:"skill_match,omitempty" enum:"exact,closest,none"`
	Affinity         *bool                `json:"affinity,omitempty" doc:"A conversation comes back to the agent who had it"`
	AffinityAlways   *bool                `json:"affinity_always,omitempty" doc:"It waits for them however long they are away; otherwise others are asked after offer_for"`
	AffinityAge      *string              `json:"affinity_age,omitempty" doc:"How long after a customer's conversation the next one is kept for the agent who had it: 1h to 8784h; 720h unless said"`
	OfferFor         *string              `json:"offer_for,omitempty" doc:"How long an agent may think: 1s to 5m"`
	AutoAccept       *bool                `json:"auto_accept,omitempty" doc:"Assigned without asking"`
	MissedInactive   *bool                `json:"missed_inactive,omitempty" doc:"An offer that nobody answers makes the agent inactive"`
	RejectDND        *bool                `json:"reject_dnd,omitempty" doc:"A rejected offer makes the agent do-not-disturb"`
	DeclinePause     *string              `json:"decline_pause,omitempty" doc:"Before an agent who declined a conversation, or let the offer pass, is asked about it again: a duration of at most 1h"`
	OpenLimit        *string              `json:"open_limit,omitempty" doc:"How long a conversation may wait in a queue before it is closed: 1m to 8760h; 720h unless said"`
	ActiveLimit      *string              `json:"active_limit,omitempty" doc:"How long an agent may be busy with one before it is closed; 720h unless said"`
	WrapUpLimit      *string              `json:"wrap_up_limit,omitempty" doc:"How long one may be wrapped up before it is closed; at least wrap_up_for, 24h unless said"`
	MaxPerAgent      web.Optional[int]    `json:"max_per_agent,omitempty" minimum:"1" maximum:"1000000" doc:"Conversations of this workstream that an agent has at a time; null: no limit"`
	Variables        *[]routing.Variable  `json:"variables,omitempty" maxItems:"100" doc:"What the context of a conversation may hold; one that a rule in force asks for stays"`
}

// apply changes the workstream and tells what is wrong with the result.
func (c workstreamChange) apply(w *routing.Workstream) (faults []web.Fault) {
	set(&w.Name, c.Name)
	set(&w.Mode, c.Mode)
	set(&w.PickFromPush, c.PickFromPush)
	set(&w.TransferToAgents, c.TransferToAgents)
	set(&w.AgentsSetSkills, c.AgentsSetSkills)
	set((*string)(&w.FallbackQueue), c.FallbackQueueID)
	set(&w.WrapUp, c.WrapUp)
	set(&w.Presences, c.Presences)
	set(&w.SkillMatch, c.SkillMatch)
	set(&w.Affinity, c.Affinity)
	set(&w.AffinityAlways, c.AffinityAlways)
	set(&w.AutoAccept, c.AutoAccept)
	set(&w.MissedInactive, c.MissedInactive)
	set(&w.RejectDND, c.RejectDND)
	set(&w.Variables, c.Variables)

	faults = append(faults, c.Units.set(&w.Units, "units")...)
	faults = append(faults, setIDs(&w.Profiles, c.ProfileIDs, "profile_ids")...)
	faults = append(faults, setDuration(&w.WrapUpFor, c.WrapUpFor, "wrap_up_for")...)
	faults = append(faults, setDuration(&w.AffinityAge, c.AffinityAge, "affinity_age")...)
	faults = append(faults, setDuration(&w.OfferFor, c.OfferFor, "offer_for")...)
	faults = append(faults, setDuration(&w.DeclinePause, c.DeclinePause, "decline_pause")...)
	faults = append(faults, setDuration(&w.OpenLimit, c.OpenLimit, "open_limit")...)
	faults = append(faults, setDuration(&w.ActiveLimit, c.ActiveLimit, "active_limit")...)
	faults = append(faults, setDuration(&w.WrapUpLimit, c.WrapUpLimit, "wrap_up_limit")...)
	if c.MaxPerAgent.Given {
		w.MaxPerAgent = c.MaxPerAgent.Value
	}
	if c.AutoClose.Given {
		w.AutoClose = 0
		if c.AutoClose.Value != "" {
			faults = append(faults, setDuration(&w.AutoClose, &c.AutoClose.Value, "auto_close")...)
		}
	}
	return append(faults, bodyFaults(routing.CheckWorkstream(*w))...)
}

// newWorkstream is the body that creates a workstream: a name, a fallback queue, and the settings that differ from the defaults.
type newWorkstream struct {
	Name            string `json:"name" minLength:"1" maxLength:"100"`
	FallbackQueueID string `json:"fallback_queue_id" format:"uuid" doc:"Where conversations go when no rule says where"`
	WorkstreamSettings
}

func defaultWorkstream() routing.Workstream {
	return routing.Workstream{
		Mode: routing.Push, TransferToAgents: true, Units: 25, WrapUp: routing.WrapUpAlways, WrapUpFor: time.Minute,
		Presences: []routing.Presence{routing.Available, routing.Busy}, SkillMatch: routing.SkillExact,
		Affinity: true, AffinityAge: 30 * 24 * time.Hour, OfferFor: 2 * time.Minute,
		OpenLimit: conversation.OpenLimit, ActiveLimit: conversation.ActiveLimit, WrapUpLimit: conversation.WrapUpLimit,
	}
}
