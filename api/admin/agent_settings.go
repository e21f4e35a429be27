package admin

import (
	"fmt"
	"strings"
	"time"

	"wxdesk/api/web"
	"wxdesk/internal/access"
	"wxdesk/internal/routing"
)

// agentView is an agent as the API shows them. Colleagues see who they are and whether they are there; the rest is for
// administrators and supervisors.
type agentView struct {
	ID         string                 `json:"id" format:"uuid"`
	Name       string                 `json:"name"`
	Presence   routing.Presence       `json:"presence" enum:"available,busy,dnd,away,offline,inactive"`
	Custom     *web.ShownPresenceView `json:"custom_presence" doc:"What the agent shows in place of presence; null: as it is"`
	PresenceAt time.Time              `json:"presence_at" doc:"When it became what it is"`
	Disabled   bool                   `json:"disabled"`

	Units           *int                 `json:"units,omitempty" doc:"For administrators and supervisors, as all that follows: 0 means no new work"`
	TimeZone        string               `json:"time_zone,omitempty"`
	HoursID         *string              `json:"hours_id,omitempty" format:"uuid" doc:"When the agent works, for custom assignment rules; absent: always"`
	DefaultPresence routing.Presence     `json:"default_presence,omitempty" enum:"available,busy,dnd,away,offline"`
	PresenceManual  *bool                `json:"presence_manual,omitempty" doc:"Chosen by a person"`
	Attributes      map[string]string    `json:"attributes,omitempty"`
	Skills          []routing.AgentSkill `json:"skills,omitempty" nullable:"false"`
	Profiles        []agentProfileView   `json:"profiles,omitempty" nullable:"false"`
	QueueIDs        []string             `json:"queue_ids,omitempty" nullable:"false"`
	StampView
}

// agentProfileView is an agent's share of a capacity profile.
type agentProfileView struct {
	ProfileID string `json:"profile_id" format:"uuid"`
	Limit     *int   `json:"limit,omitempty" minimum:"0" maximum:"1000000" doc:"The agent's own; absent: the profile's"`
}

// viewAgentFor returns a function that shows an agent to the caller.
func viewAgentFor(who web.Caller) func(routing.Agent) agentView {
	return func(g routing.Agent) agentView {
		v := agentView{
			ID: string(g.ID), Name: g.Name, Presence: g.Presence, Custom: web.ViewShownPresence(g.Shown), PresenceAt: g.PresenceAt.UTC(), Disabled: g.Disabled,
			StampView: viewStamp(g.Stamp),
		}
		if who.Role == access.RoleAgent {
			return v
		}
		v.Units, v.TimeZone, v.DefaultPresence, v.PresenceManual = &g.Units, g.TimeZone, g.DefaultPresence, &g.Manual
		v.Attributes, v.Skills, v.QueueIDs = g.Attributes, g.Skills, web.Texts(g.Queues)
		v.HoursID = web.OrNull(string(g.HoursID))
		for _, p := range g.Profiles {
			v.Profiles = append(v.Profiles, agentProfileView{string(p.ProfileID), p.Limit})
		}
		return v
	}
}

// AgentSettings are the settings of an agent that have a default.
type AgentSettings struct {
	Units           amount                `json:"units,omitempty" doc:"Of capacity; 100 unless said, 0: no new work"`
	TimeZone        *string               `json:"time_zone,omitempty" maxLength:"100" doc:"An IANA name, Asia/Shanghai unless said; the agent's day ends by it"`
	HoursID         web.Optional[string]  `json:"hours_id,omitempty" format:"uuid" doc:"When the agent works, for custom assignment rules that ask; null: always"`
	DefaultPresence *routing.Presence     `json:"default_presence,omitempty" enum:"available,busy,dnd,away,offline" doc:"When the agent signs in"`
	Attributes      *map[string]string    `json:"attributes,omitempty" maxProperties:"20" doc:"For custom assignment rules; replaces all"`
	Skills          *[]routing.AgentSkill `json:"skills,omitempty" maxItems:"100" doc:"Replaces all skills"`
	Profiles        *[]agentProfileView   `json:"profiles,omitempty" maxItems:"20" doc:"Replaces all capacity profiles"`
	QueueIDs        *[]string             `json:"queue_ids,omitempty" maxItems:"1000" doc:"Replaces all memberships but that of the default queue, which every agent has"`
	Disabled        *bool                 `json:"disabled,omitempty" doc:"A disabled agent's work goes back to its queues, and the agent's API tokens do not count"`
}

// apply changes the agent and tells what is wrong with the result.
func (c AgentSettings) apply(g *routing.Agent) (faults []web.Fault) {
	set(&g.TimeZone, c.TimeZone)
	set(&g.DefaultPresence, c.DefaultPresence)
	set(&g.Attributes, c.Attributes)
	set(&g.Skills, c.Skills)
	set(&g.Disabled, c.Disabled)

	if c.HoursID.Given {
		g.HoursID = routing.HoursID(c.HoursID.Value)
	}
	faults = append(faults, c.Units.set(&g.Units, "units")...)
	faults = append(faults, setIDs(&g.Queues, c.QueueIDs, "queue_ids")...)
	if c.Profiles != nil {
		g.Profiles = nil
		for _, p := range *c.Profiles {
			g.Profiles = append(g.Profiles, routing.AgentProfile{ProfileID: routing.ProfileID(p.ProfileID), Limit: p.Limit})
		}
	}
	return append(faults, agentFaults(*g)...)
}

// agentFaults tells what is wrong with an agent's settings.
func agentFaults(g routing.Agent) (faults []web.Fault) {
	expect := func(ok bool, field, message string) {
		if !ok {
			faults = append(faults, web.FaultAt("body."+field, message))
		}
	}
	expect(strings.TrimSpace(g.Name) != "", "name", "expected a name")
	expect(isZone(g.TimeZone), "time_zone", notZone)
	skills, profiles := map[routing.SkillID]bool{}, map[routing.ProfileID]bool{}
	for i, s := range g.Skills {
		at := fmt.Sprintf("skills[%d]", i)
		expect(web.IsUUID(string(s.SkillID)) && !skills[s.SkillID], at+".skill_id", "expected UUIDs in lower case, each once")
		expect(s.Rating >= 1 && s.Rating <= 10, at+".rating", "expected 1 to 10")
		skills[s.SkillID] = true
	}
	for i, p := range g.Profiles {
		expect(web.IsUUID(string(p.ProfileID)) && !profiles[p.ProfileID], fmt.Sprintf("profiles[%d].profile_id", i), "expected UUIDs in lower case, each once")
		profiles[p.ProfileID] = true
	}
	for name, value := range g.Attributes {
		expect(name != "" && len(name) <= maxAttribute && len(value) <= maxAttribute, "attributes", "expected names and values of at most 100 bytes")
	}
	return faults
}

// maxAttribute is how long the name and the value of an agent's attribute may be, in bytes.
const maxAttribute = 100
