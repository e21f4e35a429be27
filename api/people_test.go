package api_test

import (
	"context"

	"wxdesk/api"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// nobody is an installation in which no people are set up yet. What is written goes nowhere: the tests of the set-up itself
// run over the ledger, in internal/postgres.
type nobody struct{ api.Setup }

func (nobody) Workstream(context.Context, conversation.Tenant, conversation.WorkstreamID) (routing.Workstream, error) {
	return routing.Workstream{}, conversation.ErrNotFound
}

func (nobody) ListWorkstreams(context.Context, conversation.Tenant, conversation.WorkstreamID, int) ([]routing.Workstream, error) {
	return nil, nil
}

func (nobody) DeleteWorkstream(context.Context, conversation.Actor, conversation.WorkstreamID) error {
	return conversation.ErrNotFound
}

func (nobody) Queue(context.Context, conversation.Tenant, conversation.QueueID) (routing.Queue, error) {
	return routing.Queue{}, conversation.ErrNotFound
}

func (nobody) ListQueues(context.Context, conversation.Tenant, conversation.QueueID, int) ([]routing.Queue, error) {
	return nil, nil
}

func (nobody) DeleteQueue(context.Context, conversation.Actor, conversation.QueueID) error {
	return conversation.ErrNotFound
}

func (nobody) Hours(context.Context, conversation.Tenant, routing.HoursID) (routing.Hours, error) {
	return routing.Hours{}, conversation.ErrNotFound
}

func (nobody) ListHours(context.Context, conversation.Tenant, routing.HoursID, int) ([]routing.Hours, error) {
	return nil, nil
}

func (nobody) DeleteHours(context.Context, conversation.Actor, routing.HoursID) error {
	return conversation.ErrNotFound
}

func (nobody) Skill(context.Context, conversation.Tenant, routing.SkillID) (routing.Skill, error) {
	return routing.Skill{}, conversation.ErrNotFound
}

func (nobody) ListSkills(context.Context, conversation.Tenant, routing.SkillID, int) ([]routing.Skill, error) {
	return nil, nil
}

func (nobody) DeleteSkill(context.Context, conversation.Actor, routing.SkillID) error {
	return conversation.ErrNotFound
}

func (nobody) Profile(context.Context, conversation.Tenant, routing.ProfileID) (routing.Profile, error) {
	return routing.Profile{}, conversation.ErrNotFound
}

func (nobody) ListProfiles(context.Context, conversation.Tenant, routing.ProfileID, int) ([]routing.Profile, error) {
	return nil, nil
}

func (nobody) DeleteProfile(context.Context, conversation.Actor, routing.ProfileID) error {
	return conversation.ErrNotFound
}

func (nobody) Agent(context.Context, conversation.Tenant, conversation.AgentID) (routing.Agent, error) {
	return routing.Agent{}, conversation.ErrNotFound
}

func (nobody) ListAgents(context.Context, conversation.Tenant, conversation.AgentID, int) ([]routing.Agent, error) {
	return nil, nil
}

func (nobody) DeleteAgent(context.Context, conversation.Actor, conversation.AgentID) error {
	return conversation.ErrNotFound
}

func (nobody) Ruleset(context.Context, conversation.Tenant, routing.RulesetID) (routing.Ruleset, error) {
	return routing.Ruleset{}, conversation.ErrNotFound
}

func (nobody) ListRulesets(context.Context, conversation.Tenant, routing.RulesetID, int) ([]routing.Ruleset, error) {
	return nil, nil
}

func (nobody) DeleteRuleset(context.Context, conversation.Actor, routing.RulesetID) error {
	return conversation.ErrNotFound
}

func (nobody) QueueMembers(context.Context, conversation.Tenant, conversation.QueueID) ([]conversation.AgentID, int64, error) {
	return nil, 0, conversation.ErrNotFound
}

func (nobody) Customer(context.Context, conversation.Tenant, conversation.CustomerID) (routing.Customer, error) {
	return routing.Customer{}, conversation.ErrNotFound
}
