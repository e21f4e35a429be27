package apitest

import (
	"context"

	"wxdesk/api/admin"
	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// NoSetup is an installation in which no people are set up yet. What is written goes nowhere: the tests of the set-up itself
// run over the ledger, in internal/postgres.
type NoSetup struct {
	admin.Setup
	admin.Agents
	admin.RoutingPlans
}

func (NoSetup) Workstream(context.Context, conversation.Tenant, conversation.WorkstreamID) (routing.Workstream, error) {
	return routing.Workstream{}, conversation.ErrNotFound
}

func (NoSetup) ListWorkstreams(context.Context, conversation.Tenant, conversation.WorkstreamID, int) ([]routing.Workstream, error) {
	return nil, nil
}

func (NoSetup) DeleteWorkstream(context.Context, access.Actor, conversation.WorkstreamID) error {
	return conversation.ErrNotFound
}

func (NoSetup) Queue(context.Context, conversation.Tenant, conversation.QueueID) (routing.Queue, error) {
	return routing.Queue{}, conversation.ErrNotFound
}

func (NoSetup) ListQueues(context.Context, conversation.Tenant, conversation.QueueID, int) ([]routing.Queue, error) {
	return nil, nil
}

func (NoSetup) DeleteQueue(context.Context, access.Actor, conversation.QueueID) error {
	return conversation.ErrNotFound
}

func (NoSetup) Hours(context.Context, conversation.Tenant, routing.HoursID) (routing.Hours, error) {
	return routing.Hours{}, conversation.ErrNotFound
}

func (NoSetup) ListHours(context.Context, conversation.Tenant, routing.HoursID, int) ([]routing.Hours, error) {
	return nil, nil
}

func (NoSetup) DeleteHours(context.Context, access.Actor, routing.HoursID) error {
	return conversation.ErrNotFound
}

func (NoSetup) Skill(context.Context, conversation.Tenant, routing.SkillID) (routing.Skill, error) {
	return routing.Skill{}, conversation.ErrNotFound
}

func (NoSetup) ListSkills(context.Context, conversation.Tenant, routing.SkillID, int) ([]routing.Skill, error) {
	return nil, nil
}

func (NoSetup) DeleteSkill(context.Context, access.Actor, routing.SkillID) error {
	return conversation.ErrNotFound
}

func (NoSetup) Profile(context.Context, conversation.Tenant, routing.ProfileID) (routing.Profile, error) {
	return routing.Profile{}, conversation.ErrNotFound
}

func (NoSetup) ListProfiles(context.Context, conversation.Tenant, routing.ProfileID, int) ([]routing.Profile, error) {
	return nil, nil
}

func (NoSetup) DeleteProfile(context.Context, access.Actor, routing.ProfileID) error {
	return conversation.ErrNotFound
}

func (NoSetup) Agent(context.Context, conversation.Tenant, conversation.AgentID) (routing.Agent, error) {
	return routing.Agent{}, conversation.ErrNotFound
}

func (NoSetup) ListAgents(context.Context, conversation.Tenant, conversation.AgentID, int) ([]routing.Agent, error) {
	return nil, nil
}

func (NoSetup) DeleteAgent(context.Context, access.Actor, conversation.AgentID) error {
	return conversation.ErrNotFound
}

func (NoSetup) Ruleset(context.Context, conversation.Tenant, routing.RulesetID) (routing.Ruleset, error) {
	return routing.Ruleset{}, conversation.ErrNotFound
}

func (NoSetup) ListRulesets(context.Context, conversation.Tenant, routing.RulesetID, int) ([]routing.Ruleset, error) {
	return nil, nil
}

func (NoSetup) DeleteRuleset(context.Context, access.Actor, routing.RulesetID) error {
	return conversation.ErrNotFound
}

func (NoSetup) QueueMembers(context.Context, conversation.Tenant, conversation.QueueID) ([]conversation.AgentID, int64, error) {
	return nil, 0, conversation.ErrNotFound
}

// SeenCustomer implements admin.SeenCustomers.
func (NoSetup) SeenCustomer(context.Context, access.Viewer, conversation.CustomerID) (routing.Customer, error) {
	return routing.Customer{}, conversation.ErrNotFound
}

func (NoSetup) Customer(context.Context, conversation.Tenant, conversation.CustomerID) (routing.Customer, error) {
	return routing.Customer{}, conversation.ErrNotFound
}
