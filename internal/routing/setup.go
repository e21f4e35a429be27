package routing

import (
	"time"

	"wxdesk/internal/conversation"
)

// Ids of what administrators set up. Each is a UUID.
type (
	SkillID    string
	ProfileID  string
	HoursID    string
	RulesetID  string
	PresenceID string // of a CustomPresence
)

// Stamp is common to all parts of the set-up: the tenant, the version, and the times of creation and change.
type Stamp struct {
	Tenant    conversation.Tenant
	Version   int64 // counts changes, from 1; a change names the version it was made from
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Stamped is the stamp, for those who handle any part of the set-up.
func (s Stamp) Stamped() Stamp { return s }

// Settings are the settings of the whole tenant.
type Settings struct {
	MaxConversations int // that an agent has at a time at most (CAP-9)

	// How many days things are kept; then they are deleted.
	KeepConversations int // after their end, with all that was said and done in them
	KeepReceipts      int // by which a callback that comes again is known
	KeepEvents        int // callbacks that concern no conversation
	KeepQuarantine    int // evidence of quarantine, after the callback was taken in
	KeepTraces        int // of routing and distribution
	KeepAudit         int
}

// Mode says whether conversations of a workstream are offered to agents or picked by them.
type Mode string

// The modes (WS-3).
const (
	Push Mode = "push" // it is offered
	Pick Mode = "pick" // agents take it
)

// WrapUp says how long wrapping up takes capacity (WS-8).
type WrapUp string

// The choices.
const (
	WrapUpAlways WrapUp = "always" // until it is closed
	WrapUpNever  WrapUp = "never"
	WrapUpAfter  WrapUp = "after" // for WrapUpFor
)

// SkillMatch says how skills decide (WS-10).
type SkillMatch string

// The choices.
const (
	SkillExact   SkillMatch = "exact"   // every needed skill, rated as needed or better
	SkillClosest SkillMatch = "closest" // whoever comes nearest
	SkillNone    SkillMatch = "none"
)

// Presence is whether an agent is there for work (PRE-1).
type Presence string

// The presences. Inactive is set by the system alone, after an offer that nobody answered.
const (
	Available Presence = "available"
	Busy      Presence = "busy"
	DND       Presence = "dnd" // do not disturb
	Away      Presence = "away"
	Offline   Presence = "offline"
	Inactive  Presence = "inactive"
)

// CustomPresence is a presence that an administrator has named (PRE-2). Routing, automatic changes and transfers treat it as its
// base.
type CustomPresence struct {
	Stamp
	ID   PresenceID
	Name string
	Text string // what an agent shows
	Base Presence
}

// ShownPresence is the custom presence that an agent shows.
type ShownPresence struct {
	ID   PresenceID `json:"id"`
	Name string     `json:"name"`
	Text string     `json:"text"`
}

// Workstream says how conversations of its accounts are enriched, routed and assigned (WS-1 to WS-14).
type Workstream struct {
	Stamp
	ID               conversation.WorkstreamID
	Name             string // 1 to 100 characters
	Mode             Mode
	PickFromPush     bool // agents may also pick what is offered (WS-4)
	TransferToAgents bool // agents may hand on to a colleague by name (TRF-2); supervisors always may
	AgentsSetSkills  bool // agents may correct which skills a conversation of theirs needs (SKL-5); supervisors always may
	FallbackQueue    conversation.QueueID
	AutoClose        time.Duration // of a conversation put aside; 0: the account's idle_close
	Units            int           // that a conversation takes of an agent's
	Profiles         []ProfileID   // that it takes in their place; empty: units count
	WrapUp           WrapUp
	WrapUpFor        time.Duration // with WrapUpAfter; at most an hour
	Presences        []Presence    // whose holders are offered work
	SkillMatch       SkillMatch
	Affinity         bool          // comes back to the same agent (WS-11)
	AffinityAlways   bool          // waits for the agent however long they are away; otherwise others are asked after OfferFor (D2)
	AffinityAge      time.Duration // how long after a conversation's end the customer's next one does; 1 h to 366 days
	OfferFor         time.Duration // how long an agent may think, 1 s to 5 min
	AutoAccept       bool          // assigned without asking (DSK-5)
	MissedInactive   bool          // PRE-8
	RejectDND        bool          // PRE-9
	DeclinePause     time.Duration // before an agent who declined a conversation is asked about it again, at most an hour (WS-14)
	MaxPerAgent      int           // conversations of it that an agent has at a time; 0: no limit (WS-14)
	OpenLimit        time.Duration // how long a conversation may be open, active with an agent, or wrapped up before it is closed (LIF-4)
	ActiveLimit      time.Duration
	WrapUpLimit      time.Duration // not less than WrapUpFor if that counts, so that it blocks as long as it should (LIF-5)
	Variables        []Variable
	Default          bool // for accounts that name none
}

// Variable is something that a conversation's context may hold (CTX-1).
type Variable struct {
	Name   string `json:"name"` // 1 to 100 letters, digits, underscores
	Number bool   `json:"number,omitempty"`
}

// Method says which of the agents that fit is asked (ASG-3 to ASG-7).
type Method string

// The methods.
const (
	HighestCapacity Method = "highest_capacity"
	RoundRobin      Method = "round_robin"
	LeastActive     Method = "least_active"
	Custom          Method = "custom" // by the queue's own rulesets
)

// Queue is where conversations wait for people.
type Queue struct {
	Stamp
	ID           conversation.QueueID
	Name         string
	Priority     int // smaller is served first
	Method       Method
	HoursID      HoursID // "": always open
	Overflow     Overflow
	DeclineLimit int // 1 to 5: how often one agent may decline one item before it is not offered to them again
	Default      bool
}

// Overflow says what happens if a queue should take no more (OVF-2 to OVF-5). nil means that the condition is not asked;
// of OutOfHours, that a conversation is taken anyway if no other queue that matches is open.
type Overflow struct {
	OutOfHours *OverflowAction `json:"out_of_hours,omitempty"`
	Full       *OverflowLimit  `json:"full,omitempty"`
	Wait       *OverflowWait   `json:"wait,omitempty"`
}

// OverflowLimit acts on a conversation that would be the (Items+1)th to wait.
type OverflowLimit struct {
	Items int `json:"items"` // 1 to 100
	OverflowAction
}

// OverflowWait acts on a conversation that has waited in the queue for longer.
type OverflowWait struct {
	Seconds int `json:"seconds"` // 1 to 172,800
	OverflowAction
}

// OverflowAction is what is done then.
type OverflowAction struct {
	Do      OverflowDo           `json:"do"`
	QueueID conversation.QueueID `json:"queue_id,omitempty"` // of transfer
}

// OverflowDo names an overflow action.
type OverflowDo string

// The actions (OVF-3). After a wait, only the last two.
const (
	OverflowAssign   OverflowDo = "assign" // anyway
	OverflowTransfer OverflowDo = "transfer"
	OverflowEnd      OverflowDo = "end"
)

// Hours are the times at which a queue is open (OPH-1).
type Hours struct {
	Stamp
	ID       HoursID
	Name     string
	TimeZone string // IANA
	Weekly   []Shift
	Holidays []Holiday
}

// Shift is a span of a weekday, [From, To) in the hours' zone. "24:00" ends a day.
type Shift struct {
	Day  time.Weekday `json:"day"` // 0 is Sunday
	From string       `json:"from"`
	To   string       `json:"to"`
}

// Holiday is closed from the first to the last day, both included.
type Holiday struct {
	First  string `json:"first"` // 2026-10-01
	Last   string `json:"last"`
	Reason string `json:"reason,omitempty"`
}

// Skill is something that an agent can do and a conversation may need; rated 1 to 10.
type Skill struct {
	Stamp
	ID   SkillID
	Name string
	Kind string // its type: language, product …
}

// Profile is a capacity profile: so many conversations of a sort (CAP-2).
type Profile struct {
	Stamp
	ID       ProfileID
	Name     string
	Limit    int
	EndOfDay bool // what was taken comes back at the end of the agent's day, not when the work is done
	Blocking bool // at the limit nothing at all is assigned
}

// Agent is a person who answers customers.
type Agent struct {
	Stamp
	ID              conversation.AgentID
	Name            string
	Units           int // 0: no new work
	TimeZone        string
	HoursID         HoursID // when the agent works, for custom rules; "": always
	DefaultPresence Presence
	Presence        Presence
	Manual          bool           // the presence was chosen by a person
	Shown           *ShownPresence // in place of Presence; nil: as it is
	PresenceAt      time.Time
	Attributes      map[string]string
	Skills          []AgentSkill
	Profiles        []AgentProfile
	Queues          []conversation.QueueID
	Disabled        bool
}

// AgentSkill is how well an agent can do something.
type AgentSkill struct {
	SkillID  SkillID `json:"skill_id"`
	Rating   int     `json:"rating"` // 1 to 10
	Disabled bool    `json:"disabled,omitempty"`
}

// AgentProfile is an agent's share of a capacity profile.
type AgentProfile struct {
	ProfileID ProfileID `json:"profile_id"`
	Limit     *int      `json:"limit,omitempty"` // nil: the profile's (CAP-6)
}
