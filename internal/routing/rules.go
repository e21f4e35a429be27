package routing

import (
	"time"

	"wxdesk/internal/conversation"
)

// RulesetKind says what a ruleset decides.
type RulesetKind string

// The kinds.
const (
	Classification RulesetKind = "classification" // of a workstream, up to MaxClassifications: what a conversation needs
	RouteToQueue   RulesetKind = "route"          // of a workstream, one: which queue
	Prioritisation RulesetKind = "prioritisation" // of a queue, one: who is served first
	Assignment     RulesetKind = "assignment"     // of a queue, one: which agents are asked
)

// Limits of rulesets (CLS-4, RTQ-1, RTQ-4, L02).
const (
	MaxClassifications = 10
	MaxRules           = 100 // of a ruleset; 200 of a route ruleset
	MaxRouteRules      = 200
	MaxOutputs         = 5
	MaxSplit           = 5
	MaxOrder           = 10        // keys of a rule
	MaxCondition       = 4096      // bytes
	MaxConditions      = 64 * 1024 // bytes, of all rules of a ruleset: a kilobyte takes up to 7 ms to check
)

// Ruleset is a list of rules, in versions of which at most one is in force.
type Ruleset struct {
	Stamp
	ID           RulesetID
	Kind         RulesetKind
	WorkstreamID conversation.WorkstreamID // of classification and route
	QueueID      conversation.QueueID      // of prioritisation and assignment
	Name         string
	Position     int   // among a workstream's classification rulesets
	Published    int64 // number of the version in force; 0: none
}

// RulesetVersion is one version of a ruleset. Once published it never changes.
type RulesetVersion struct {
	RulesetID   RulesetID
	Number      int64 // 1, 2, 3 …
	Rules       []Rule
	CreatedBy   string
	CreatedAt   time.Time
	PublishedAt time.Time // zero: a draft
}

// Rule is a condition and what follows if it is true. Which outputs it may have depends on the ruleset's kind.
type Rule struct {
	Name string `json:"name" yaml:"name"`
	When string `json:"when" yaml:"when"` // a CEL expression; "" is always true

	// Of classification.
	Set      map[string]any `json:"set,omitempty" yaml:"set,omitempty"`           // "priority" (smaller first), or attributes of one's own: strings and whole numbers
	Skills   []NeededSkill  `json:"skills,omitempty" yaml:"skills,omitempty"`     // added to what is needed
	Profiles []ProfileID    `json:"profiles,omitempty" yaml:"profiles,omitempty"` // added to what it takes

	// Of route: one queue, or a split that adds up to 100.
	Queue    conversation.QueueID `json:"queue,omitempty" yaml:"queue,omitempty"`
	Split    []Share              `json:"split,omitempty" yaml:"split,omitempty"`
	Overflow *Overflow            `json:"overflow,omitempty" yaml:"overflow,omitempty"` // in place of the queue's own (RTQ-5)

	// Of prioritisation: how the items of this bucket are ordered. Of assignment: how the agents who match are.
	OrderBy []Order `json:"order_by,omitempty" yaml:"order_by,omitempty"`
}

// NeededSkill is a skill that a conversation needs, rated at least so.
type NeededSkill struct {
	SkillID SkillID `json:"skill_id" yaml:"skill_id"`
	Rating  int     `json:"rating" yaml:"rating"` // 1 to 10
}

// Share is a queue's part of a split, in per cent.
type Share struct {
	Queue   conversation.QueueID `json:"queue" yaml:"queue"`
	Percent int                  `json:"percent" yaml:"percent"`
}

// Order is a key to sort by.
type Order struct {
	By   string `json:"by" yaml:"by"` // an OrderKey of the ruleset's kind, or "attribute:NAME"
	Desc bool   `json:"desc,omitempty" yaml:"desc,omitempty"`
}

// Facts are what conditions are evaluated over, by the names of docs/rules.md: maps of strings, whole numbers, booleans, lists
// and maps. Everything a customer wrote in them is data (L10).
type Facts map[string]any

// Evaluator evaluates the conditions of rules. An error is no match: the next rule is tried, and the trace says why (L05) in the
// error's words, so these hold nothing of the facts. The facts are not kept: they are reused.
type Evaluator interface {
	Evaluate(condition string, facts Facts) (bool, error)
}
