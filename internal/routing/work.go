package routing

import (
	"cmp"
	"time"

	"wxdesk/internal/conversation"
)

// Question asks which queue a conversation goes to.
type Question struct {
	Now             time.Time
	Roll            int   // 0 to 99: the throw of the dice for a split
	Facts           Facts // without "item", which classification fills
	Workstream      Workstream
	Classifications []RulesetVersion     // published ones, in order
	Route           *RulesetVersion      // nil: there is none
	Queues          []QueueNow           // every queue of the tenant
	Wish            conversation.QueueID // that the bot named; "" for none. It goes before the rules if it exists
	Hops            int                  // overflow transfers that have happened; at most MaxHops (L06)
	Before          *Needs               // what rules gave before the bot's first answer (CLS-13); nil: they were not asked
}

// MaxHops is how often a conversation may overflow from queue to queue in one decision or after.
const MaxHops = 5

// QueueNow is a queue as it stands.
type QueueNow struct {
	Queue
	Hours   *Hours // nil: always open
	Waiting int    // conversations that wait in it
	Members int    // agents who are not disabled
	Alerted bool   // supervisors know already that it has no agents
}

// Needs is what a conversation needs, as classification gives it.
type Needs struct {
	Priority   int            `json:"priority"`
	Skills     []NeededSkill  `json:"skills,omitempty"`   // sorted by skill
	Profiles   []ProfileID    `json:"profiles,omitempty"` // sorted; of a decision with the workstream's
	Attributes map[string]any `json:"attributes,omitempty"`
}

// Decision is the queue that a conversation goes to, and what it needs.
type Decision struct {
	QueueID conversation.QueueID
	Needs
	Overflow *Overflow              // of the rule that chose the queue, in place of the queue's while it waits there (RTQ-5); nil: the queue's
	End      bool                   // the overflow action is to end the conversation
	Notice   Notice                 // what the customer is told
	Alert    string                 // what a supervisor should know ("empty-queue", "no-queue", "rule-failed: NAME", …); "" for nothing
	Empty    []conversation.QueueID // queues without agents of which Alert tells, so that it does not tell of them again
	Trace    Trace
}

// Notice names an automated message for a customer who has to wait.
type Notice string

// The notices.
const (
	NoticeParked     Notice = "parked"       // a colleague will answer
	NoticeOutOfHours Notice = "out-of-hours" // outside the queue's hours
	NoticeHoliday    Notice = "holiday"
	NoticeFull       Notice = "full"   // ended, because the queue is full or has waited too long
	NoticeNobody     Notice = "nobody" // no agent in the queue: it may take longer
)

// Trace says why a conversation went to its queue: every rule and every queue that was considered.
type Trace struct {
	Rules  []RuleTrace  `json:"rules"`
	Queues []QueueTrace `json:"queues"`
}

// RuleTrace says whether one rule matched.
type RuleTrace struct {
	RulesetID RulesetID `json:"ruleset_id"`
	Version   int64     `json:"version"`
	Rule      string    `json:"rule"`             // its name
	Outcome   string    `json:"outcome"`          // matched, not-matched, not-processed, failed
	Reason    string    `json:"reason,omitempty"` // of failed; never what a customer wrote
}

// QueueTrace says whether one queue took the conversation.
type QueueTrace struct {
	QueueID conversation.QueueID `json:"queue_id"`
	Outcome string               `json:"outcome"` // chosen, overflows, closed, unknown, empty
	Reason  string               `json:"reason,omitempty"`
}

// Item is a conversation that waits for an agent.
type Item struct {
	ID         conversation.WorkItemID
	QueueID    conversation.QueueID
	Priority   int       // smaller goes first
	Since      time.Time // the customer's last word before it waited
	Units      int
	Profiles   []ProfileID
	Skills     []NeededSkill
	SkillMatch SkillMatch
	Presences  []Presence
	Affinity   conversation.AgentID          // kept for this agent, if they serve the queue and have the skills; "": for nobody
	Preferred  []conversation.AgentID        // ASG-14, in order
	Declined   map[conversation.AgentID]int  // of those who were asked in vain: how often they declined; 0: not at all
	Paused     map[conversation.AgentID]bool // of these: it is too soon to ask them again (WS-14)
	Attributes map[string]any                // for custom rules

	Workstream  conversation.WorkstreamID
	MaxPerAgent int // conversations of its workstream that an agent has at a time; 0: no limit
}

