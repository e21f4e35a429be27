package dev

import (
	"context"
	"time"

	"wxdesk/internal/account"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

const (
	demoWrapUp   = 2 * time.Minute
	demoOffer    = 2 * time.Minute
	demoAffinity = 30 * 24 * time.Hour
)

var demoStamp = routing.Stamp{Tenant: conversation.DefaultTenant}

// demoRuleset is one of the tea house's lists of rules.
type demoRuleset struct {
	kind  routing.RulesetKind
	name  string
	rules []routing.Rule
}

// demoRulesets are the tea house's rules: who needs which language, who goes first, which queue takes what.
func demoRulesets(skills map[string]routing.SkillID, queues map[string]conversation.QueueID) []demoRuleset {
	skill := func(name string) []routing.NeededSkill {
		return []routing.NeededSkill{{SkillID: skills[name], Rating: 5}}
	}
	const wanted = `escalation.reason != "" && ` // people are; while the bot answers, nobody needs to know a language
	return []demoRuleset{
		{routing.Classification, "Language", []routing.Rule{
			{Name: "kana", When: wanted + `message.text.matches("[\\p{Hiragana}\\p{Katakana}]")`, Skills: skill("Japanese")},
			{Name: "han", When: wanted + `message.text.matches("\\p{Han}")`, Skills: skill("Chinese")},
			{Name: "anything else", When: `escalation.reason != ""`, Skills: skill("English")},
		}},
		{routing.Classification, "Urgency", []routing.Rule{
			{Name: "came by the wholesale poster", When: `event.scene == "wholesale"`, Set: map[string]any{"priority": 10}},
			{Name: "the bot failed", When: `escalation.reason == "bot-failed"`, Set: map[string]any{"priority": 50}},
		}},
		{routing.RouteToQueue, "By subject", []routing.Rule{
			{Name: "wholesale", When: `event.scene == "wholesale"`, Queue: queues[demoWholesale]},
			{Name: "returns", When: `message.text.matches("(?i)return|refund|退货|退款")`, Queue: queues[demoReturns]},
			{Name: "orders", When: `message.text.matches("(?i)order|deliver|订单|送货|物流")`, Queue: queues[demoOrders]},
			{Name: "everything", Queue: queues[demoDesk]},
		}},
	}
}

// makeRules makes the tea house's rules and puts them in force, unless others are already.
func (d *demo) makeRules(ctx context.Context) error {
	for i, set := range demoRulesets(d.skills, d.queues) {
		made, err := ensure(ctx, d, d.db.Setup.ListRulesets, func(r routing.Ruleset) routing.RulesetID { return r.ID },
			func(there routing.Ruleset) bool {
				return there.WorkstreamID == d.tea.ID && there.Kind == set.kind && there.Name == set.name
			},
			func() (routing.Ruleset, error) {
				return d.db.Setup.CreateRuleset(ctx, d.by, routing.Ruleset{
					Stamp: demoStamp, Kind: set.kind, WorkstreamID: d.tea.ID, Name: set.name, Position: i,
				})
			})
		if err != nil {
			return err
		}
		if made.Published != 0 {
			continue
		}
		if made, err = d.db.Setup.SaveDraft(ctx, d.by, made.ID, made.Version, set.rules); err != nil {
			return err
		}
		if _, err := d.db.Setup.PutInForce(ctx, d.by, made.ID, made.Version, 1); err != nil {
			return err
		}
	}
	return nil
}

// attach puts the demo account, if there is one, into the tea house's workstream, unless it has one of its own.
func (d *demo) attach(ctx context.Context) error {
	standard, _, err := find(ctx, d.db.Setup.ListWorkstreams, workstreamID, func(w routing.Workstream) bool { return w.Default })
	if err != nil {
		return err
	}
	accounts, err := d.db.Accounts.ListAccounts(ctx, conversation.DefaultTenant, "", 200)
	if err != nil {
		return err
	}
	for _, a := range accounts {
		if a.AppID != demoAppID || a.Workstream != "" && a.Workstream != standard.ID {
			continue
		}
		a.Workstream = d.tea.ID
		if _, err := d.db.Accounts.UpdateAccount(ctx, d.by, a, account.Secrets{}); err != nil {
			return err
		}
	}
	return nil
}
