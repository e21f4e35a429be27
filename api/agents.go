package api

import (
	"context"
	"fmt"
	"strings"
	"time"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// Agents keeps the people who answer customers.
type Agents interface {
	CreateAgent(ctx context.Context, by conversation.Actor, g routing.Agent) (routing.Agent, error)
	Agent(ctx context.Context, t conversation.Tenant, id conversation.AgentID) (routing.Agent, error)
	ListAgents(ctx context.Context, t conversation.Tenant, after conversation.AgentID, limit int) ([]routing.Agent, error)
	// UpdateAgent changes everything but the presence. Who is disabled gives his work back in the same step.
	UpdateAgent(ctx context.Context, by conversation.Actor, g routing.Agent) (routing.Agent, error)
	// DeleteAgent takes an agent away; his work goes back in the same step.
	DeleteAgent(ctx context.Context, by conversation.Actor, id conversation.AgentID) error
}

// agentView is an agent as the API shows him. Colleagues see who he is and whether he is there; the rest is for
// administrators and supervisors.
type agentView struct {
	ID         string             `json:"id" format:"uuid"`
	Name       string             `json:"name"`
	Presence   routing.Presence   `json:"presence" enum:"available,busy,dnd,away,offline,inactive"`
	Custom     *shownPresenceView `json:"custom_presence" doc:"What he shows in place of presence; null: as it is"`
	PresenceAt time.Time          `json:"presence_at" doc:"When it became what it is"`
	Disabled   bool               `json:"disabled"`

	Units           *int                 `json:"units,omitempty" doc:"For administrators and supervisors, as all that follows: 0 means no new work"`
	TimeZone        string               `json:"time_zone,omitempty"`
	HoursID         *string              `json:"hours_id,omitempty" format:"uuid" doc:"When he works, for custom assignment rules; absent: always"`
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
	Limit     *int   `json:"limit,omitempty" minimum:"0" maximum:"1000000" doc:"His own; absent: the profile's"`
}

// viewAgentFor shows an agent to whoever asks.
func viewAgentFor(who caller) func(routing.Agent) agentView {
	return func(g routing.Agent) agentView {
		v := agentView{
			ID: string(g.ID), Name: g.Name, Presence: g.Presence, Custom: viewShownPresence(g.Shown), PresenceAt: g.PresenceAt.UTC(), Disabled: g.Disabled,
			StampView: viewStamp(g.Stamp),
		}
		if who.Role == conversation.RoleAgent {
			return v
		}
		v.Units, v.TimeZone, v.DefaultPresence, v.PresenceManual = &g.Units, g.TimeZone, g.DefaultPresence, &g.Manual
		v.Attributes, v.Skills, v.QueueIDs = g.Attributes, g.Skills, plain(g.Queues)
		v.HoursID = orNull(string(g.HoursID))
		for _, p := range g.Profiles {
			v.Profiles = append(v.Profiles, agentProfileView{string(p.ProfileID), p.Limit})
		}
		return v
	}
}

type newAgent struct {
	Name string `json:"name" minLength:"1" maxLength:"100"`
	AgentSettings
}

// AgentSettings is what an agent need not say about himself.
type AgentSettings struct {
	Units           amount                `json:"units,omitempty" doc:"Of capacity; 100 unless said, 0: no new work"`
	TimeZone        *string               `json:"time_zone,omitempty" maxLength:"100" doc:"An IANA name, Asia/Shanghai unless said; his day ends by it"`
	HoursID         optional[string]      `json:"hours_id,omitempty" format:"uuid" doc:"When he works, for custom assignment rules that ask; null: always"`
	DefaultPresence *routing.Presence     `json:"default_presence,omitempty" enum:"available,busy,dnd,away,offline" doc:"When he signs in"`
	Attributes      *map[string]string    `json:"attributes,omitempty" maxProperties:"20" doc:"For custom assignment rules; replaces all"`
	Skills          *[]routing.AgentSkill `json:"skills,omitempty" maxItems:"100" doc:"Replaces all skills"`
	Profiles        *[]agentProfileView   `json:"profiles,omitempty" maxItems:"20" doc:"Replaces all capacity profiles"`
	QueueIDs        *[]string             `json:"queue_ids,omitempty" maxItems:"1000" doc:"Replaces all memberships but that of the default queue, which every agent has"`
	Disabled        *bool                 `json:"disabled,omitempty" doc:"A disabled agent's work goes back to its queues, and his API tokens do not count"`
}

// apply changes the agent and tells what is wrong with the result.
func (c AgentSettings) apply(g *routing.Agent) (faults []fault) {
	set(&g.TimeZone, c.TimeZone)
	set(&g.DefaultPresence, c.DefaultPresence)
	set(&g.Attributes, c.Attributes)
	set(&g.Skills, c.Skills)
	set(&g.Disabled, c.Disabled)

	if c.HoursID.given {
		g.HoursID = routing.HoursID(c.HoursID.value)
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
func agentFaults(g routing.Agent) (faults []fault) {
	expect := func(ok bool, field, message string) {
		if !ok {
			faults = append(faults, fault{"body." + field, message})
		}
	}
	expect(strings.TrimSpace(g.Name) != "", "name", "expected a name")
	expect(isZone(g.TimeZone), "time_zone", notZone)
	skills, profiles := map[routing.SkillID]bool{}, map[routing.ProfileID]bool{}
	for i, s := range g.Skills {
		at := fmt.Sprintf("skills[%d]", i)
		expect(isUUID(string(s.SkillID)) && !skills[s.SkillID], at+".skill_id", "expected UUIDs in lower case, each once")
		expect(s.Rating >= 1 && s.Rating <= 10, at+".rating", "expected 1 to 10")
		skills[s.SkillID] = true
	}
	for i, p := range g.Profiles {
		expect(isUUID(string(p.ProfileID)) && !profiles[p.ProfileID], fmt.Sprintf("profiles[%d].profile_id", i), "expected UUIDs in lower case, each once")
		profiles[p.ProfileID] = true
	}
	for name, value := range g.Attributes {
		expect(name != "" && len(name) <= maxAttribute && len(value) <= maxAttribute, "attributes", "expected names and values of at most 100 bytes")
	}
	return faults
}

// maxAttribute is how long the name and the value of an agent's attribute may be, in bytes.
const maxAttribute = 100

func (a *API) createAgent(ctx context.Context, in *struct{ Body newAgent }) (*partCreated[agentView], error) {
	g := routing.Agent{Name: in.Body.Name, Units: 100, TimeZone: "Asia/Shanghai", DefaultPresence: routing.Available}
	if faults := in.Body.apply(&g); len(faults) > 0 {
		return nil, invalid.problem(faults...)
	}
	who := callerOf(ctx)
	created, err := a.cfg.People.CreateAgent(ctx, who.actor(), g)
	if err != nil {
		return nil, err
	}
	return answerCreated(created, "/v1/agents/"+string(created.ID), viewAgentFor(who)), nil
}

func (a *API) listAgents(ctx context.Context, in *PageQuery) (*partPage[agentView], error) {
	return listParts(ctx, a, "agents", *in, func(ctx context.Context, t conversation.Tenant, after string, limit int) ([]routing.Agent, error) {
		return a.cfg.People.ListAgents(ctx, t, conversation.AgentID(after), limit)
	}, func(g routing.Agent) string { return string(g.ID) }, viewAgentFor(callerOf(ctx)))
}

func (a *API) getAgent(ctx context.Context, in *PartPath) (*partAnswer[agentView], error) {
	who := callerOf(ctx)
	g, err := a.cfg.People.Agent(ctx, who.Tenant, conversation.AgentID(in.ID))
	return answerPart(g, err, viewAgentFor(who))
}

type agentChange struct {
	Name *string `json:"name,omitempty" minLength:"1" maxLength:"100"`
	AgentSettings
}

// beyondSupervisors reports whether a change is an administrator's alone: supervisors change membership, capacity, skills and
// the presence at sign-in (DIA-3).
func (c agentChange) beyondSupervisors() bool {
	return c.Name != nil || c.TimeZone != nil || c.HoursID.given || c.Attributes != nil || c.Disabled != nil
}

func (a *API) changeAgent(ctx context.Context, in *changing[agentChange]) (*partAnswer[agentView], error) {
	who := callerOf(ctx)
	if who.Role != conversation.RoleAdmin && in.Body.beyondSupervisors() {
		return nil, forbidden.because("A supervisor may change units, profiles, skills, queue_ids and default_presence.")
	}
	changed, err := changePart(in.IfMatch,
		func() (routing.Agent, error) {
			return a.cfg.People.Agent(ctx, who.Tenant, conversation.AgentID(in.ID))
		},
		func(g *routing.Agent) []fault {
			set(&g.Name, in.Body.Name)
			return in.Body.apply(g)
		},
		func(g routing.Agent) (routing.Agent, error) { return a.cfg.People.UpdateAgent(ctx, who.actor(), g) })
	return answerPart(changed, err, viewAgentFor(who))
}

func (a *API) deleteAgent(ctx context.Context, in *PartPath) (*struct{}, error) {
	return nil, a.cfg.People.DeleteAgent(ctx, callerOf(ctx).actor(), conversation.AgentID(in.ID))
}