// Candidate is an agent as the distribution sees them.
type Candidate struct {
	ID           conversation.AgentID
	Presence     Presence
	Lost         bool // whether the agent lost the connection a moment ago, and nobody has been told
	OffHours     bool // outside the agent's own operating hours; for custom rules alone (ASG-12)
	Units        int  // in all
	Load         int  // taken, of Units
	Profiles     map[ProfileID]ProfileUse
	Skills       map[SkillID]int                   // rating, of those not disabled
	Sessions     int                               // conversations that the agent has, without those put aside
	MaxSessions  int                               // of Sessions; the tenant's, 0: DefaultMaxSessions
	Held         map[conversation.WorkstreamID]int // of these, by workstream, if one of the items has a limit
	LastReleased time.Time                         // when capacity last came back; zero: never had work
	Queues       map[conversation.QueueID]Membership
	Attributes   map[string]string
}

// ProfileUse is an agent's use of a capacity profile.
type ProfileUse struct {
	Limit, Used int
	Blocking    bool
}

// Membership is an agent's place in a queue.
type Membership struct {
	JoinedAt     time.Time
	LastAssigned time.Time // zero: never in this queue
}

// Match is an item and the agent to whom it is offered.
type Match struct {
	Item  conversation.WorkItemID
	Agent conversation.AgentID
}

// Distributed is the result of one batch of the distribution.
type Distributed struct {
	Assigned int  // conversations that were offered or assigned to agents
	Again    bool // there may be more to assign: the caller distributes again at once
	Soon     bool // somebody was just changing what was chosen: the caller distributes again in a moment
	// Notices are for the runs of what was assigned: the caller tells them.
	Notices []conversation.RunNotice
}

// MatchTrace says, for an item that the distribution left waiting or assigned, why the other agents were not asked: agents by reason.
type MatchTrace struct {
	Item    conversation.WorkItemID           `json:"-"`
	Agent   conversation.AgentID              `json:"agent_id,omitempty"` // who was asked
	Method  Method                            `json:"method"`
	Reasons map[Reason]int                    `json:"reasons"`          // how many agents each reason ruled out
	Agents  map[Reason][]conversation.AgentID `json:"agents,omitempty"` // the first few of each
}

// Reason says why an agent was not asked.
type Reason string

// The reasons.
const (
	ReasonNotMember  Reason = "not-a-member"
	ReasonPresence   Reason = "presence"
	ReasonLost       Reason = "connection-lost" // a moment ago
	ReasonCapacity   Reason = "capacity"
	ReasonProfile    Reason = "capacity-profile"
	ReasonBlocked    Reason = "blocked-by-profile"
	ReasonSessions   Reason = "conversation-limit" // the agent has as many conversations as the tenant allows
	ReasonPerAgent   Reason = "workstream-limit"   // the agent has as many of the workstream's as it allows
	ReasonSkills     Reason = "skills"
	ReasonDeclined   Reason = "declined-too-often"
	ReasonPaused     Reason = "declined-just-now" // or did not see the offer, and is asked again when the pause is over
	ReasonRule       Reason = "no-assignment-rule"
	ReasonOtherFirst Reason = "another-goes-first"
	ReasonAffinity   Reason = "waits-for-another" // the item is kept for the agent who had it
)

// DefaultMaxSessions is how many conversations an agent has at a time at most, if the tenant says nothing else (CAP-9).
const DefaultMaxSessions = 10

// maxSessions is a tenant's maximum of conversations, or the default for 0.
func maxSessions(n int) int { return cmp.Or(n, DefaultMaxSessions) }

// AgentNow is an agent's present state: their presence and their work.
type AgentNow struct {
	ID         conversation.AgentID
	Name       string
	Presence   Presence
	Manual     bool           // chosen by a person
	Shown      *ShownPresence // in place of Presence; nil: as it is
	PresenceAt time.Time
	Units      int // in all
	Load       int // taken, of Units
	Sessions   int // conversations offered to the agent or accepted, without those put aside
	Profiles   []ProfileNow
	Queues     []conversation.QueueID
}

// ProfileNow is an agent's use of a capacity profile.
type ProfileNow struct {
	ID    ProfileID `db:"profile_id"`
	Limit int       `db:"item_limit"`
	Used  int       `db:"used"`
}
