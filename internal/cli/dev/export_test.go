package dev

import (
	"context"
	"io"

	"wxdesk/internal/config"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// DemoRules are the rules of the demo, by the names of their rulesets, with names of skills and queues for ids.
func DemoRules() (kinds map[string]routing.RulesetKind, rules map[string][]routing.Rule) {
	skills := map[string]routing.SkillID{}
	for _, name := range []string{"Chinese", "English", "Japanese"} {
		skills[name] = routing.SkillID(name)
	}
	queues := map[string]conversation.QueueID{}
	for _, name := range []string{demoDesk, demoWholesale, demoReturns, demoOrders} {
		queues[name] = conversation.QueueID(name)
	}
	kinds, rules = map[string]routing.RulesetKind{}, map[string][]routing.Rule{}
	for _, set := range demoRulesets(skills, queues) {
		kinds[set.name], rules[set.name] = set.kind, set.rules
	}
	return kinds, rules
}

// EachMinute is how a long wait is told.
var EachMinute = eachMinute

// SimulatorEnviron is the environment of the simulator that `wxdesk dev` starts with these settings.
func SimulatorEnviron(settings []string) ([]string, error) {
	cfg, err := config.LoadDev(settings)
	if err != nil {
		return nil, err
	}
	d := &system{cfg: cfg, binary: "wxdesk", cmd: runCmd{SimulatorAddr: "127.0.0.1:8090"}}
	cmd, err := d.simulatorProcess().Command()
	return cmd.Env, err
}

// Processes are the names of the processes that `wxdesk dev` would run, where Postgres and Temporal are not its own, and
// the WeChat of its API.
func Processes(ctx context.Context, settings []string, simulatorAddr string) (names []string, wechat string, err error) {
	d := &system{host: Host{Environ: settings, Stdout: io.Discard}, cmd: runCmd{SimulatorAddr: simulatorAddr}}
	if err := d.prepare(ctx); err != nil {
		return nil, "", err
	}
	serving, err := d.serving()
	for _, p := range append(d.needed(), serving...) {
		names = append(names, p.Name)
	}
	return names, d.cfg.WeChatAPI, err
}
