package routing

// Plan is all that decides where conversations of a workstream go: what is looked at when rules are checked, tried out, or
// carried from one installation to another.
type Plan struct {
	Workstream Workstream
	Rulesets   []PlannedRuleset // the workstream's classifications in order, its route, then those of all queues
	Queues     []QueueNow       // every queue of the tenant
	Skills     []Skill          // every skill
	Profiles   []Profile        // every capacity profile
}

// PlannedRuleset is a ruleset with what is in force and what is to be.
type PlannedRuleset struct {
	Ruleset
	InForce *RulesetVersion // nil: nothing
	Draft   *RulesetVersion // nil: there is none
}

// Newest is the version that counts once drafts are published: the draft, or else what is in force; nil if there is neither.
func (r PlannedRuleset) Newest() *RulesetVersion {
	if r.Draft != nil {
		return r.Draft
	}
	return r.InForce
}

// ImportedRuleset is a ruleset on its way into a workstream: its rules become a draft.
type ImportedRuleset struct {
	Ruleset // without id: found by what it belongs to, and by its name if there may be several
	Rules   []Rule
}
